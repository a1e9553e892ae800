"""Routing: from what a request needs and what a key may use to an order of deployments, with the reason. Pure."""

from marga.routing.facts import (
    ALL_WELL,
    ANYTHING,
    ENCRYPTED,
    THINKING,
    TOOL_LOOP,
    AllWell,
    Candidate,
    Decision,
    KeyRules,
    Live,
    Needs,
    NoRoute,
)
from marga.routing.router import Router

__all__ = [
    "ALL_WELL",
    "ANYTHING",
    "ENCRYPTED",
    "THINKING",
    "TOOL_LOOP",
    "AllWell",
    "Candidate",
    "Decision",
    "KeyRules",
    "Live",
    "Needs",
    "NoRoute",
    "Router",
]
