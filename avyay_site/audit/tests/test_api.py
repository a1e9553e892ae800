from __future__ import annotations

import pytest
from django.test import Client

from avyay_site import limits
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.audit.models import AuditEntry
from avyay_site.keys.tests.factories import issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()
    return Client(headers={"X-API-Key": issue(WorkspaceFactory.create(), name="writer").secret})


def test_what_a_key_does_is_in_the_log_with_its_name_and_the_request(caller):
    made = caller.post("/api/v1/keys", {"name": "new", "scopes": ["marga:call"]}, "application/json")

    page = caller.get("/api/v1/audit?action=key.issue").json()["data"]

    assert [row["target_name"].split(" ")[0] for row in page] == ["new", "writer"]
    assert page[0]["target_id"] == made.json()["id"]
    assert page[0]["actor"].startswith("key avy_live_")
    assert page[0]["request_id"] == made["X-Request-Id"]
    assert made.json()["secret"] not in str(page)


def test_the_log_cannot_be_changed_over_rest(caller):
    entry = AuditEntry.objects.get()

    for method in ("post", "put", "patch", "delete"):
        assert getattr(caller, method)("/api/v1/audit", content_type="application/json").status_code == 405
        answer = getattr(caller, method)(f"/api/v1/audit/{entry.pk}", content_type="application/json")
        assert answer.status_code == 405
