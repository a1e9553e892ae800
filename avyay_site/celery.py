"""The Celery app. Queues are named where tasks are declared: default, scan, index, and node.<name> for laptops."""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery import Celery, Task, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avyay_site.settings")

QUEUES = ("default", "scan", "index")
REQUEST_ID = "avyay_request_id"

app = Celery("avyay", task_cls="avyay_site.hints:HintTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="schedule")


@signals.setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Being connected is all it takes: Celery then leaves logging as settings made it."""


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Let a task's log lines carry the id of the request that asked for it."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id and headers is not None:
        headers[REQUEST_ID] = request_id


@signals.task_prerun.connect
def _bind_task(task_id: str, task: Task[..., Any], **_: Any) -> None:
    bound = {"task_id": task_id, "task": task.name}
    if request_id := getattr(task.request, REQUEST_ID, None):
        bound["request_id"] = request_id
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**bound)


@signals.task_postrun.connect
def _unbind_task(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()


@signals.worker_init.connect
def _measure(**_: Any) -> None:
    """Count and time tasks in workers only; imported here, because settings must be loaded first."""
    from avyay_site import worker

    worker.start()
