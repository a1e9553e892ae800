"""Tasks: hints that may be lost, queues by declaration, and the request's id in their log lines."""

from __future__ import annotations

import socket
import time
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from celery import signals
from django.conf import settings
from django.db import transaction
from kombu import Connection
from kombu.exceptions import OperationalError

from avyay_site import hints
from avyay_site.celery import REQUEST_ID, app

pytestmark = pytest.mark.django_db(transaction=True)


@hints.task(queue="scan")
def example(*, row_id: str, **_: object) -> None:
    """Do nothing; these tests look at how it is sent."""


@pytest.fixture(autouse=True)
def _fresh():
    hints.forget_outage()
    yield
    hints.forget_outage()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def sent(monkeypatch):
    """Collect what would go to the broker."""
    found: list[dict[str, object]] = []
    monkeypatch.setattr(
        app.tasks[example.name], "apply_async", lambda args, kwargs, **_: found.append(kwargs)
    )
    return found


def test_a_hint_goes_out_after_the_commit(sent):
    with transaction.atomic():
        example.delay_on_commit(row_id="a")
        assert sent == []

    assert sent == [{"row_id": "a"}]


def test_a_broker_that_is_away_fails_nobody_and_is_left_alone_for_a_while(monkeypatch):
    tries = []

    def refuse(*_, **__):
        tries.append(1)
        raise OperationalError("refused")

    monkeypatch.setattr(app.tasks[example.name], "apply_async", refuse)

    for _ in range(20):
        example.delay_on_commit(row_id="a")

    assert len(tries) == 1


@pytest.fixture(params=["away", "silent"])
def lost_broker(request, tmp_path, monkeypatch):
    """The address of a broker that is not there, or that takes connections and never answers."""
    path = tmp_path / "redis.sock"
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    address = f"redis+socket://{path}"
    monkeypatch.setattr(
        app, "connection_for_write", lambda *_, **__: Connection(address, transport_options=options)
    )
    with socket.socket(socket.AF_UNIX) as server:
        if request.param == "silent":
            server.bind(str(path))
            server.listen()
        yield


@pytest.mark.usefixtures("lost_broker")
def test_a_real_broker_that_is_lost_costs_one_short_wait():
    started = time.monotonic()

    for _ in range(20):
        example.delay_on_commit(row_id="a")

    assert time.monotonic() - started < 3 * hints.PATIENCE_SECONDS
    assert not hints._outage.is_over()


def test_after_the_outage_hints_go_out_again(sent, frozen_clock):
    hints._outage.begin()
    example.delay_on_commit(row_id="lost")

    hints._outage.ends_at = time.monotonic()
    example.delay_on_commit(row_id="sent")

    assert sent == [{"row_id": "sent"}]


def test_a_task_goes_to_the_queue_it_was_declared_for():
    task: Any = app.tasks[example.name]

    route = app.amqp.router.route({}, example.name, task_type=task)

    assert route["queue"].name == "scan"


def test_a_tasks_log_lines_carry_the_id_of_the_request_that_asked_for_it():
    headers: dict[str, object] = {}
    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        signals.before_task_publish.send(sender=example.name, headers=headers)
    task = SimpleNamespace(name="some.task", request=SimpleNamespace(**{REQUEST_ID: headers[REQUEST_ID]}))

    signals.task_prerun.send(sender=None, task_id="t1", task=task)
    bound = structlog.contextvars.get_contextvars()
    signals.task_postrun.send(sender=None, task_id="t1", task=task, state="SUCCESS")

    assert bound == {"request_id": "req_1", "task_id": "t1", "task": "some.task"}
    assert structlog.contextvars.get_contextvars() == {}


def test_every_task_of_the_platform_says_its_queue_and_takes_unknown_arguments():
    """Old workers meet new messages during an upgrade."""
    app.loader.import_default_modules()
    ours: list[Any] = [task for name, task in app.tasks.items() if not name.startswith("celery.")]

    assert ours
    for task in ours:
        assert task.queue_name, task.name
        assert any(p.kind is p.VAR_KEYWORD for p in parameters(task)), task.name
        assert not any(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters(task)), (
            task.name
        )


def parameters(task):
    import inspect

    return inspect.signature(task.run).parameters.values()
