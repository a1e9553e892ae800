"""The usage page: what was used, by whom, for how much."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from avyay_site import shell
from avyay_site.shell import PageRequest
from avyay_site.templatetags.avyay import brief, count, milliseconds, percent, usd
from avyay_site.usage import periods, reports
from avyay_site.usage.forms import UsageFilter

PER_PAGE = 25
RFC_3339 = "%Y-%m-%dT%H:%M:%SZ"
Series = list[tuple[datetime, dict[str, Any]]]


@shell.page
def overview(request: PageRequest) -> HttpResponse:
    """Show usage for what the address asks for."""
    return render(request, "usage/overview.html", _usage(request))


@shell.page
def overview_live(request: PageRequest) -> HttpResponse:
    """Return the changing part of the page alone."""
    return render(request, "usage/_overview.html", _usage(request))


def _usage(request: PageRequest) -> dict[str, Any]:
    access = request.access
    form = UsageFilter(request.GET, access)
    asked = form.asked(timezone.now())
    series = reports.get_series(asked, access)
    total = reports.total(series)
    records = asked.records(access).select_related("key").order_by("-occurred_at", "-id")
    return {
        "form": form,
        "period": asked.period,
        "ranges": periods.CHOICES,
        "figures": _figures(total, reports.get_latency(asked, access)),
        "chart": _chart(series, hourly=asked.period.is_hourly),
        "groups": reports.get_groups(asked, access, form.grouping),
        "grouping": dict(form.fields["group"].choices)[form.grouping],  # type: ignore[attr-defined]
        "page": _page(records, total["requests"], request.GET.get("page", "1")),
        "is_filtered": bool(asked.key_id or asked.product or asked.model),
        "export": _export(asked),
    }


def _figures(total: dict[str, Any], latency: dict[str, float | None]) -> list[dict[str, str]]:
    requests = total["requests"]
    errors = total["errors"] / requests if requests else None
    return [
        {"label": "Spent", "value": usd(total["cost_usd"])},
        {"label": "Requests", "value": count(requests)},
        {"label": "Tokens in", "value": brief(total["input_tokens"])},
        {"label": "Tokens out", "value": brief(total["output_tokens"])},
        {"label": "Errors", "value": percent(errors), "tone": "bad" if errors else ""},
        {
            "label": "Latency, p50",
            "value": milliseconds(latency["p50"]),
            "aside": f"p95 {milliseconds(latency['p95'])}",
        },
    ]


def _chart(series: Series, *, hourly: bool) -> dict[str, Any]:
    shape = "%a %H:%M" if hourly else "%Y-%m-%d"
    return {
        "label": f"Cost in USD per {'hour' if hourly else 'day'}",
        "step": "hour" if hourly else "day",
        "heads": [
            {"name": "Cost", "tone": "accent", "unit": "usd"},
            {"name": "Requests", "tone": "", "unit": ""},
            {"name": "Tokens in", "tone": "", "unit": ""},
            {"name": "Tokens out", "tone": "", "unit": ""},
            {"name": "Errors", "tone": "", "unit": ""},
        ],
        "rows": [
            {"at": at, "text": at.strftime(shape), "cells": _cells(row)} for at, row in reversed(series)
        ],
    }


def _cells(row: dict[str, Any]) -> list[dict[str, str]]:
    names = ("requests", "input_tokens", "output_tokens", "errors")
    counted = [{"value": str(row[name]), "text": count(row[name])} for name in names]
    return [{"value": f"{Decimal(row['cost_usd']):f}", "text": usd(row["cost_usd"])}, *counted]


class CountedPaginator(Paginator):  # type: ignore[type-arg] # generic in the stubs only
    """Pages over rows whose number is known from the daily sums: counting a big table is slow."""

    def __init__(self, rows: Any, per_page: int, known_count: int) -> None:
        super().__init__(rows, per_page)
        self.count = known_count


def _page(records: Any, known_count: int, wanted: str) -> Any:
    return CountedPaginator(records, PER_PAGE, known_count).get_page(wanted)


def _export(asked: reports.Asked) -> dict[str, str]:
    """Return the addresses of the same rows as CSV and JSON."""
    wanted = {
        "occurred_after": asked.period.starts_at.strftime(RFC_3339),
        "occurred_before": asked.period.ends_at.strftime(RFC_3339),
        "key": asked.key_id,
        "product": asked.product,
        "model": asked.model,
    }
    query = urlencode({name: value for name, value in wanted.items() if value})
    return {"csv": f"/api/v1/usage/export?{query}", "json": f"/api/v1/usage?{query}"}
