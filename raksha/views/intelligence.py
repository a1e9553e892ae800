"""Threat intelligence: how old each feed is, and which exploited vulnerabilities touch our projects."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from avyay_site import shell
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from raksha import services
from raksha.feeds import standing
from raksha.models import Feed
from raksha.queries.exploited import get_touching

PER_PAGE = 25


@shell.page
@require_GET
def intelligence(request: PageRequest) -> HttpResponse:
    """Show the feeds, and the entries of KEV that touch us."""
    return render(request, "raksha/intelligence.html", _shown(request))


@shell.page
@require_GET
def intelligence_live(request: PageRequest) -> HttpResponse:
    """Return what changes on the page alone."""
    return render(request, "raksha/_intelligence.html", _shown(request))


def _shown(request: PageRequest) -> dict[str, Any]:
    now = timezone.now()
    feeds = list(Feed.objects.order_by("kind", "ecosystem"))
    page = get_touching(request.access, cursor=request.GET.get("cursor", ""), limit=PER_PAGE)
    return {
        "tab": "intelligence",
        "feeds": standing.look(now=now),
        "rows": [_row(feed, now) for feed in feeds],
        "touching": page.rows,
        "older": page.cursor,
        "is_first": page.is_first,
        "today": now.date(),
        "may_write": request.access.has_role(Role.MEMBER),
    }


def _row(feed: Feed, now: Any) -> dict[str, Any]:
    return {
        "feed": feed,
        "is_stale": feed.is_stale(now),
        "is_running": feed.claimed_until is not None and feed.claimed_until > now,
        "is_fetched": bool(settings.RAKSHA_FEEDS and feed.url),
    }


@shell.page
@require_POST
def fetch(request: PageRequest, feed_id: int) -> HttpResponse:
    """Have a feed fetched before its time."""
    feed = get_object_or_404(Feed, pk=feed_id)
    try:
        services.request_fetch(by=request.access, feed=feed, now=timezone.now())
        messages.success(request, f"{feed.name} is fetched within a minute.")
    except services.UnableToChange as exc:
        messages.error(request, str(exc))
    return redirect("raksha:intelligence")
