"""Add, change and remove the gates by which scans pass or fail."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from avyay_site import live
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from raksha.models import ScanPolicy
from raksha.services import changing
from raksha.services.changing import UnableToChange

POLICY_FIELDS = ("name", "project", "document", "is_enabled")
MOST_POLICIES = 100


@transaction.atomic
def create_policy(*, by: Access, **values: Any) -> ScanPolicy:
    """Add a policy to the asker's workspace; it counts from the next scan on.

    values: of POLICY_FIELDS; name and document at least. Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    if ScanPolicy.objects.visible_to(by).count() >= MOST_POLICIES:
        raise UnableToChange(f"A workspace has at most {MOST_POLICIES} scan policies; remove one first.")
    policy = ScanPolicy(workspace=by.workspace)
    _set(by, policy, values)
    _announce(by, policy, "scan_policy.create")
    return policy


@transaction.atomic
def change_policy(*, by: Access, policy: ScanPolicy, **values: Any) -> ScanPolicy:
    """Change what is given.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _set(by, policy, values)
    _announce(by, policy, "scan_policy.change", fields=sorted(values))
    return policy


@transaction.atomic
def delete_policy(*, by: Access, policy: ScanPolicy) -> None:
    """Remove a policy.

    Raises NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _announce(by, policy, "scan_policy.delete")
    policy.delete()


def _set(by: Access, policy: ScanPolicy, values: dict[str, Any]) -> None:
    changing.set_fields(policy, values, POLICY_FIELDS)
    changing.require_ours(by, policy.project)
    changing.save(policy)


def _announce(by: Access, policy: ScanPolicy, action: str, **detail: object) -> None:
    record(by=by, action=action, target=policy, detail=detail)
    live.ring(by.workspace_id, "scans")
