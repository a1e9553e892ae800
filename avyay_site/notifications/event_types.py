"""The kinds of event that people can be notified of. Pure: products declare theirs in `AppConfig.ready()`."""

from __future__ import annotations

import re

TEST = "test"
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_labels: dict[str, str] = {}


def declare(name: str, label: str) -> None:
    """Make an event type known, such as `key.revoked`; declaring it twice is harmless."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not an event type: use lower-case words joined by dots.")
    _labels[name] = label


def all_types() -> dict[str, str]:
    """Return the label of each type that a channel can ask for, in the order of declaration."""
    return {name: label for name, label in _labels.items() if name != TEST}


def label(name: str) -> str:
    """Return what people read for a type."""
    return _labels.get(name, name)


declare(TEST, "Test message")
declare("key.issued", "An API key was issued")
declare("key.revoked", "An API key was revoked")
declare("budget.threshold", "A key has used 50, 80 or 100 % of its budget")
declare("member.joined", "Somebody joined the workspace")
declare("platform.degraded", "A part of the platform is down or behind")
