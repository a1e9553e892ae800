"""What routing and caching saved, and at which quality: spend against the baseline, by step, key, model and tier.

Up to two days are summed from the single records, to the second; longer periods from the sums by UTC day, so that a
month costs no more than a day, and outlive the traces.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from avyay_site.accounts.access import Access
from avyay_site.keys.models import ApiKey
from marga.models import Feedback, SavingsDay, ShadowSample, Verdict
from marga.quality import Quality, quality

LONGEST_EXACT = timedelta(days=2)
MOST_GROUPS = 200
NO_MONEY = Decimal(0)
SUMMED = ("requests", "cached", "cost_usd", "baseline_usd", "saved_usd", "cache_saved_usd")

RECORDS = """
SELECT {group},
  count(*) FILTER (WHERE u.action <> 'shadow'),
  count(*) FILTER (WHERE t.cache <> ''),
  coalesce(sum(u.cost_usd), 0),
  coalesce(sum(coalesce(t.baseline_usd, CASE WHEN u.action = 'shadow' THEN 0 ELSE u.cost_usd END)), 0),
  coalesce(sum(coalesce(t.saved_usd, CASE WHEN u.action = 'shadow' THEN -u.cost_usd ELSE 0 END)), 0),
  coalesce(sum(t.saved_usd) FILTER (WHERE t.cache <> ''), 0)
