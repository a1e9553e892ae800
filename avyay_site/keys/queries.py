"""Look keys up by their secret."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.keys import format as key_format
from avyay_site.keys.models import ApiKey, Scope


def get_access(secret: str, *, now: datetime) -> Access | None:
    """Return the access that a secret gives, or None; a malformed secret costs no query.

    Unknown, revoked and expired keys take the same path and the same single query.
    """
    if not key_format.is_well_formed(secret):
        return None
    digest = key_format.digest(secret, settings.KEY_PEPPER)
    key = ApiKey.objects.active(now).filter(digest=digest).select_related("workspace").first()
    if key is None:
        return None
    scopes = frozenset(key.scopes)
    # Scopes say which product a key may write to; the role only keeps member management to full keys.
    role = Role.OWNER if Scope.PLATFORM_WRITE in scopes else Role.MEMBER
    return Access(workspace=key.workspace, role=role, key=key, scopes=scopes)
