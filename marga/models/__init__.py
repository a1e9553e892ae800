"""The gateway's rows: what it may call, by which rules and prices, and what became of each call."""

from __future__ import annotations

from marga.models.base import Price, Source, Tier, Touched, TouchedModel, price_field
from marga.models.contents import RequestContent
from marga.models.defaults import Defaults
from marga.models.deployments import Capability, DeploymentHealth, DeploymentState, Model
from marga.models.learned import NeedShift
from marga.models.policies import (
    LONGEST_TTL_SECONDS,
    CacheMode,
    KeyRules,
    Policy,
    validate_document,
)
from marga.models.prices import PRICES, PriceSource, PriceVersion
from marga.models.providers import (
    Credential,
    CredentialState,
    Health,
    Kind,
    Protocol,
    Provider,
    validate_address,
)
from marga.models.traces import CachePurge, Feedback, RequestTrace, SavingsDay, ShadowSample, Verdict

__all__ = [
    "LONGEST_TTL_SECONDS",
    "PRICES",
    "CacheMode",
    "CachePurge",
    "Capability",
    "Credential",
    "CredentialState",
    "Defaults",
    "DeploymentHealth",
    "DeploymentState",
    "Feedback",
    "Health",
    "KeyRules",
    "Kind",
    "Model",
    "NeedShift",
    "Policy",
    "Price",
    "PriceSource",
    "PriceVersion",
    "Protocol",
    "Provider",
    "RequestContent",
    "RequestTrace",
    "SavingsDay",
    "ShadowSample",
    "Source",
    "Tier",
    "Touched",
    "TouchedModel",
    "Verdict",
    "price_field",
    "validate_address",
    "validate_document",
]
