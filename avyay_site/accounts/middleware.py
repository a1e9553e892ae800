"""Give each signed-in browser request its `access`, read once and only when asked for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from avyay_site.accounts import access


class AccessMiddleware:
    """Set `request.access`: falsy without a session or a membership. API views replace it by the key's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.access = SimpleLazyObject(lambda: _session_access(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def _session_access(request: HttpRequest) -> access.Access | None:
    if not request.user.is_authenticated:
        return None
    return access.for_user(request.user, request.session.get(access.SESSION_WORKSPACE))
