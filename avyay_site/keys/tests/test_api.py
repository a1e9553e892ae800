"""API keys over REST, through the whole stack."""

from __future__ import annotations

import pytest
from django.test import Client

from avyay_site import limits
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.models import ApiKey
from avyay_site.keys.tests.factories import issue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits(settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()


@pytest.fixture
def workspace():
    return WorkspaceFactory.create()


@pytest.fixture
def caller(workspace):
    """A client with a key of the workspace that may do everything."""
    return Client(headers={"Authorization": f"Bearer {issue(workspace).secret}"})


def test_a_key_is_issued_and_its_secret_shown_once(caller, workspace):
    asked = {"name": "nightly", "scopes": ["marga:call"], "bucket": "agents", "monthly_budget_usd": "25.00"}

    made = caller.post("/api/v1/keys", asked, content_type="application/json")

    assert made.status_code == 201, made.content
    body = made.json()
    assert body["secret"].startswith("avy_live_")
    assert body["monthly_budget_usd"] == "25.0000"
    assert made["Location"] == f"/api/v1/keys/{body['id']}"
    read = caller.get(made["Location"])
    assert read.status_code == 200
    assert "secret" not in read.json()
    assert Client(headers={"X-API-Key": body["secret"]}).get("/api/v1/me").json()["key"]["id"] == body["id"]


def test_a_list_shows_only_the_keys_of_the_callers_workspace(caller, workspace):
    other = issue(WorkspaceFactory.create(), name="not yours").key

    page = caller.get("/api/v1/keys").json()

    assert {row["id"] for row in page["data"]} == set(
        ApiKey.objects.filter(workspace=workspace).values_list("pk", flat=True)
    )
    assert caller.get(f"/api/v1/keys/{other.pk}").status_code == 404
