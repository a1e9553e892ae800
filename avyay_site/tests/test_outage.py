"""Pages while the database is away: 503 with the time to come again, and no second failure from the error page."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connections
from django.test import Client

from avyay_site.accounts.tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    client = Client(raise_request_exception=False)
    client.force_login(MembershipFactory.create().user)
    return client


@pytest.mark.parametrize("path", ["/app/", "/app/keys/", "/admin/", "/sign-in"])
def test_a_page_says_that_the_database_is_away(visitor, monkeypatch, path):
    def refuse(*_, **__):
        raise OperationalError("connection refused")

    monkeypatch.setattr(connections["default"], "cursor", refuse)

    answer = visitor.get(path)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert "database does not answer" in answer.content.decode()


def test_a_fault_of_ours_is_still_a_500(visitor, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("avyay_site.vitals.look", fail)

    assert visitor.get("/app/").status_code == 500
