"""Events: after the commit, to every listener, whatever one of them does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest
from django.db import transaction

from avyay_site import events


@dataclass(frozen=True, kw_only=True)
class Happened(events.Event):
    what: str


@pytest.fixture
def heard(monkeypatch):
    monkeypatch.setitem(events._handlers, Happened, [])
    return []


pytestmark = pytest.mark.django_db(transaction=True)
EVENT = Happened(workspace_id="ws_1", what="it")


def test_an_event_is_heard_after_the_commit_and_not_before(heard):
    events.subscribe(Happened, heard.append)

    with transaction.atomic():
        events.publish(EVENT)
        assert heard == []

    assert heard == [EVENT]


def test_an_event_of_a_transaction_that_failed_is_never_heard(heard):
    events.subscribe(Happened, heard.append)

    with suppress(RuntimeError), transaction.atomic():
        events.publish(EVENT)
        raise RuntimeError

    assert heard == []


def test_a_listener_that_fails_stops_neither_the_others_nor_the_publisher(heard):
    def fail(_):
        raise RuntimeError

    events.subscribe(Happened, fail)
    events.subscribe(Happened, heard.append)

    events.publish(EVENT)

    assert heard == [EVENT]


def test_subscribing_twice_hears_once(heard):
    listener = heard.append
    events.subscribe(Happened, listener)
    events.subscribe(Happened, listener)

    events.publish(EVENT)

    assert heard == [EVENT]
