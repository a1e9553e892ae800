"""Apply standing exclusions to findings, and let rulings end when their time is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from django.db.models import Q

from avyay_site import live
from raksha.models import Exclusion, Finding, Project, Ruling
from raksha.models.findings import FindingQuerySet

PREFIX = "exclusion "
"""`ruled_by` of findings that an exclusion ignores begins so, with its id after it."""


def apply_to_project(project: Project, *, now: datetime) -> int:
    """Ignore what exclusions of the project and of its workspace cover; return how many findings."""
    return apply(
        Exclusion.objects.filter(
            Q(project=None) | Q(project=project),
            Q(until=None) | Q(until__gt=now),
            workspace_id=project.workspace_id,
        ),
        now=now,
        project=project,
    )


def apply(exclusions: Iterable[Exclusion], *, now: datetime, project: Project | None = None) -> int:
    """Ignore what is open and covered; what people ruled on is left alone. Return how many findings."""
    return sum(_apply(exclusion, project, now) for exclusion in exclusions)


def lift(exclusion: Exclusion) -> int:
    """Open what an exclusion ignored; return how many findings."""
    mine = Finding.objects.filter(workspace_id=exclusion.workspace_id, ruled_by=_mark(exclusion))
    return _open(mine)


def end_rulings(*, now: datetime) -> int:
    """Open findings whose ruling has run out; return how many."""
    over = Finding.objects.snoozed_until(now)
    workspaces = list(over.order_by().values_list("workspace_id", flat=True).distinct())
    count = _open(over)
    for workspace_id in workspaces:
        live.ring(workspace_id, "findings")
    return count


def covers(exclusion: Exclusion, rule: str, path: str) -> bool:
    """Tell whether it covers a finding; in a path `*` stands for any characters, "/" too."""
    is_rule = not exclusion.rule or exclusion.rule == rule
    return is_rule and (not exclusion.path_glob or fnmatchcase(path, exclusion.path_glob))


def _apply(exclusion: Exclusion, project: Project | None, now: datetime) -> int:
    open_now = Finding.objects.filter(workspace_id=exclusion.workspace_id, ruling=Ruling.OPEN, ruled_at=None)
    scope = project or exclusion.project
    if scope is not None:
        open_now = open_now.filter(project=scope)
    if exclusion.rule:
        open_now = open_now.filter(rule=exclusion.rule)
    pks: Sequence[str] = [
        pk
        for pk, rule, path in open_now.order_by().values_list("pk", "rule", "path")
        if covers(exclusion, rule, path)
    ]
    count: int = Finding.objects.filter(pk__in=pks).update(
        ruling=Ruling.IGNORED,
        ruling_reason=exclusion.reason,
        ruling_note=exclusion.note,
        ruled_until=exclusion.until,
        ruled_by=_mark(exclusion),
        ruled_at=now,
    )
    return count


def _open(findings: FindingQuerySet) -> int:
    count: int = findings.update(
        ruling=Ruling.OPEN,
        ruling_reason="",
        ruling_note="",
        ruled_until=None,
        ruled_by="",
        ruled_at=None,
    )
    return count


def _mark(exclusion: Exclusion) -> str:
    return f"{PREFIX}{exclusion.pk}"
