"""The request log, and what is known of one request."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from avyay_site import shell
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from marga import contents, export, requestlog, services
from marga.forms import TASKS, RequestForm
from marga.requestlog import CallDetail, RequestFilter, WrongCursor
from marga.views import explanation

PER_PAGE = 25
RFC_3339 = "%Y-%m-%dT%H:%M:%SZ"
API = "/api/v1/marga/requests"


@shell.page
def request_list(request: PageRequest) -> HttpResponse:
    """Show the calls that the address asks for, newest first."""
    return render(request, "marga/requests.html", _listed(request))


@shell.page
def request_list_live(request: PageRequest) -> HttpResponse:
    """Return the list alone."""
    return render(request, "marga/_requests.html", _listed(request))


def _listed(request: PageRequest) -> dict[str, Any]:
    form = RequestForm(request.GET, request.access)
    asked, cursor = form.asked(), request.GET.get("cursor", "")
    try:
        page = requestlog.get_requests(request.access, asked, cursor=cursor, limit=PER_PAGE)
    except WrongCursor:
        cursor, page = "", requestlog.get_requests(request.access, asked, limit=PER_PAGE)
    return {
        "tab": "requests",
        "form": form,
        "tasks": TASKS,
        "calls": page.calls,
        "older": page.cursor,
        "is_first": not cursor,
        "json": f"{API}?{_query(asked)}",
    }


@shell.page
def request_csv(request: PageRequest) -> Any:
    """Return the calls that the address asks for as CSV, all pages of them."""
    asked = RequestForm(request.GET, request.access).asked()
    is_async = isinstance(request, ASGIRequest)
    pages: Any = (
        export.async_lines(request.access, asked) if is_async else export.lines(request.access, asked)
    )
    response = StreamingHttpResponse(pages, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="requests.csv"'
    return response


@shell.page
def request_detail(request: PageRequest, request_id: str) -> HttpResponse:
    """Show one call: what happened when, why this model, and what it cost."""
    detail = _detail(request, request_id)
    record, trace = detail.call.record, detail.call.trace
    mine = next((given for given in detail.feedback if given.actor == request.access.actor), None)
    context = {
        "tab": "requests",
        "record": record,
        "trace": trace,
        "timeline": explanation.timeline(record, trace),
        "decision": explanation.decision(request.access, record, trace),
        "bill": explanation.bill(record, detail.price),
        "price": detail.price,
        "feedback": detail.feedback,
        "mine": mine,
        "samples": detail.samples,
        "headers": explanation.headers(record, trace),
        "may_write": request.access.has_role(Role.MEMBER),
        **_content(request, request_id),
    }
    return render(request, "marga/request.html", context)


def _content(request: PageRequest, request_id: str) -> dict[str, Any]:
    """Return what is kept of the prompt and the answer; they are opened, and the reading noted, only when asked for."""
    now = timezone.now()
    opened = None
    if request.GET.get("content") and request.access.has_role(Role.MEMBER):
        opened = services.read_content(by=request.access, request_id=request_id, now=now)
    texts = (("Prompt", opened.request), ("Answer", opened.answer)) if opened else ()
    return {
        "content": contents.get_content(request.access, request_id, now=now),
        "texts": [(name, _lines(text)) for name, text in texts],
    }


def _lines(text: str) -> list[str]:
    """Return a text in lines; JSON is laid out, what was cut of it stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines()
    except ValueError:
        return text.splitlines()


@shell.page
@require_POST
def feedback(request: PageRequest, request_id: str) -> HttpResponse:
    """Note what the reader thinks of an answer."""
    detail = _detail(request, request_id)
    rating = {"good": 1, "bad": -1}.get(request.POST.get("rating", ""))
    if rating is None:
        messages.error(request, "Say whether the answer was good or bad.")
    else:
        record = detail.call.record
        services.give_feedback(by=request.access, request=record, rating=rating, now=timezone.now())
        messages.success(request, "Noted. It counts for the quality that stands beside the savings.")
    return redirect("marga:request", request_id)


def _detail(request: PageRequest, request_id: str) -> CallDetail:
    detail = requestlog.get_request(request.access, request_id)
    if detail is None:
        raise Http404("no such request")
    return detail


def _query(asked: RequestFilter) -> str:
    """Return the same filter in the words of the API."""
    wanted: dict[str, Any] = {
        "key": asked.key_id,
        "occurred_after": _written(asked.since),
        "occurred_before": _written(asked.until),
        **{name: getattr(asked, name) for name in ("model", "outcome", "cache", "tier", "task")},
    }
    return urlencode({name: value for name, value in wanted.items() if value})


def _written(moment: datetime | None) -> str:
    return moment.strftime(RFC_3339) if moment else ""
