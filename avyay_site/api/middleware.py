"""Under /api/ every error is a problem: also those that happen before a view is found, or when one breaks."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from avyay_site import problems

BODIES = ("application/problem+json", "application/json")


class ProblemMiddleware:
    """Replace error pages under /api/ by problems, keeping the headers that say what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path.startswith("/api/") or response.status_code < 400:
            return response
        if response.headers.get("Content-Type", "").startswith(BODIES):
            return response
        kind = problems.BY_STATUS.get(response.status_code, problems.KINDS["server-error"])
        problem = problems.answer(request, kind)
        for name in ("Allow", "Retry-After", "WWW-Authenticate"):
            if name in response.headers:
                problem[name] = response.headers[name]
        return problem
