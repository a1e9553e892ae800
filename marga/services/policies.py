"""Add, change and remove routing policies."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction

from avyay_site.accounts.access import Access, NotAllowed
from avyay_site.accounts.models import Role
from marga.models import Policy, Source
from marga.policies import InvalidPolicy, parse_policy
from marga.services import changing
from marga.services.changing import InvalidValue, UnableToChange
from marga.strict import is_storable

POLICY_FIELDS = ("name", "document", "is_shared", "is_default")
MOST_POLICIES = 100
MOST_CHARACTERS = 20_000


def problem_of_policy(name: str, document: Any) -> str:
    """Say what is wrong with a policy; empty when nothing is. Nothing is changed."""
    written = json.dumps(document, ensure_ascii=False)
    if len(written) > MOST_CHARACTERS:
        return f"The document has more than {MOST_CHARACTERS} characters."
    if "\\u0000" in written or not is_storable(written):
        return "The document holds characters that cannot be stored."
    try:
        parse_policy(name, document)
    except InvalidPolicy as exc:
        return str(exc)
    return ""


@transaction.atomic
def create_policy(*, by: Access, **values: Any) -> Policy:
    """Add a policy to the asker's workspace.

    values: of POLICY_FIELDS; name and document at least. Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    if Policy.objects.visible_to(by).count() >= MOST_POLICIES:
        raise UnableToChange(f"A workspace has at most {MOST_POLICIES} policies; remove one first.")
    policy = Policy(workspace=by.workspace, source=Source.ADMIN)
    _set(by, policy, values)
    changing.announce(by, policy, "policy.create", is_default=policy.is_default)
    return policy


@transaction.atomic
def change_policy(*, by: Access, policy: Policy, **values: Any) -> Policy:
    """Change what is given.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _require_ours(policy)
    _set(by, policy, values)
    changing.announce(by, policy, "policy.change", fields=sorted(values))
    return policy


@transaction.atomic
def delete_policy(*, by: Access, policy: Policy) -> None:
    """Remove a policy; keys that name it are routed by `auto`.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _require_ours(policy)
    changing.announce(by, policy, "policy.delete")
    policy.delete()


def _set(by: Access, policy: Policy, values: dict[str, Any]) -> None:
    if values.get("is_shared") and not policy.is_shared and not changing.is_operator(by):
        raise NotAllowed("Sharing a policy with every workspace is for operators, in the admin.")
    changing.set_fields(policy, values, POLICY_FIELDS)
    if problem := problem_of_policy(policy.name, policy.document):
        raise InvalidValue(problem, "document")
    if policy.is_default:
        Policy.objects.filter(workspace_id=policy.workspace_id, is_default=True).exclude(pk=policy.pk).update(
            is_default=False
        )
    changing.save(policy)


def _require_ours(policy: Policy) -> None:
    if policy.source == Source.CONFIG:
        raise UnableToChange("This policy comes from the config file; change it there.")
