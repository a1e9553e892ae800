"""What the page of one request says: when what happened, why this model, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from avyay_site.accounts.access import Access
from avyay_site.templatetags.avyay import milliseconds
from avyay_site.usage.models import UsageRecord
from marga import bill as billing
from marga import services
from marga.models import Policy, PriceVersion, RequestTrace, Tier
from marga.policies import BUILT_IN, parse_policy
from marga.policies import Policy as Rule
from marga.pricing import FREE, Price, Usage, electricity_usd_per_second


@dataclass(frozen=True)
class Bar:
    """A stretch of the timeline. offset, percent: of the whole, for drawing; a moment has no percent."""

    label: str
    detail: str
    tone: str
    offset: float
    percent: float
    text: str


def timeline(record: UsageRecord, trace: RequestTrace | None) -> list[Bar]:
    """Return what happened when: the gateway's own time, each try, the first token, the end."""
    whole = max(float(record.duration_ms), 1.0)
    bars = []
    if trace is not None and trace.overhead_ms:
        bars.append(_bar("Mārga itself", "", "idle", 0.0, trace.overhead_ms, whole))
    for number, one in enumerate(trace.attempts if trace else [], start=1):
        is_bad = bool(one["error"]) or one["status"] >= 400
        detail = " · ".join(
            filter(None, [one["provider"], one["credential"], _status(one["status"]), one["error"]])
        )
        label = f"Try {number}: {one['model']}"
        bars.append(_bar(label, detail, "bad" if is_bad else "accent", one["started_ms"], one["ms"], whole))
    if trace is None or not trace.attempts:
        what = "Answered from the cache" if trace is not None and trace.cache else "Answer"
        bars.append(_bar(what, record.model_used, "accent", 0.0, whole, whole))
    first = record.ttft_ms if record.ttft_ms is not None else trace.first_byte_ms if trace else None
    if first is not None:
        bars.append(_moment("First token", "saffron", float(first), whole))
    bars.append(_moment("End", "idle", whole, whole))
    return bars


def _status(status: int) -> str:
    return f"HTTP {status}" if status else "no answer"


def _bar(label: str, detail: str, tone: str, start: float, length: float, whole: float) -> Bar:
    offset = min(100.0, 100 * start / whole)
    # Never thinner than can be seen.
    percent = min(max(100 * length / whole, 0.6), 100.0 - min(offset, 99.4))
    text = "< 1 ms" if 0 < length < 1 else milliseconds(length)
    return Bar(label, detail, tone, min(offset, 99.4), percent, text)


def _moment(label: str, tone: str, at: float, whole: float) -> Bar:
    return Bar(label, "", tone, min(99.4, 100 * at / whole), 0.0, milliseconds(at))


@dataclass(frozen=True)
class Decision:
    """The needs from which the policy, as it stands now, requires a tier; and the need of this call. From 0 to 1."""

    mid_need: float
    frontier_need: float
    call_need: float

    @property
    def mid(self) -> float:
        """Where mid begins, in percent of the scale."""
        return 100 * self.mid_need

    @property
    def frontier(self) -> float:
        return 100 * self.frontier_need

    @property
    def span(self) -> float:
        return self.frontier - self.mid

    @property
    def need(self) -> float:
        return 100 * self.call_need


def decision(access: Access, record: UsageRecord, trace: RequestTrace | None) -> Decision | None:
    """Return the scale to draw; None for a call that no policy decided, or by one that is gone."""
    if trace is None or not trace.policy:
        return None
    policy = _policy(access, trace.policy)
    if policy is None:
        return None
    target = services.rules_of(record.key).quality_target if record.key else None
    mid, frontier = policy.thresholds(target)
    return Decision(min(mid, 1.0), min(frontier, 1.0), trace.need)


def _policy(access: Access, name: str) -> Rule | None:
    own = sorted(
        Policy.objects.usable_by(access).filter(name=name),
        key=lambda row: row.workspace_id != access.workspace_id,
    )
    return parse_policy(name, own[0].document) if own else BUILT_IN.get(name)


@dataclass(frozen=True)
class Bill:
    """Lines, their sum, and what was booked; they differ where only a part was charged, as for a cancelled call."""

    lines: list[billing.Line]
    total_usd: Decimal
    booked_usd: Decimal

    @property
    def agrees(self) -> bool:
        return abs(self.total_usd - self.booked_usd) < Decimal("0.000001")


def bill(record: UsageRecord, version: PriceVersion | None) -> Bill:
    """Return tokens at the prices by which the call was billed."""
    usage = Usage(
        record.input_tokens,
        record.output_tokens,
        record.cached_input_tokens,
        record.reasoning_tokens,
        record.cache_write_tokens,
    )
    lines = billing.lines(usage, price_of(version) if version else FREE, record.duration_ms / 1000)
    return Bill(lines, sum((line.cost_usd for line in lines), Decimal(0)), record.cost_usd)


def price_of(version: PriceVersion) -> Price:
    """Return a version's prices as the gateway computes with them."""
    per_second = None
    if version.watts is not None:
        per_second = electricity_usd_per_second(version.watts, version.usd_per_kwh or Decimal(0))
    return Price(
        version.input_usd_per_mtok,
        version.output_usd_per_mtok,
        version.cached_input_usd_per_mtok,
        version.cache_write_usd_per_mtok,
        version.reasoning_usd_per_mtok,
        per_second,
    )


def headers(record: UsageRecord, trace: RequestTrace | None) -> list[tuple[str, str]]:
    """Return the x-marga headers that the answer carried, as they follow from what was stored."""
    return [(name, value) for name, value in _headers(record, trace) if value]


def _headers(record: UsageRecord, trace: RequestTrace | None) -> Iterator[tuple[str, Any]]:
    yield "x-marga-request-id", record.request_id
    yield "x-marga-model", record.model_used
    yield "x-marga-provider", record.provider
    if trace is not None:
        yield "x-marga-tier", Tier(trace.tier).value if trace.tier else ""
        yield "x-marga-policy", trace.policy
        yield "x-marga-reason", trace.reason
        yield "x-marga-score", f"{trace.need:.3f}" if trace.policy else ""
        yield "x-marga-cache", trace.cache and ("hit" if trace.cache == "exact" else trace.cache)
        yield "x-marga-attempts", str(len(trace.attempts))
        yield "x-marga-overhead-ms", f"{trace.overhead_ms:.3f}"
        yield "x-marga-protocol-warnings", ", ".join(trace.warnings)
    if not record.is_stream:
        yield "x-marga-cost-usd", f"{record.cost_usd.normalize():f}"
        yield "x-marga-saved-usd", f"{trace.saved_usd.normalize():f}" if trace else ""
