"""Traces and metrics over OpenTelemetry, set up by the standard `OTEL_*` variables alone.

Off until OTEL_EXPORTER_OTLP_ENDPOINT names a collector (Datadog: its OTLP intake and OTEL_EXPORTER_OTLP_HEADERS).
Spans leave in batches from a thread; with the collector away they are dropped, and nobody waits.
Attributes are routes, names and numbers: never headers, bodies, queries or addresses with ids.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog
from celery import Task, signals
from opentelemetry import context, metrics, propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from avyay_site import env
from avyay_site.logs import route_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
HEADER = "avyay_trace"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_open_spans: dict[str, tuple[Any, Any, float]] = {}


def is_on() -> bool:
    """Tell whether a collector is named and nobody switched the export off."""
    return bool(env.text(ENDPOINT)) and not env.boolean("OTEL_SDK_DISABLED", default=False)


@cache
def start() -> None:
    """Set up the exporters, once in each process, after it has forked: a batch thread does not survive a fork."""
    from avyay_site import telemetry_export

    telemetry_export.set_up()


def tracer() -> trace.Tracer:
    """Return the platform's tracer; without an endpoint its spans do nothing."""
    if is_on():
        start()
    return trace.get_tracer("avyay")


@cache
def _seconds(name: str) -> metrics.Histogram:
    return metrics.get_meter("avyay").create_histogram(name, unit="s")


class TraceMiddleware:
    """Make one span of each request, child of the caller's `traceparent`, and bind its id to the log lines."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_on():
            return self.get_response(request)
        started = time.perf_counter()
        parent = propagate.extract({"traceparent": request.headers.get("traceparent", "")})
        with tracer().start_as_current_span(
            request.method or "HTTP", parent, SpanKind.SERVER, record_exception=False
        ) as span:
            with structlog.contextvars.bound_contextvars(trace_id=_trace_id(span)):
                response = self.get_response(request)
            facts = _describe(span, request, response)
        _seconds("http.server.request.duration").record(time.perf_counter() - started, facts)
        return response


def trace_tasks() -> None:
    """Make one span of each task of this worker, child of the request that asked for it."""
    if is_on():
        signals.task_prerun.connect(_begin_task)
        signals.task_postrun.connect(_end_task)


@signals.before_task_publish.connect
def _send_trace(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if is_on() and headers is not None:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        headers[HEADER] = carrier.get("traceparent", "")


def _describe(span: trace.Span, request: HttpRequest, response: HttpResponse) -> dict[str, str | int]:
    """Put what happened on the span; return the part of it that is fit for labels."""
    facts: dict[str, str | int] = {
        "http.request.method": request.method if request.method in METHODS else "_OTHER",
        "http.route": route_of(request) or "unmatched",
        "http.response.status_code": response.status_code,
    }
    span.update_name(f"{facts['http.request.method']} {facts['http.route']}")
    span.set_attributes({**facts, "avyay.request_id": getattr(request, "request_id", "")})
    if response.status_code >= 500:
        span.set_status(Status(StatusCode.ERROR))
    return facts


def _begin_task(task_id: str, task: Task[..., Any], **_: Any) -> None:
    parent = propagate.extract({"traceparent": getattr(task.request, HEADER, None) or ""})
    span = tracer().start_span(task.name, parent, SpanKind.CONSUMER)
    token = context.attach(trace.set_span_in_context(span))
    _open_spans[task_id] = span, token, time.perf_counter()
    structlog.contextvars.bind_contextvars(trace_id=_trace_id(span))


def _end_task(task_id: str, task: Task[..., Any], state: str | None = None, **_: Any) -> None:
    if task_id not in _open_spans:
        return
    span, token, started = _open_spans.pop(task_id)
    facts = {"celery.task": task.name, "celery.state": state or ""}
    span.set_attributes(facts)
    if state == "FAILURE":
        span.set_status(Status(StatusCode.ERROR))
    context.detach(token)
    span.end()
    _seconds("avyay.task.duration").record(time.perf_counter() - started, facts)


def _trace_id(span: trace.Span) -> str:
    return trace.format_trace_id(span.get_span_context().trace_id)
