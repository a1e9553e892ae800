"""Figures for Prometheus: of web at `/metrics`, of the worker on AVYAY_WORKER_METRICS_PORT.

A web with several worker processes needs PROMETHEUS_MULTIPROC_DIR, as prometheus_client documents.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from avyay_site import health
from avyay_site.client_ip import client_ip
from avyay_site.telemetry import METHODS

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
QUEUES = ("default", "scan", "index")

registry = CollectorRegistry()
REQUESTS = Counter(
    "avyay_http_requests_total", "Requests answered by web", ("view", "method", "code"), registry=registry
)
REQUEST_SECONDS = Histogram(
    "avyay_http_request_duration_seconds", "Time to answer", ("view",), buckets=SECONDS, registry=registry
)
TASKS = Counter("avyay_tasks_total", "Tasks ended in this worker", ("task", "result"), registry=registry)
TASK_SECONDS = Histogram(
    "avyay_task_duration_seconds", "Time of a task's run", ("task",), buckets=SECONDS, registry=registry
)


class MetricsMiddleware:
    """Count each request by view, method and status, and its time by view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        # Names of views and known methods only: labels that a caller could make up would grow without end.
        match = request.resolver_match
        view = (match.view_name or match._func_path) if match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, str(response.status_code)).inc()
        REQUEST_SECONDS.labels(view).observe(time.perf_counter() - started)
        return response


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Show the figures to this machine, and to others with AVYAY_METRICS_TOKEN."""
    if not _may_read(request):
        return HttpResponse(
            "Send AVYAY_METRICS_TOKEN as a bearer token.\n", status=403, content_type="text/plain"
        )
    return HttpResponse(generate_latest(_collected()), content_type=CONTENT_TYPE_LATEST)


Source = Callable[[], Iterator[GaugeMetricFamily]]
_sources: dict[str, Source] = {}


def add(name: str, source: Source) -> None:
    """Show a product's figures as well, read when somebody asks; a database that is away leaves them out."""
    _sources[name] = source


class PlatformCollector(Collector):
    """What is read from Redis, the database and the pool at the moment of asking."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _queue_lengths()
        yield from _oldest_due()
        yield from _pool()
        for source in _sources.values():
            with suppress(DatabaseError):
                yield from source()


registry.register(PlatformCollector())


def _may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN:
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    # A proxy that nobody declared makes every caller look like this machine.
    if not settings.TRUSTED_PROXY_COUNT and (
        "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    ):
        return False
    try:
        return ipaddress.ip_address(client_ip(request)).is_loopback
    except ValueError:
        return False


def _collected() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return registry
    joined = CollectorRegistry()
    MultiProcessCollector(joined)  # type: ignore[no-untyped-call]
    joined.register(PlatformCollector())
    return joined


def _queue_lengths() -> Iterator[GaugeMetricFamily]:
    try:
        lengths = health.queue_lengths(QUEUES)
    except health.Away:
        return
    family = GaugeMetricFamily("avyay_queue_length", "Messages waiting in the broker", labels=("queue",))
    for queue, length in lengths.items():
        family.add_metric((queue,), length)
    yield family


def _oldest_due() -> Iterator[GaugeMetricFamily]:
    from avyay_site.notifications.queries import get_oldest_due_seconds

    try:
        seconds = get_oldest_due_seconds(now=timezone.now())
    except DatabaseError:
        return
    yield GaugeMetricFamily(
        "avyay_oldest_due_delivery_seconds", "Age of the oldest notification due", seconds
    )


def _pool() -> Iterator[GaugeMetricFamily]:
    pool: Any = getattr(connection, "pool", None)
    if pool is None:
        return
    stats = pool.get_stats()
    family = GaugeMetricFamily("avyay_db_pool_connections", "Database connections", labels=("state",))
    family.add_metric(("open",), stats.get("pool_size", 0))
    family.add_metric(("idle",), stats.get("pool_available", 0))
    family.add_metric(("most",), stats.get("pool_max", 0))
    yield family
    yield GaugeMetricFamily(
        "avyay_db_pool_waiting", "Requests that wait for a connection", stats.get("requests_waiting", 0)
    )
