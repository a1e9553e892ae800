"""Bells: rung after the commit, and never at the cost of the work."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from django.db import transaction

from avyay_site import live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh():
    live.forget_outage()
    yield
    live.forget_outage()


@pytest.fixture
def rung(monkeypatch):
    sent: list[tuple[str, str]] = []

    async def send(name, message):
        sent.append((name, message["topic"]))

    monkeypatch.setattr(live, "_group_send", send)
    return sent


def test_a_bell_is_rung_after_the_commit(rung):
    with transaction.atomic():
        live.ring("ws_1", "keys")
        assert rung == []

    assert rung == [("ws.ws_1", "keys")]


def test_work_that_failed_rings_nothing(rung):
    with suppress(RuntimeError), transaction.atomic():
        live.ring("ws_1", "keys")
        raise RuntimeError

    assert rung == []


@pytest.mark.parametrize("topic", ["", "Keys", "a b", "x" * 81, "1a", "keys\n"])
def test_something_else_than_a_topic_is_a_fault_of_the_caller(topic):
    with pytest.raises(ValueError, match="not a topic"):
        live.ring("ws_1", topic)


def test_redis_away_fails_no_work_and_is_noticed_once(settings, tmp_path):
    address = f"unix://{tmp_path}/none.sock"
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [address]},
        }
    }
    started = time.monotonic()

    for _ in range(50):
        live.ring("ws_1", "keys")

    assert time.monotonic() - started < 2 * live.PATIENCE_SECONDS
