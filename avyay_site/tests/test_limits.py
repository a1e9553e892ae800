from __future__ import annotations

import socket
import time

import pytest
from django.test import RequestFactory

from avyay_site import limits
from avyay_site.client_ip import client_ip
from avyay_site.ids import new_id


@pytest.fixture(autouse=True)
def _fresh_limits(settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()
    yield
    limits.forget()


def test_an_allowance_is_used_up_and_then_refused():
    who = new_id("test")

    decisions = [limits.allow("trial", who, 3) for _ in range(4)]

    assert [d.allowed for d in decisions] == [True, True, True, False]
    assert [d.remaining for d in decisions] == [2, 1, 0, 0]
    assert all(d.limit == 3 and 1 <= d.reset_seconds <= 120 for d in decisions)


def test_one_asker_does_not_use_up_anothers_allowance_nor_another_limit():
    who = new_id("test")
    limits.allow("trial", who, 1)

    assert not limits.allow("trial", who, 1).allowed
    assert limits.allow("trial", new_id("test"), 1).allowed
    assert limits.allow("other", who, 1).allowed


def test_counts_are_shared_by_processes():
    who = new_id("test")
    limits.allow("trial", who, 1)

    limits.forget()  # what a second process knows: nothing but Redis

    assert not limits.allow("trial", who, 1).allowed


def test_without_redis_the_local_counters_answer(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody"
    who = new_id("test")

    assert [limits.allow("trial", who, 2).allowed for _ in range(3)] == [True, True, False]


def test_a_redis_that_hangs_costs_one_short_wait(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()

        for _ in range(20):
            assert limits.allow("trial", "who", 100).allowed

    assert time.monotonic() - started < 4 * limits.PATIENCE_SECONDS


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_client_ip_believes_only_as_many_hops_as_there_are_trusted_proxies(
    settings, proxies, forwarded, expected
):
    settings.TRUSTED_PROXY_COUNT = proxies

    assert client_ip(RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})) == expected
