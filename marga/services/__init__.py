"""Change what the gateway works by. REST, pages and admin all come through here."""

from __future__ import annotations

from marga.services.answers import give_feedback, purge_cache
from marga.services.changing import InvalidValue, UnableToChange, is_operator
from marga.services.contents import Opened, read_content
from marga.services.credentials import (
    CREDENTIAL_FIELDS,
    change_credential,
    create_credential,
    delete_credential,
)
from marga.services.models import MODEL_FIELDS, change_model, create_model, delete_model
from marga.services.policies import (
    POLICY_FIELDS,
    change_policy,
    create_policy,
    delete_policy,
    problem_of_policy,
)
from marga.services.providers import (
    PROVIDER_FIELDS,
    change_provider,
    check_provider,
    create_provider,
    delete_provider,
)
from marga.services.rules import RULE_FIELDS, rules_of, set_rules

__all__ = [
    "CREDENTIAL_FIELDS",
    "MODEL_FIELDS",
    "POLICY_FIELDS",
    "PROVIDER_FIELDS",
    "RULE_FIELDS",
    "InvalidValue",
    "Opened",
    "UnableToChange",
    "change_credential",
    "change_model",
    "change_policy",
    "change_provider",
    "check_provider",
    "create_credential",
    "create_model",
    "create_policy",
    "create_provider",
    "delete_credential",
    "delete_model",
    "delete_policy",
    "delete_provider",
    "give_feedback",
    "is_operator",
    "problem_of_policy",
    "purge_cache",
    "read_content",
    "rules_of",
    "set_rules",
]
