"""The overview: what was spent, what that saved and at which quality, who answered, and how fast."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from avyay_site import shell
from avyay_site.shell import PageRequest
from avyay_site.templatetags.avyay import brief, count, milliseconds, percent, usd
from avyay_site.usage import periods
from avyay_site.usage.periods import Period
from marga import configuring, queries, requestlog, savings, traffic
from marga.forms import GROUPS, RangeForm
from marga.quality import Quality
from marga.savings import Savings
from marga.traffic import Totals
from marga.views import charts

LATEST = 8


@shell.page
def overview(request: PageRequest) -> HttpResponse:
    """Show the period that the address asks for."""
    return render(request, "marga/overview.html", _overview(request))


@shell.page
def overview_live(request: PageRequest) -> HttpResponse:
    """Return the changing part of the page alone."""
    return render(request, "marga/_overview.html", _overview(request))


def _overview(request: PageRequest) -> dict[str, Any]:
    access, now = request.access, timezone.now()
    form = RangeForm(request.GET)
    period = form.period(now)
    since, until = period.starts_at, period.ends_at
    parts = savings.get_savings_by_step_and_tier(access, since, until)
    saved = savings.with_quality(access, since, until, charts.added(parts, lambda _: "").get("", Savings()))
    totals = traffic.get_totals(access, period)
    tiers = [part for part in charts.added(parts, lambda part: part.name).values() if part.requests]
    return {
        "tab": "overview",
        "form": form,
        "period": period,
        "ranges": periods.CHOICES,
        "is_custom": request.GET.get("range") == "custom",
        "base_url": f"{settings.GATEWAY_URL}/v1",
        "has_any": bool(totals.requests),
        "is_sandbox": not queries.has_real_model(queries.get_models(access)),
        "is_config_broken": bool(configuring.status().problem),
        "figures": [
            *_money_figures(saved, totals, traffic.get_spent_today(access, now=now)),
            _cache_figure(saved),
            *_traffic_figures(totals, traffic.get_latency(access, period)),
        ],
        "feedback": saved.feedback,
        "saved": saved,
        "shares": charts.shares([(part.name, part.requests) for part in tiers]),
        "tiers": sorted(tiers, key=charts.tier_order),
        "charts": _charts(request, period, parts) if totals.requests else {},
        "groups": _groups(request, period, form.grouping),
        "grouping": dict(GROUPS)[form.grouping],
        "calls": requestlog.get_requests(access, requestlog.RequestFilter(), limit=LATEST).calls,
    }


def _money_figures(saved: Savings, totals: Totals, today_usd: Decimal) -> list[dict[str, str]]:
    share = percent(saved.saved_share) if saved.baseline_usd else ""
    return [
        {
            "label": "Saved against the baseline",
            "value": usd(saved.saved_usd),
            "aside": " · ".join(filter(None, [share, quality_in_words(saved.shadow)])),
            "tone": "good" if saved.saved_usd > 0 else "",
        },
        {"label": "Spent", "value": usd(totals.cost_usd), "aside": f"{usd(today_usd)} today"},
        {"label": "Requests", "value": count(totals.requests)},
    ]


def _cache_figure(saved: Savings) -> dict[str, str]:
    aside = f"saved {usd(saved.cache_saved_usd)}" if saved.cached else ""
    return {"label": "Cache hits", "value": percent(saved.cached_share), "aside": aside}


def _traffic_figures(totals: Totals, latency: dict[str, float | None]) -> list[dict[str, str]]:
    cached = totals.cached_input_tokens / totals.input_tokens if totals.input_tokens else None
    return [
        {
            "label": "Errors",
            "value": percent(totals.error_share),
            "aside": count(totals.errors) if totals.errors else "",
            "tone": "bad" if totals.errors else "",
        },
        {"label": "Tokens in", "value": brief(totals.input_tokens)},
        {"label": "Tokens out", "value": brief(totals.output_tokens)},
        {
            "label": "Cached tokens",
            "value": brief(totals.cached_input_tokens),
            "aside": f"{percent(cached)} of input" if totals.cached_input_tokens else "",
        },
        {
            "label": "Latency, p50",
            "value": milliseconds(latency["p50"]),
            "aside": f"p95 {milliseconds(latency['p95'])}" if latency["p95"] is not None else "",
        },
        {
            "label": "First token, p50",
            "value": milliseconds(latency["ttft_p50"]),
            "aside": f"p95 {milliseconds(latency['ttft_p95'])}" if latency["ttft_p95"] is not None else "",
        },
    ]


def quality_in_words(found: Quality) -> str:
    """Write a quality with its interval: a saving is never shown without it."""
    if found.share is None or found.low is None or found.high is None:
        return "quality not measured"
    return f"quality {found.share * 100:.0f} % ({found.low * 100:.0f}–{found.high * 100:.0f})"


def _charts(request: PageRequest, period: Period, parts: list[Savings]) -> dict[str, Any]:
    return {
        "spend": charts.spend(period, parts),
        "tiers": charts.tiers(period, parts),
        "latency": charts.latency(period, traffic.get_latency_by_step(request.access, period)),
    }


def _groups(request: PageRequest, period: Period, by: str) -> list[dict[str, Any]]:
    found = savings.get_savings_by(request.access, period.starts_at, period.ends_at, by)
    return [{"part": part, "quality": quality_in_words(part.shadow) if by != "key" else ""} for part in found]
