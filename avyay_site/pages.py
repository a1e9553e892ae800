"""Error pages: what happened, what to do, and the request id."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

RETRY_AFTER_SECONDS = 2


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old."""
    return _page(request, 403, "This form has expired", "Go back, reload the page and send it again.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what this asker may not do."""
    return _page(
        request, 403, "This is not allowed", "Ask an owner of the workspace, or sign in as somebody else."
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an address that does not exist, or not for this asker."""
    return _page(
        request, 404, "Nothing is here", "The address may be mistyped, or belong to another workspace."
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when we failed; when it is only that the database is away, say so and ask to come again."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _unavailable(request)
    return _page(
        request, 500, "Something broke on our side", "Try again; if it stays, report the request id below."
    )


def _unavailable(request: HttpRequest) -> HttpResponse:
    response = _page(
        request, 503, "The database does not answer", "Nothing was changed. Try again in a few seconds."
    )
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    context = {"title": title, "advice": advice, "request_id": getattr(request, "request_id", "")}
    return render(request, "error.html", context, status=status)
