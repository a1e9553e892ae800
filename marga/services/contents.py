"""Read what a call asked and was answered; who read it is noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from avyay_site.crypto import UnableToDecrypt
from marga import contents

UNREADABLE = "(it was sealed with a key that is gone)"


@dataclass(frozen=True)
class Opened:
    """What is kept of one call. answer: empty when the call was not answered."""

    request: str
    answer: str
    expires_at: datetime


@transaction.atomic
def read_content(*, by: Access, request_id: str, now: datetime) -> Opened | None:
    """Return what is kept of one call, and note in the audit log who read it; None when nothing is kept.

    Raises NotAllowed.
    """
    by.require_role(Role.MEMBER)
    by.require_scope("marga:read")
    kept = contents.get_content(by, request_id, now=now)
    if kept is None:
        return None
    record(by=by, action="request_content.read", target=kept)
    try:
        return Opened(kept.request.reveal(), kept.answer.reveal(), kept.expires_at)
    except UnableToDecrypt:
        return Opened(UNREADABLE, "", kept.expires_at)
