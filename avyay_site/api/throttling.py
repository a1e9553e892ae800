"""How fast one key, or one person, may call the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from avyay_site import limits
from avyay_site.accounts.access import Access
from avyay_site.limits import Decision

if TYPE_CHECKING:  # at run time the framework's views are still being imported when they ask for this module
    from rest_framework.views import APIView

WINDOW_SECONDS = 60


class KeyThrottle(BaseThrottle):
    """Counts each call of a key or person, and leaves the decision on the request for the headers."""

    decision: Decision

    def allow_request(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, Access):
            return True
        identity, per_minute = _identity(request.auth)
        self.decision = limits.allow("api", identity, per_minute)
        request.rate = self.decision  # type: ignore[attr-defined]
        return self.decision.allowed

    def wait(self) -> float:
        return float(self.decision.reset_seconds)


def add_headers(response: HttpResponseBase, decision: Decision) -> None:
    """Say the limit in the form of the IETF draft and in the older one that client libraries read."""
    response["RateLimit-Policy"] = f'"req";q={decision.limit};w={WINDOW_SECONDS}'
    response["RateLimit"] = f'"req";r={decision.remaining};t={decision.reset_seconds}'
    response["X-RateLimit-Limit"] = str(decision.limit)
    response["X-RateLimit-Remaining"] = str(decision.remaining)
    response["X-RateLimit-Reset"] = str(decision.reset_seconds)


def _identity(access: Access) -> tuple[str, int]:
    if access.key is not None:
        return access.key.pk, access.key.requests_per_minute or settings.API_REQUESTS_PER_MINUTE
    return (access.user.pk if access.user else access.workspace_id), settings.API_REQUESTS_PER_MINUTE
