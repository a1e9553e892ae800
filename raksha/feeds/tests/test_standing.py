from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from avyay_site import checkup, shell
from avyay_site.checkup import State
from raksha.feeds import standing
from raksha.models import Feed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def feed(kind="kev", ecosystem="", *, age=timedelta(hours=1), **more):
    values = {"rows": 10, "state": "current", "fetched_at": NOW - age if age is not None else None}
    return Feed.objects.create(kind=kind, ecosystem=ecosystem, **(values | more))


def test_nothing_imported_is_said_with_what_to_do(settings):
    settings.RAKSHA_FEEDS = False

    found = standing.look(now=NOW)

    assert (found.state, found.is_to_warn) == ("none", True)
    assert "manage.py raksha_feed import" in found.says


@pytest.mark.parametrize(("hours", "state"), [(1, "fresh"), (48, "fresh"), (49, "stale"), (24 * 30, "stale")])
def test_pages_warn_when_a_feed_is_older_than_two_days(hours, state):
    feed(age=timedelta(hours=hours))
    feed("epss")

    found = standing.look(now=NOW)

    assert found.state == state
    assert ("kev is" in found.says) == (state == "stale")


def test_a_feed_that_never_came_is_told_while_others_are_fresh():
    feed()
    feed("osv", "npm", age=None, rows=0, state="failed", error="It answers 403.")

    assert standing.look(now=NOW) == standing.Standing(
        "failing", "osv/npm could not be fetched: It answers 403."
    )


def test_a_failure_that_is_not_yet_old_is_no_news():
    feed(state="failed", error="It answers 500.")

    assert standing.look(now=NOW).state == "fresh"


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=30), "30 hours"),
        (timedelta(days=30), "30 days"),
    ],
)
def test_ages_are_said_as_people_would(age, text):
    assert standing.days(age) == text


def test_ages_are_among_the_figures_and_in_the_health_strip(settings, redis_server):
    settings.REDIS_URL = redis_server
    Feed.objects.create(kind="osv", ecosystem="PyPI", rows=3, fetched_at=timezone.now() - timedelta(hours=60))

    figures = Client().get("/metrics").content.decode()

    (line,) = [line for line in figures.splitlines() if line.startswith("avyay_scan_feed_age_seconds{")]
    assert line.startswith('avyay_scan_feed_age_seconds{feed="osv/PyPI"} 216')
    health = next(part for part in shell.parts() if part.slug == "raksha").health()
    assert (health.tone, health.word) == ("warn", "old feeds")


def test_doctor_has_a_line_about_feeds():
    (check,) = [check for name, check in checkup.checks() if name == "intelligence"]
    assert [line.state for line in check()] == [State.WARN]

    Feed.objects.create(kind="kev", rows=3, fetched_at=timezone.now())

    assert [(line.state, line.detail) for line in check()] == [(State.OK, "all feeds are fresh")]
