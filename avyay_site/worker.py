"""What a Celery worker does around tasks: count them, time them, show the figures, trace them."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import Task, signals
from django.conf import settings
from prometheus_client import start_http_server

from avyay_site import metrics, telemetry

log = structlog.get_logger(__name__)

LOOPBACK = "127.0.0.1"
_started: dict[str, float] = {}


def start() -> None:
    """Begin measuring; called once in each worker process, before it takes work."""
    signals.task_prerun.connect(_begin)
    signals.task_postrun.connect(_end)
    telemetry.trace_tasks()
    if settings.WORKER_METRICS_PORT:
        try:
            start_http_server(settings.WORKER_METRICS_PORT, addr=LOOPBACK, registry=metrics.registry)
        except OSError as exc:
            # Figures are not worth a worker: another worker of this machine may hold the port.
            log.warning("worker_metrics_unavailable", port=settings.WORKER_METRICS_PORT, error=str(exc))


def _begin(task_id: str, **_: Any) -> None:
    _started[task_id] = time.perf_counter()


def _end(task_id: str, task: Task[..., Any], state: str | None = None, **_: Any) -> None:
    began = _started.pop(task_id, None)
    metrics.TASKS.labels(task.name, (state or "unknown").lower()).inc()
    if began is not None:
        seconds = time.perf_counter() - began
        metrics.TASK_SECONDS.labels(task.name).observe(seconds)
        # Named here: other listeners of the same signal may have cleared the context.
        log.info("task_ended", task=task.name, task_id=task_id, state=state, seconds=round(seconds, 3))
