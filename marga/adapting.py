"""Learn each workspace's shift of need from what the blind judge and people said of weaker models' answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from marga.learning import Case, offset
from marga.models import Feedback, NeedShift, RequestTrace, ShadowSample, Tier, Verdict

log = structlog.get_logger(__name__)

PERIOD = timedelta(days=90)
"""Models and habits change: older verdicts say little about them."""
MOST_VERDICTS = 5_000
"""The latest of a workspace, of each kind; more would teach nothing new."""
FEEDBACK_WEIGHT = 0.5
"""A thumb down may be about anything; the judge was asked about just this."""
BADNESS = {Verdict.LOSS: 1.0, Verdict.TIE: 0.0, Verdict.WIN: -1.0}
WEAKER = (Tier.LOCAL, Tier.MID)

Cases = dict[str, list[Case]]


def learn(*, now: datetime) -> int:
    """Bring every workspace's shifts up to date and return how many changed; the rest stay untouched."""
    since, changed = now - PERIOD, 0
    known = set(NeedShift.objects.values_list("workspace_id", flat=True))
    for workspace_id in sorted(known | _judged(since)):
        changed += _learn_one(workspace_id, since)
    if changed:
        log.info("need_learnt", shifts=changed)
    return changed


def _judged(since: datetime) -> set[str]:
    return {
        *ShadowSample.objects.filter(occurred_at__gte=since)
        .values_list("workspace_id", flat=True)
        .distinct(),
        *Feedback.objects.filter(created_at__gte=since).values_list("workspace_id", flat=True).distinct(),
    }


@transaction.atomic
def _learn_one(workspace_id: str, since: datetime) -> int:
    cases: Cases = defaultdict(list)
    for task, case in (*_of_judge(workspace_id, since), *_of_people(workspace_id, since)):
        cases[task].append(case)
    shifts = {task: (offset(some), len(some)) for task, some in cases.items()}
    stored = {row.task: row for row in NeedShift.objects.filter(workspace_id=workspace_id)}
    changed = 0
    for task, (log_odds, verdicts) in shifts.items():
        row = stored.pop(task, None)
        if log_odds and (row is None or (row.log_odds, row.verdicts) != (log_odds, verdicts)):
            changed += 1
            NeedShift.objects.update_or_create(
                workspace_id=workspace_id,
                task=task,
                defaults={"log_odds": log_odds, "verdicts": verdicts},
            )
        elif row is not None and not log_odds:
            stored[task] = row
    gone: int
    gone, _ = NeedShift.objects.filter(pk__in=[row.pk for row in stored.values()]).delete()
    return changed + gone


def _of_judge(workspace_id: str, since: datetime) -> Iterator[tuple[str, Case]]:
    rows = ShadowSample.objects.filter(workspace_id=workspace_id, occurred_at__gte=since, tier__in=WEAKER)
    rows = rows.exclude(verdict=Verdict.UNCLEAR).order_by("-occurred_at", "-id")
    for task, need, verdict in _with_need(rows).values_list("task", "need", "verdict")[:MOST_VERDICTS]:
        yield task, Case(need, BADNESS[verdict])


def _of_people(workspace_id: str, since: datetime) -> Iterator[tuple[str, Case]]:
    rows = Feedback.objects.filter(workspace_id=workspace_id, created_at__gte=since, tier__in=WEAKER)
    rows = rows.order_by("-created_at", "-id")
    for task, need, rating in _with_need(rows).values_list("task", "need", "rating")[:MOST_VERDICTS]:
        yield task, Case(need, float(rating < 0), FEEDBACK_WEIGHT)


def _with_need(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Keep the rows whose call is still known, with the need that the classifier saw in it."""
    trace = RequestTrace.objects.filter(
        request_id=OuterRef("request_id"), workspace_id=OuterRef("workspace_id")
    )
    found: QuerySet[Any] = rows.annotate(need=Subquery(trace.values("need")[:1]))
    return found.filter(need__isnull=False)
