"""The calls that went through the gateway, newest first, each with why it went where it went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core import signing
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from avyay_site.accounts.access import Access
from avyay_site.usage.models import UsageRecord
from marga.models import Feedback, PriceVersion, RequestTrace, ShadowSample

PRODUCT = "marga"
MOST_REQUESTS = 100
SALT = "marga.requestlog"


class WrongCursor(ValueError):
    """The cursor was not made by this list."""


@dataclass(frozen=True, kw_only=True)
class RequestFilter:
    """Which calls; empty fields ask for all. outcome: ok, error or cancelled. cache: exact, semantic, hit or miss."""

    key_id: str = ""
    model: str = ""
    provider: str = ""
    action: str = ""
    outcome: str = ""
    cache: str = ""
    tier: str = ""
    task: str = ""
    policy: str = ""
    session: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def records(self, access: Access) -> QuerySet[UsageRecord]:
        """Return the usage records of these calls."""
        found: QuerySet[UsageRecord] = UsageRecord.objects.visible_to(access).filter(product=PRODUCT)
        wanted = {
            "key_id": self.key_id,
            "model_used": self.model,
            "provider": self.provider,
            "action": self.action,
            "occurred_at__gte": self.since,
            "occurred_at__lt": self.until,
        }
        found = found.filter(**{name: value for name, value in wanted.items() if value})
        if self.outcome:
            found = found.filter(OUTCOMES[self.outcome])
        traced = {"tier": self.tier, "task": self.task, "policy": self.policy, "session": self.session}
        traced = {name: value for name, value in traced.items() if value}
        if self.cache in ("exact", "semantic"):
            traced["cache"] = self.cache
        if traced:
            found = found.filter(_has_trace(**traced))
        if self.cache in ("hit", "miss"):
            hits = Exists(_traces_of_call().exclude(cache=""))
            found = found.filter(hits if self.cache == "hit" else ~hits)
        return found


OUTCOMES = {
    "ok": Q(status__lt=400, is_cancelled=False),
    "error": Q(status__gte=400),
    "cancelled": Q(is_cancelled=True),
}


@dataclass(frozen=True)
class Call:
    """One call. trace: None when it was not stored, or is older than traces are kept."""

    record: UsageRecord
    trace: RequestTrace | None


@dataclass(frozen=True)
class Page:
    """Some calls, newest first. cursor: where the next page begins; empty on the last one."""

    calls: list[Call]
    cursor: str


@dataclass(frozen=True)
class CallDetail:
    """All that is known of one call."""

    call: Call
    price: PriceVersion | None
    feedback: list[Feedback]
    samples: list[ShadowSample]


@dataclass(frozen=True, kw_only=True)
class CacheFigures:
    """What the caches answered in a period, and what that saved."""

    requests: int
    exact: int
    semantic: int
    saved_usd: Decimal

    @property
    def share(self) -> float | None:
        """The part of the calls that a cache answered."""
        return (self.exact + self.semantic) / self.requests if self.requests else None


def get_requests(access: Access, asked: RequestFilter, *, cursor: str = "", limit: int = 25) -> Page:
    """Return a page of calls.

    Raises WrongCursor.
    """
    records = asked.records(access).select_related("key").order_by("-occurred_at", "-id")
    if cursor:
        moment, pk = _place(cursor)
        records = records.filter(Q(occurred_at__lt=moment) | Q(occurred_at=moment, pk__lt=pk))
    rows = list(records[: min(limit, MOST_REQUESTS) + 1])
    page = rows[: min(limit, MOST_REQUESTS)]
    has_more = len(rows) > len(page)
    return Page(_with_traces(access, page), _cursor(page[-1]) if has_more else "")


def get_request(access: Access, request_id: str) -> CallDetail | None:
    """Return one call of the workspace with its trace, prices, feedback and samples; None when there is none."""
    record = (
        UsageRecord.objects.visible_to(access)
        .filter(product=PRODUCT, request_id=request_id)
        .select_related("key")
        .first()
    )
    if record is None:
        return None
    [call] = _with_traces(access, [record])
    same = {"request_id": request_id, "workspace_id": access.workspace_id}
    return CallDetail(
        call,
        get_price(access, call),
        list(Feedback.objects.filter(**same).order_by("-created_at", "-pk")[:MOST_REQUESTS]),
        list(ShadowSample.objects.filter(**same).order_by("-occurred_at", "-pk")[:MOST_REQUESTS]),
    )


def get_price(access: Access, call: Call) -> PriceVersion | None:
    """Return the prices that a call was billed by: those that its trace names, else those that held then.

    Those of a shared model count too.
    """
    usable = Q(workspace_id=access.workspace_id) | Q(model__provider__is_shared=True)
    versions = PriceVersion.objects.filter(usable)
    if call.trace and call.trace.price_id:
        versions = versions.filter(pk=call.trace.price_id)
    else:
        record = call.record
        versions = versions.filter(
            model_name=record.model_used, provider_name=record.provider, effective_at__lte=record.occurred_at
        )
    version: PriceVersion | None = versions.order_by("-effective_at", "-pk").first()
    return version


def get_cache_figures(access: Access, since: datetime, until: datetime) -> CacheFigures:
    """Return what the caches answered in [since, until)."""
    period = {"occurred_at__gte": since, "occurred_at__lt": until, "workspace_id": access.workspace_id}
    kinds = {
        row["cache"]: row
        for row in RequestTrace.objects.filter(**period)
        .exclude(cache="")
        .values("cache")
        .annotate(calls=Count("pk"), saved=Sum("saved_usd"))
        .order_by("cache")
    }
    asked = UsageRecord.objects.filter(**period, product=PRODUCT).exclude(action="shadow")
    return CacheFigures(
        requests=asked.count(),
        exact=kinds.get("exact", {}).get("calls", 0),
        semantic=kinds.get("semantic", {}).get("calls", 0),
        saved_usd=sum((row["saved"] for row in kinds.values()), Decimal(0)),
    )


def traces_of(access: Access, request_ids: Iterable[str]) -> dict[str, RequestTrace]:
    """Return the workspace's traces by request id."""
    found = RequestTrace.objects.filter(request_id__in=list(request_ids), workspace_id=access.workspace_id)
    return {trace.request_id: trace for trace in found}


def _with_traces(access: Access, records: list[UsageRecord]) -> list[Call]:
    traces = traces_of(access, [record.request_id for record in records])
    return [Call(record, traces.get(record.request_id)) for record in records]


def _traces_of_call() -> QuerySet[RequestTrace]:
    traces: QuerySet[RequestTrace] = RequestTrace.objects.filter(request_id=OuterRef("request_id"))
    return traces


def _has_trace(**wanted: str) -> Exists:
    return Exists(_traces_of_call().filter(**wanted))


def _cursor(record: UsageRecord) -> str:
    return signing.dumps([record.occurred_at.isoformat(), record.pk], salt=SALT)


def _place(cursor: str) -> tuple[datetime, int]:
    try:
        moment, pk = signing.loads(cursor, salt=SALT)
    except signing.BadSignature as exc:
        raise WrongCursor("This cursor opens no page; begin at the first one.") from exc
    return datetime.fromisoformat(moment), int(pk)
