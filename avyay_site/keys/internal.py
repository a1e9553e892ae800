"""The platform's own keys: one for each workspace, issued on first use, so that its calls are counted like any other's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from avyay_site.accounts import access
from avyay_site.accounts.models import Workspace
from avyay_site.keys.models import ApiKey, InternalKey, Scope
from avyay_site.keys.services import issue_key

NAME = "Platform"
BUCKET = "platform"


@dataclass(frozen=True, repr=False)
class Kept:
    """A kept secret; is_new: the gateway may not know it yet."""

    secret: str
    is_new: bool


@transaction.atomic
def get_secret(*, workspace_id: str, now: datetime) -> Kept:
    """Return the secret of the workspace's internal key; a revoked or unreadable one is replaced.

    Raises Workspace.DoesNotExist.
    """
    found = _usable(workspace_id, now)
    if found is not None:
        return Kept(found, is_new=False)
    # Of several first uses at once one issues the key.
    workspace = Workspace.objects.select_for_update().get(pk=workspace_id)
    found = _usable(workspace_id, now)
    if found is not None:
        return Kept(found, is_new=True)
    issued = issue_key(
        by=access.for_system(workspace), name=NAME, scopes=[Scope.MARGA_CALL], bucket=BUCKET, now=now
    )
    InternalKey.objects.filter(workspace=workspace).delete()
    InternalKey.objects.create(workspace=workspace, key=issued.key, secret=issued.secret)
    return Kept(issued.secret, is_new=True)


def _usable(workspace_id: str, now: datetime) -> str | None:
    active = ApiKey.objects.active(now)
    row = InternalKey.objects.filter(workspace_id=workspace_id, key__in=active).first()
    return row.secret.reveal() if row is not None and row.secret.is_readable() else None
