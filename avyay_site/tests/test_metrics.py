"""Figures for Prometheus."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from avyay_site import health
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.notifications.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _redis(settings, redis_server):
    settings.REDIS_URL = redis_server


def figures(client: Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def value(client: Client, name: str, **labels: str) -> float:
    return figures(client).get((name, frozenset(labels.items())), 0.0)


def test_requests_are_counted_by_view_method_and_status(client):
    labels = {"view": "avyay_site.health.healthz", "method": "GET", "code": "200"}
    before = value(client, "avyay_http_requests_total", **labels)

    client.get("/healthz")

    assert value(client, "avyay_http_requests_total", **labels) == before + 1
    assert value(client, "avyay_http_request_duration_seconds_count", view="avyay_site.health.healthz") > 0


def test_made_up_addresses_and_methods_make_no_new_labels(client):
    client.get("/nothing/1")
    figures(client)  # the page of figures counts itself from its second time on
    before = len(figures(client))

    for number in range(20):
        client.get(f"/nothing/{number}")
        client.generic(f"VERB{number}", "/nothing/1")

    assert len(figures(client)) <= before + 2  # "other", as a count and the time of its first


def test_queues_the_oldest_delivery_and_the_pool_are_shown(client):
    late = factories.delivery(factories.channel(access_of(MembershipFactory.create())))
    late.next_attempt_at = timezone.now() - timedelta(minutes=5)
    late.save()

    assert value(client, "avyay_queue_length", queue="default") >= 0
    assert 299 < value(client, "avyay_oldest_due_delivery_seconds") < 360
    assert value(client, "avyay_db_pool_connections", state="most") > 0


def test_an_outage_of_redis_leaves_the_other_figures(client, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"

    with pytest.raises(health.Away):
        health.queue_lengths(["default"])
    assert value(client, "avyay_db_pool_connections", state="most") > 0


@pytest.mark.parametrize(
    ("asker", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "192.0.2.1"}, 403),
        ({"REMOTE_ADDR": ""}, 403),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, 403),
    ],
)
def test_without_a_token_only_this_machine_may_read(client, asker, status):
    assert client.get("/metrics", **asker).status_code == status


@pytest.mark.parametrize(
    ("given", "status"), [("Bearer right", 200), ("Bearer wrong", 403), ("", 403), ("Bearer ÿ", 403)]
)
def test_with_a_token_everybody_needs_it(client, settings, given, status):
    settings.METRICS_TOKEN = "right"

    assert client.get("/metrics", headers={"Authorization": given}).status_code == status
