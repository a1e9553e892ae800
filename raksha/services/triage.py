"""Rule on findings: one, many, or all of a rule or a path, now and later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from avyay_site import live
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from raksha.models import Exclusion, Finding, Project, Ruling, RulingReason
from raksha.scanning import excluding
from raksha.services import changing
from raksha.services.changing import InvalidValue, UnableToChange

MOST_AT_ONCE = 5_000
MOST_EXCLUSIONS = 500
NAMED_IN_AUDIT = 100


@transaction.atomic
def rule_on_findings(
    *,
    by: Access,
    findings: Sequence[Finding],
    ruling: str,
    now: datetime,
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
) -> int:
    """Say what is to become of findings of the asker's workspace; return how many.

    reason: needed to ignore, of RulingReason. until: from then on they are open again.
    Raises InvalidValue, UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _check(ruling, reason, note, until, now)
    if not findings:
        raise InvalidValue("Choose at least one finding.", "findings")
    if len(findings) > MOST_AT_ONCE:
        raise InvalidValue(f"At most {MOST_AT_ONCE:,} findings are ruled on at once.", "findings")
    pks = [finding.pk for finding in findings]
    is_open = ruling == Ruling.OPEN
    count: int = (
        Finding.objects.visible_to(by)
        .filter(pk__in=pks)
        .update(
            ruling=ruling,
            ruling_reason=reason,
            ruling_note=note,
            ruled_until=None if is_open else until,
            ruled_by=by.actor[:200],
            ruled_at=now,
        )
    )
    detail = {"ruling": ruling, "reason": reason, "note": note, "until": until.isoformat() if until else None}
    record(
        by=by,
        action="finding.rule",
        target=findings[0],
        detail={**detail, "findings": count, "ids": pks[:NAMED_IN_AUDIT]},
    )
    live.ring(by.workspace_id, "findings")
    return count


@transaction.atomic
def exclude(
    *,
    by: Access,
    now: datetime,
    reason: str,
    rule: str = "",
    path_glob: str = "",
    project: Project | None = None,
    note: str = "",
    until: datetime | None = None,
) -> Exclusion:
    """Ignore all findings of a rule, below a path, or both, those that are there and those to come.

    Findings on which somebody ruled already keep their ruling.
    Raises InvalidValue, UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _check(Ruling.IGNORED, reason, note, until, now)
    changing.require_ours(by, project)
    if not rule and not path_glob:
        raise InvalidValue("Give a rule or a path.", "rule")
    if Exclusion.objects.visible_to(by).count() >= MOST_EXCLUSIONS:
        raise UnableToChange(f"A workspace has at most {MOST_EXCLUSIONS} exclusions; remove one first.")
    exclusion = Exclusion(
        workspace=by.workspace,
        project=project,
        rule=rule,
        path_glob=path_glob,
        reason=reason,
        note=note,
        until=until,
        made_by=by.actor[:200],
    )
    changing.save(exclusion)
    count = excluding.apply([exclusion], now=now)
    record(by=by, action="exclusion.create", target=exclusion, detail={"reason": reason, "findings": count})
    live.ring(by.workspace_id, "findings")
    return exclusion


@transaction.atomic
def delete_exclusion(*, by: Access, exclusion: Exclusion) -> None:
    """Remove an exclusion; what it alone ignored is open again.

    Raises NotAllowed.
    """
    by.require_role(Role.MEMBER)
    count = excluding.lift(exclusion)
    record(by=by, action="exclusion.delete", target=exclusion, detail={"findings": count})
    exclusion.delete()
    live.ring(by.workspace_id, "findings")


def _check(ruling: str, reason: str, note: str, until: datetime | None, now: datetime) -> None:
    if ruling not in Ruling.values:
        raise InvalidValue(f"A ruling is one of {', '.join(Ruling.values)}.", "ruling")
    if ruling == Ruling.IGNORED and reason not in RulingReason.values:
        raise InvalidValue(f"Say why: {', '.join(RulingReason.values)}.", "reason")
    if ruling != Ruling.IGNORED and reason:
        raise InvalidValue("A reason is given only to ignore.", "reason")
    if len(note) > 1000 or "\0" in note:
        raise InvalidValue("A note has at most 1,000 characters.", "note")
    if until is not None and until <= now:
        raise InvalidValue("The end lies in the past.", "until")
