"""Schedules as rows, sweeps and the watch."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django_celery_beat.models import PeriodicTask

from avyay_site import health, schedules, sweeping, watching
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.notifications.models import Delivery
from avyay_site.notifications.tests import factories

SWEEP = "platform: issue lost work again"


@pytest.mark.django_db
def test_migrating_made_a_row_for_every_declared_schedule():
    rows = set(PeriodicTask.objects.values_list("name", flat=True))

    assert {schedule.name for schedule in schedules.declared()} <= rows
    assert SWEEP in rows


@pytest.mark.django_db
def test_an_operators_edit_stays():
    PeriodicTask.objects.filter(name=SWEEP).update(enabled=False)

    assert schedules.ensure_schedules() == []
    assert PeriodicTask.objects.get(name=SWEEP).enabled is False


@pytest.mark.django_db
def test_a_deleted_row_comes_back():
    PeriodicTask.objects.filter(name=SWEEP).delete()

    assert schedules.ensure_schedules() == [SWEEP]


@pytest.mark.django_db
def test_every_scheduled_task_exists():
    from avyay_site.celery import app

    app.loader.import_default_modules()

    assert {schedule.task for schedule in schedules.declared()} <= set(app.tasks)


def test_a_sweep_that_fails_does_not_stop_the_others(monkeypatch, now):
    def fail(*, now):
        raise RuntimeError("broken")

    monkeypatch.setattr(sweeping, "_sweeps", {"first": fail, "second": lambda *, now: 3})

    assert sweeping.sweep_all(now=now) == {"second": 3}


@pytest.fixture
def parts(monkeypatch, settings):
    """What the watch sees; everything is well until the test says otherwise."""
    seen = {"gateway": True, "default": 0}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    monkeypatch.setattr(watching, "_gateway_answers", lambda: seen["gateway"])
    monkeypatch.setattr(health, "queue_lengths", lambda _: {"default": seen["default"]})
    return seen


@pytest.mark.django_db
def test_those_who_asked_are_told_once_of_each_outage(parts, now):
    factories.channel(access_of(MembershipFactory.create()), event_types=["platform.degraded"])
    factories.channel(access_of(MembershipFactory.create()))

    for is_up in (True, False, False, True, False):
        parts["gateway"] = is_up
        watching.watch(now=now)

    assert list(Delivery.objects.values_list("subject", flat=True)) == ["Degraded: gateway"] * 2


@pytest.mark.django_db
def test_a_long_queue_and_late_notifications_are_trouble(parts, now):
    parts["default"] = watching.MOST_WAITING + 1
    channel = factories.channel(access_of(MembershipFactory.create()))
    late = factories.delivery(channel, now=now)
    moment = late.created_at.replace(hour=(now.hour + 1) % 24)

    assert set(watching.watch(now=moment)) == {"queue default", "notifications"}
