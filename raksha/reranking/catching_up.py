"""Rank stored findings again after feeds changed, and tell whom it concerns. Safe to run twice and to be cut short:

a feed counts as caught up with only when every project is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from avyay_site import events, live
from raksha import correlating
from raksha.correlating import Book, Rise
from raksha.models import Feed, Finding, Project, Word
from raksha.queries import intel
from raksha.queries.intel import Catalogue
from raksha.reranking import renewing, touched

log = structlog.get_logger(__name__)

PROJECTS_AT_ONCE = 25
URGENT = frozenset({Word.ACT, Word.ATTEND})
"""Words that people are told of when a finding gets them; the others are seen when they look."""


@dataclass(frozen=True, kw_only=True)
class FindingEscalated(events.Event):
    """Findings of a project became urgent because intelligence changed, without a scan.

    finding_id: the most urgent of them; count: how many there are. is_exploited: one is newly in CISA KEV.
    """

    project_id: str
    finding_id: str
    word: str
    priority: int
    count: int
    is_exploited: bool


def is_behind() -> bool:
    """Tell whether a feed changed since findings were ranked by it."""
    return _changed().exists()


def catch_up(*, now: datetime) -> int:
    """Bring every project up to date with the feeds; return how many were touched."""
    feeds = list(_changed())
    if not feeds:
        return 0
    found = touched.find(feeds)
    catalogue, projects = intel.get_catalogue(), found.projects
    for start in range(0, len(projects), PROJECTS_AT_ONCE):
        some = projects[start : start + PROJECTS_AT_ONCE]
        book = Book(touched.names_of({one: found.packages.get(one, set()) for one in some}))
        for workspace_id in {_renew(project_id, found, book, catalogue, now) for project_id in some} - {""}:
            live.ring(workspace_id, "scans")
    for feed in feeds:
        # What changed while we were at it is the next round's.
        Feed.objects.filter(pk=feed.pk).update(ranked_at=feed.changed_at)
    log.info("feeds_caught_up", feeds=[feed.name for feed in feeds], projects=len(projects))
    return len(projects)


def _changed() -> QuerySet[Feed]:
    is_newer = Q(ranked_at=None) | Q(ranked_at__lt=F("changed_at"))
    return Feed.objects.filter(is_newer, changed_at__isnull=False).order_by("pk")


@transaction.atomic
def _renew(project_id: str, found: touched.Touched, book: Book, catalogue: Catalogue, now: datetime) -> str:
    """Bring one project up to date; return its workspace, empty when the project is gone."""
    project = Project.objects.select_for_update().filter(pk=project_id).first()
    if project is None:
        return ""
    pks, keys = set(found.findings.get(project_id, ())), found.packages.get(project_id)
    if keys:
        pks |= set(renewing.renew(project, keys, book, now=now))
    rises = correlating.rank_findings(sorted(pks), now=now, catalogue=catalogue)
    _announce(project, [rise for rise in rises if rise.word in URGENT or rise.is_newly_exploited])
    return str(project.workspace_id)


def _announce(project: Project, rises: Sequence[Rise]) -> None:
    """Publish one event for a project, however many of its findings rose; what people ignore tells nobody."""
    standing = set(
        Finding.objects.filter(pk__in=intel.among(rise.finding_id for rise in rises))
        .standing()
        .values_list("pk", flat=True)
    )
    told = [rise for rise in rises if rise.finding_id in standing]
    if not told:
        return
    first = max(told, key=lambda rise: (rise.priority, rise.finding_id))
    events.publish(
        FindingEscalated(
            workspace_id=project.workspace_id,
            project_id=str(project.pk),
            finding_id=first.finding_id,
            word=first.word,
            priority=first.priority,
            count=len(told),
            is_exploited=any(rise.is_newly_exploited for rise in told),
        )
    )
