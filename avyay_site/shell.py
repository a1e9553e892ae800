"""The frame of the dashboard: which parts it shows, and what every page needs. Products register themselves here.

shell.register(shell.Part(name="Mārga", slug="marga", initial="म", url_name="marga:overview", …))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject

from avyay_site.accounts.access import Access, NotAllowed
from avyay_site.accounts.models import Membership

P = ParamSpec("P")


class PageRequest(HttpRequest):
    """A request that `page` has let in: its asker is a member of a workspace."""

    access: Access


@dataclass(frozen=True)
class Health:
    """How a part is. tone: good, warn, bad or idle; word: one or two words; detail: a sentence if not good."""

    tone: str
    word: str
    detail: str = ""


@dataclass(frozen=True)
class Attention:
    """Something that needs a person in this workspace. tone: warn or bad."""

    tone: str
    text: str
    url: str


def _is_standing() -> Health:
    return Health("good", "running")


def _needs_nothing(_access: Access) -> Sequence[Attention]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """A product's entry: in the navigation, in the health strip and in "needs you".

    slug: the product's name in usage records. health: reads state that is near; it is called with a deadline
    and its answer kept for some seconds. attention: at most two queries.
    """

    name: str
    slug: str
    initial: str
    url_name: str
    summary: str
    go: str = ""
    order: int = 100
    health: Callable[[], Health] = _is_standing
    attention: Callable[[Access], Sequence[Attention]] = _needs_nothing

    @property
    def namespace(self) -> str:
        return self.url_name.partition(":")[0]


@dataclass(frozen=True)
class Entry:
    """A page of the workspace in the navigation. go: the letter after `g`."""

    name: str
    url_name: str
    go: str


WORKSPACE_ENTRIES = (
    Entry("Keys", "keys:list", "k"),
    Entry("Usage", "usage:overview", "u"),
    Entry("Members", "members", "m"),
    Entry("Notifications", "notifications:list", "n"),
    Entry("Audit", "audit:list", "a"),
    Entry("Settings", "settings", "s"),
)

_parts: dict[str, Part] = {}


def register(part: Part) -> None:
    """Add a part; called by a product's AppConfig. A second registration of the slug replaces the first."""
    _parts[part.slug] = part


def parts() -> list[Part]:
    """Return the registered parts in the order of the navigation."""
    return sorted(_parts.values(), key=lambda part: (part.order, part.slug))


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates the asker's access and what the frame shows; queries run only where a page asks."""
    match = request.resolver_match
    return {
        "access": getattr(request, "access", None),
        "parts": parts(),
        "workspace_entries": WORKSPACE_ENTRIES,
        "overall": SimpleLazyObject(_overall),
        "memberships": SimpleLazyObject(lambda: _memberships(request)),
        "here": match.view_name if match else "",
        "here_namespace": match.namespace if match else "",
        "gateway_url": settings.GATEWAY_URL,
        "public_url": settings.PUBLIC_URL,
    }


def page(
    view: Callable[Concatenate[PageRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Make a view a page of a workspace: signed in, a member, never kept by caches, refusals explained."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.access:  # type: ignore[attr-defined]
            return redirect("workspace_create")
        try:
            response = view(cast(PageRequest, request), *args, **kwargs)
        except NotAllowed as exc:
            response = render(request, "error.html", _refusal(exc), status=403)
        add_never_cache_headers(response)
        return response

    entrance: Callable[Concatenate[HttpRequest, P], HttpResponse] = login_required(guarded)
    return entrance


def _refusal(exc: NotAllowed) -> dict[str, str]:
    return {"title": "Your role does not allow this", "advice": f"{exc} Ask an owner of the workspace."}


def _overall() -> Health:
    from avyay_site import vitals  # probes read the registry above

    return vitals.overall()


def _memberships(request: HttpRequest) -> list[Membership]:
    if not request.user.is_authenticated:
        return []
    return list(
        Membership.objects.filter(user=request.user)
        .select_related("workspace")
        .order_by("workspace__name", "id")
    )
