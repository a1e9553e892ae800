"""The playground: send a message by the workspace's own key, see the answer arrive, and why it came from where it did.

What is sent and answered passes through; none of it is stored or logged here.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from avyay_site import llm, shell
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from avyay_site.templatetags.avyay import count, milliseconds, usd
from marga import queries, requestlog, snippets
from marga.forms import PromptForm

MOST_TOKENS = 2048
SHOWN = "x-marga-"
FIRST_MESSAGE = "Name three rivers of India."


@shell.page
@sensitive_variables("form", "answer")
@require_http_methods(["GET", "POST"])
def playground(request: PageRequest) -> HttpResponse:
    """Show the form; without JavaScript, also the whole answer."""
    form = _form(request)
    answer: dict[str, Any] = {}
    if request.method == "POST":
        request.access.require_role(Role.MEMBER)
        if form.is_valid():
            answer = _whole_answer(request.access.workspace_id, form)
    context = {
        "tab": "playground",
        "form": form,
        "answer": answer,
        "snippets": _code(form),
        "may_write": request.access.has_role(Role.MEMBER),
        "has_models": bool(queries.get_models(request.access)),
    }
    return render(request, "marga/playground.html", context)


@shell.page
@sensitive_variables("form")
@require_POST
def code(request: PageRequest) -> HttpResponse:
    """Return the code for what the form holds now; by POST, so that no prompt comes into an address."""
    return render(request, "marga/_code.html", {"snippets": _code(_form(request))})


@shell.page
@sensitive_variables("form", "messages")
@require_POST
def stream(request: PageRequest) -> Any:
    """Stream the answer as JSON lines: {"headers"}, {"text"} …, and {"error"} when it fails."""
    request.access.require_role(Role.MEMBER)
    form = _form(request)
    if not form.is_valid():
        problem = " ".join(str(text) for errors in form.errors.values() for text in errors)
        return JsonResponse({"error": problem}, status=400)
    gateway = llm.for_workspace(request.access.workspace_id)
    options = _options(form)
    lines: Any = _async_lines(gateway, options)
    if not isinstance(request, ASGIRequest):
        lines = _lines(gateway, options)
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    response["X-Accel-Buffering"] = "no"
    return response


@shell.page
def cost(request: PageRequest, request_id: str) -> HttpResponse:
    """Say what a call cost; nothing until its record has arrived."""
    detail = requestlog.get_request(request.access, request_id)
    if detail is None:
        return HttpResponse(status=204)
    record, trace = detail.call.record, detail.call.trace
    facts = {
        "Tokens": f"{count(record.input_tokens)} in, {count(record.output_tokens)} out",
        "Cost": usd(record.cost_usd),
        "Saved": usd(trace.saved_usd) if trace else "—",
        "Time": milliseconds(record.duration_ms),
    }
    return JsonResponse({"facts": facts})


def _form(request: PageRequest) -> PromptForm:
    names = [model.name for model in queries.get_models(request.access)]
    form = PromptForm(request.POST or None, request.access, names)
    form.fields["message"].initial = FIRST_MESSAGE
    return form


def _code(form: PromptForm) -> list[snippets.Snippet]:
    return snippets.code(
        model=str(form["model"].value() or "auto"),
        message=str(form["message"].value() or ""),
        gateway_url=settings.GATEWAY_URL,
    )


def _options(form: PromptForm) -> dict[str, Any]:
    given = form.cleaned_data
    return {
        "messages": [{"role": "user", "content": given["message"]}],
        "model": given["model"],
        "task_type": given["task"],
        "max_tokens": MOST_TOKENS,
    }


def _whole_answer(workspace_id: str, form: PromptForm) -> dict[str, Any]:
    told: dict[str, str] = {}
    try:
        text = "".join(llm.for_workspace(workspace_id).stream(**_options(form), told=told.update))
    except llm.GatewayError as exc:
        return {"problem": str(exc)}
    return {"text": text, "headers": shown_headers(told), "request_id": told.get("x-marga-request-id", "")}


def _lines(gateway: llm.Gateway, options: dict[str, Any]) -> Iterator[bytes]:
    heard: list[bytes] = []
    try:
        for piece in gateway.stream(**options, told=lambda told: heard.append(_headers(told))):
            yield from _drained(heard)
            yield _line(text=piece)
        yield from _drained(heard)
    except llm.GatewayError as exc:
        yield _line(error=str(exc))


async def _async_lines(gateway: llm.Gateway, options: dict[str, Any]) -> AsyncIterator[bytes]:
    heard: list[bytes] = []
    try:
        async for piece in gateway.astream(**options, told=lambda told: heard.append(_headers(told))):
            for line in _drained(heard):
                yield line
            yield _line(text=piece)
        for line in _drained(heard):
            yield line
    except llm.GatewayError as exc:
        yield _line(error=str(exc))


def _drained(heard: list[bytes]) -> list[bytes]:
    lines, heard[:] = heard[:], []
    return lines


def _headers(told: Mapping[str, str]) -> bytes:
    return _line(headers=shown_headers(told), request_id=told.get("x-marga-request-id", ""))


def shown_headers(told: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the headers that explain an answer."""
    return sorted((name.lower(), value) for name, value in told.items() if name.lower().startswith(SHOWN))


def _line(**values: Any) -> bytes:
    return json.dumps(values).encode() + b"\n"
