"""The front page, the dashboard's home, and the style guide."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from avyay_site import shell, vitals
from avyay_site.accounts.access import Access
from avyay_site.audit.models import AuditEntry
from avyay_site.keys.models import ApiKey
from avyay_site.needs import get_needs
from avyay_site.shell import PageRequest
from avyay_site.usage.models import UsageRecord

log = structlog.get_logger(__name__)

LATEST = 8
RESULTS = Path(settings.BASE_DIR) / "benchmarks" / "results"


@dataclass(frozen=True)
class Measured:
    """A number on the front page: only ever one that a benchmark has written down."""

    figure: str
    caption: str


def front(request: HttpRequest) -> HttpResponse:
    """Show what this is, to anybody."""
    measured = read_measured(RESULTS)
    blocks = [{"part": part, "measured": measured.get(part.slug)} for part in shell.parts()]
    return render(request, "front.html", {"blocks": blocks})


def read_measured(folder: Path) -> dict[str, Measured]:
    """Return the figure of each product that a benchmark names for the front page.

    A result says so by `"front_page": {"product": …, "figure": …, "caption": …}`.
    """
    found: dict[str, Measured] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            shown = json.loads(path.read_text(encoding="utf-8")).get("front_page")
            if shown:
                found[shown["product"]] = Measured(figure=str(shown["figure"]), caption=str(shown["caption"]))
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            log.warning("benchmark_result_unreadable", file=path.name)
    return found


@shell.page
def home(request: PageRequest) -> HttpResponse:
    """Show how the parts are, what needs a person, and what happened."""
    access = request.access
    return render(request, "home.html", _home(access))


@shell.page
def home_live(request: PageRequest) -> HttpResponse:
    """Return the changing part of home alone."""
    access = request.access
    return render(request, "_home.html", _home(access))


def _home(access: Access) -> dict[str, Any]:
    now = timezone.now()
    usage = UsageRecord.objects.visible_to(access)
    return {
        "vitals": vitals.look(),
        "attention": [
            *get_needs(access, now=now),
            *(item for part in shell.parts() for item in part.attention(access)),
        ],
        "acts": AuditEntry.objects.visible_to(access)[:LATEST],
        "requests": usage.select_related("key")[:LATEST],
        "has_key": ApiKey.objects.visible_to(access).active(now).exists(),
    }


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component, while developing."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "styleguide.html", STYLEGUIDE)


STYLEGUIDE: dict[str, Any] = {
    "tones": ("good", "warn", "bad", "idle", "accent"),
    "figures": [
        {"label": "Spent", "value": "$1.20", "aside": "of $10", "tone": "good"},
        {"label": "Requests", "value": "1,204"},
        {"label": "Errors", "value": "0.4 %", "tone": "bad"},
    ],
    "shares": [
        {"label": "local", "percent": 54, "offset": 0, "tone": "saffron"},
        {"label": "mid", "percent": 23, "offset": 54, "tone": "mix"},
        {"label": "frontier", "percent": 23, "offset": 77, "tone": "accent"},
    ],
}
