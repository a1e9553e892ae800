"""Error pages: what happened, what to do, and the request id."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


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
    """Answer when we failed."""
    return _page(
        request, 500, "Something broke on our side", "Try again; if it stays, report the request id below."
    )


def _page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    context = {"title": title, "advice": advice, "request_id": getattr(request, "request_id", "")}
    return render(request, "error.html", context, status=status)
