"""Valid minimal keys."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from avyay_site.accounts import access
from avyay_site.accounts.models import Workspace
from avyay_site.keys import format as key_format
from avyay_site.keys.models import Scope
from avyay_site.keys.services import Issued, issue_key


def issue(workspace: Workspace, **changes: Any) -> Issued:
    """Issue a key with all scopes through the real service."""
    asked: dict[str, Any] = {"name": "test key", "scopes": Scope.values, "now": timezone.now()}
    return issue_key(by=access.for_system(workspace), **(asked | changes))


def sample_key(letter: str = "a") -> str:
    """Return a well-formed key that was never issued, always the same: parameters of tests must not be random."""
    body = key_format.PREFIX + letter * key_format.RANDOM_LENGTH
    return body + key_format.checksum(body)
