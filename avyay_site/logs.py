"""Logs: one JSON line an event on stderr, bound to its request or task, with secrets redacted."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import structlog
from django.utils.functional import LazyObject

from avyay_site import env, ids
from avyay_site.redaction import redact, scrub

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/internal/gateway/snapshot"})
"""Asked every few seconds by machines: logged at DEBUG, unless they fail."""

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

Event = MutableMapping[str, Any]

access_log = structlog.get_logger("avyay.access")


def configure(*, level: str) -> None:
    """Send structlog's and the standard library's events through one chain to stderr.

    Raises WrongVariable for an unknown level.
    """
    if level not in LEVELS:
        raise env.WrongVariable(f"AVYAY_LOG_LEVEL is {level!r}; set it to {', '.join(LEVELS)}.")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        structlog.processors.format_exc_info,
        _scrub_event,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(shared))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # At DEBUG these print whole messages and headers of others; their warnings are enough.
    for name in (
        "asyncio",
        "httpcore",
        "httpx",
        "hpack",
        "urllib3",
        "kombu",
        "amqp",
        "celery.utils.functional",
    ):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelName(level)))
    # Each says at INFO what our own line about a task says already; failures are errors and stay.
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def formatter(shared: list[Any]) -> logging.Formatter:
    """Return what turns any record into its one line."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
    )


def _add_request_id(_: Any, __: str, event: Event) -> Event:
    """Take the id from the request that a record of Django's brings along: it is logged outside of our middleware."""
    request = getattr(event.get("_record"), "request", None)
    request_id = getattr(request, "request_id", "")
    if request_id:
        event.setdefault("request_id", request_id)
    return event


def _scrub_event(_: Any, __: str, event: Event) -> Event:
    for name, value in event.items():
        if name not in ("_record", "_from_structlog"):
            event[name] = scrub({name: value})[name]
    return event


def _render(_: Any, __: str, event: Event) -> str:
    """Return the line: ASCII, so that no control, bidi or zero-width character reaches a terminal raw."""
    return redact(str(structlog.processors.JSONRenderer()(_, __, event)))


class RequestContextMiddleware:
    """Bind a request id to every log line of a request, return it in `X-Request-Id`, and log the request once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if REQUEST_ID.fullmatch(given) and given == redact(given) else ids.new_id("req")
        request.request_id = request_id  # type: ignore[attr-defined]
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            _log_access(request, response, time.perf_counter() - started)
        response["X-Request-Id"] = request_id
        return response


def route_of(request: HttpRequest) -> str:
    """Return the pattern that the address matched, such as `app/keys/<str:key_id>/`; never the address itself."""
    match = request.resolver_match
    return match.route if match else ""


def _log_access(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    is_quiet = request.path in QUIET_PATHS and response.status_code < 400
    write = access_log.debug if is_quiet else access_log.info
    write(
        "request",
        method=request.method,
        route=route_of(request),
        code=response.status_code,
        ms=round(seconds * 1000, 1),
        bytes=None if response.streaming else len(response.content),
        **_who(request),
    )


def _who(request: HttpRequest) -> dict[str, str]:
    """Return workspace and key, where the request has looked them up; logging alone costs no query."""
    access = getattr(request, "access", None)
    if isinstance(access, LazyObject):
        access = access.__dict__["_wrapped"]
    workspace = getattr(access, "workspace", None)
    if workspace is None:
        return {}
    key = getattr(access, "key", None)
    return {"workspace": workspace.pk, **({"key": key.display} if key else {})}
