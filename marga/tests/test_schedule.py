from __future__ import annotations

import datetime as dt

import pytest

from avyay_site import schedules
from marga import discovering, schedule, tasks, tracing
from marga.models import Health, Kind
from marga.tests.factories import ProviderFactory

pytestmark = pytest.mark.django_db


def test_the_providers_that_waited_longest_are_checked_first_and_only_enabled_ones(now, monkeypatch):
    recent = ProviderFactory.create(latest_checked_at=now)
    old = ProviderFactory.create(latest_checked_at=now - dt.timedelta(hours=1))
    never = ProviderFactory.create()
    ProviderFactory.create(is_enabled=False)
    asked = []
    monkeypatch.setattr(
        tasks.check_provider, "delay_on_commit", lambda *, provider_id: asked.append(provider_id)
    )

    schedule.check_providers()

    assert asked == [never.pk, old.pk, recent.pk]


def test_a_check_in_the_background_notes_what_came_of_it():
    provider = ProviderFactory.create(kind=Kind.SANDBOX, base_url="")

    tasks.check_provider(provider_id=provider.pk)

    provider.refresh_from_db()
    assert provider.health == Health.OK
    assert provider.latest_checked_at


def test_a_provider_that_is_gone_or_switched_off_is_left_alone():
    provider = ProviderFactory.create(is_enabled=False)

    tasks.check_provider(provider_id=provider.pk, unknown_argument_of_a_newer_caller=1)
    tasks.check_provider(provider_id="prov_gone")

    provider.refresh_from_db()
    assert provider.latest_checked_at is None


def test_the_environment_is_looked_at_by_the_clock(monkeypatch):
    asked = []
    monkeypatch.setattr(discovering, "discover", lambda *, now: asked.append(now))

    schedule.discover()

    assert len(asked) == 1
    assert {one.task for one in schedules.declared()} >= {
        "marga.schedule.discover",
        "marga.schedule.check_providers",
        "marga.schedule.forget_traces",
    }


def test_old_traces_are_forgotten_by_the_clock(monkeypatch):
    asked = []
    monkeypatch.setattr(tracing, "forget_old", lambda *, now: asked.append(now))

    schedule.forget_traces(unknown_argument_of_a_newer_caller=1)

    assert len(asked) == 1