FROM usage_usagerecord AS u LEFT JOIN marga_requesttrace AS t ON t.request_id = u.request_id
WHERE u.workspace_id = %s AND u.product = 'marga' AND u.occurred_at >= %s AND u.occurred_at < %s
GROUP BY {places}
"""
HOUR = "date_trunc('hour', u.occurred_at AT TIME ZONE 'UTC')"
TIER = "coalesce(t.tier, '')"
STEP_AND_TIER = "step and tier"
OF_RECORDS = {
    "": ("''",),
    "step": (HOUR,),
    "key": ("coalesce(u.key_id, '')",),
    "model": ("u.model_used",),
    "tier": (TIER,),
    "task": ("coalesce(t.task, '')",),
    STEP_AND_TIER: (HOUR, TIER),
}
OF_DAYS = {
    "": (),
    "step": ("day_date",),
    "key": ("key_id",),
    "model": ("model",),
    "tier": ("tier",),
    STEP_AND_TIER: ("day_date", "tier"),
}


@dataclass(frozen=True, kw_only=True)
class Savings:
    """Sums of a period or of a part of it. saved_usd is the baseline less the cost, extra calls for quality included.

    name: the key's id, the model, the tier; key ids have their key's name as label. moment: where the part is a step.
    shadow: how often the answer was no worse than a stronger model's; feedback: how often people liked it.
    """

    name: str = ""
    label: str = ""
    moment: datetime | None = None
    requests: int = 0
    cached: int = 0
    cost_usd: Decimal = NO_MONEY
    baseline_usd: Decimal = NO_MONEY
    saved_usd: Decimal = NO_MONEY
    cache_saved_usd: Decimal = NO_MONEY
    shadow: Quality = quality(0, 0)
    feedback: Quality = quality(0, 0)

    @property
    def saved_share(self) -> float | None:
        """The part of the baseline that was saved; None when there is none."""
        return float(self.saved_usd / self.baseline_usd) if self.baseline_usd else None

    @property
    def cached_share(self) -> float | None:
        """The part of the calls that a cache answered; None when there were none."""
        return self.cached / self.requests if self.requests else None


def get_savings(access: Access, since: datetime, until: datetime) -> Savings:
    """Return what was saved in the period [since, until), with the quality beside it."""
    found = _sums(access, since, until, "")
    return with_quality(access, since, until, Savings(**(found[0][1] if found else {})))


def with_quality(access: Access, since: datetime, until: datetime, sums: Savings) -> Savings:
    """Return the sums of a whole period with the quality that was measured in it."""
    samples, feedback = _qualities(access, since, until, None)
    none = quality(0, 0)
    return replace(sums, shadow=samples.get("", none), feedback=feedback.get("", none))


def get_savings_by_step(access: Access, since: datetime, until: datetime) -> list[Savings]:
    """Return the savings of each hour, or of each day in a period of more than two; those without calls are left out."""
    found = [Savings(moment=_moment(name), **sums) for name, sums in _sums(access, since, until, "step")]
    return sorted(found, key=lambda step: step.moment or since)


def get_savings_by_step_and_tier(access: Access, since: datetime, until: datetime) -> list[Savings]:
    """Return the savings of each hour or day by tier, as `moment` and `name`: a page needs but one look for both."""
    return [
        Savings(moment=_moment(step), name=tier, **sums)
        for (step, tier), sums in _sums(access, since, until, STEP_AND_TIER)
    ]


def get_savings_by(access: Access, since: datetime, until: datetime, group: str) -> list[Savings]:
    """Return the savings by `model`, `key`, `tier` or `task`, dearest baseline first; all but keys with their quality.

    By task only as far back as traces are kept.
    """
    same = {name: (name, name) for name in ("tier", "task")}
    field = {"model": ("model_used", "model"), **same}.get(group)
    samples, feedback = _qualities(access, since, until, field) if field else ({}, {})
    rows = _sums(access, since, until, group)
    labels = _key_names(access, (name for name, _ in rows)) if group == "key" else {}
    found = [
        Savings(
            name=name or "",
            label=labels.get(name, name or ""),
            shadow=samples.get(name, quality(0, 0)),
            feedback=feedback.get(name, quality(0, 0)),
            **sums,
        )
        for name, sums in rows
    ]
    found.sort(key=lambda part: (-part.baseline_usd, -part.cost_usd, part.name))
    return found[:MOST_GROUPS]


def _sums(access: Access, since: datetime, until: datetime, group: str) -> list[tuple[Any, dict[str, Any]]]:
    if until - since <= LONGEST_EXACT or group not in OF_DAYS:
        return _of_records(access, since, until, group)
    return _of_days(access, since, until, group)


def _of_records(
    access: Access, since: datetime, until: datetime, group: str
) -> list[tuple[Any, dict[str, Any]]]:
    with connection.cursor() as cursor:
        fields = OF_RECORDS[group]
        places = ", ".join(str(place) for place in range(1, len(fields) + 1))
        statement = RECORDS.format(group=", ".join(fields), places=places)
        cursor.execute(statement, [access.workspace_id, since, until])
        rows = [(row[: len(fields)], row[len(fields) :]) for row in cursor.fetchall()]
    return [(_name(names), dict(zip(SUMMED, sums, strict=True))) for names, sums in rows]


def _of_days(
    access: Access, since: datetime, until: datetime, group: str
) -> list[tuple[Any, dict[str, Any]]]:
    final = (until - timedelta(microseconds=1)).astimezone(UTC).date()
    days: QuerySet[Any] = SavingsDay.objects.visible_to(access).filter(
        day_date__gte=since.astimezone(UTC).date(), day_date__lte=final
    )
    fields = OF_DAYS[group]
    sums = {f"sum_{name}": Sum(name) for name in SUMMED}
    if not fields:
        whole = days.aggregate(**sums)
        return [("", {name: whole[f"sum_{name}"] or 0 for name in SUMMED})]
    rows = days.values(*fields).annotate(**sums).order_by(*fields)
    return [
        (_name(tuple(row[field] for field in fields)), {name: row[f"sum_{name}"] for name in SUMMED})
        for row in rows
    ]


def _name(names: tuple[Any, ...]) -> Any:
    """Return what names a part: one value, or all of them where several group."""
    return names[0] if len(names) == 1 else names


def _moment(name: Any) -> datetime:
    """Return the moment at which a step begins, whichever of hour and day it is."""
    if isinstance(name, datetime):
        return name.replace(tzinfo=UTC)
    return datetime.combine(name, time.min, UTC)


def _key_names(access: Access, ids: Iterable[Any]) -> dict[Any, str]:
    wanted = [key_id for key_id in ids if key_id]
    return dict(ApiKey.objects.visible_to(access).filter(pk__in=wanted).values_list("pk", "name"))


def _qualities(
    access: Access, since: datetime, until: datetime, fields: tuple[str, str] | None
) -> tuple[dict[str, Quality], dict[str, Quality]]:
    """Return quality by sample and by feedback, each by group; under the empty name when nothing groups.

    fields: what groups samples, and what feedback.
    """
    samples = ShadowSample.objects.visible_to(access).filter(occurred_at__gte=since, occurred_at__lt=until)
    given = Feedback.objects.visible_to(access).filter(created_at__gte=since, created_at__lt=until)
    of_samples, of_feedback = fields or (None, None)
    return (
        {
            name: quality(row["good"], row["judged"], unclear=row["unclear"])
            for name, row in _counted(
                samples,
                of_samples,
                good=Count("pk", filter=Q(verdict__in=(Verdict.WIN, Verdict.TIE))),
                judged=Count("pk", filter=~Q(verdict=Verdict.UNCLEAR)),
                unclear=Count("pk", filter=Q(verdict=Verdict.UNCLEAR)),
            )
        },
        {
            name: quality(row["good"], row["rated"])
            for name, row in _counted(
                given, of_feedback, good=Count("pk", filter=Q(rating=1)), rated=Count("pk")
            )
        },
    )


def _counted(rows: QuerySet[Any], field: str | None, **counts: Count) -> list[tuple[str, dict[str, int]]]:
    if field is None:
        return [("", rows.aggregate(**counts))]
    return [(row[field], row) for row in rows.values(field).annotate(**counts).order_by(field)]
