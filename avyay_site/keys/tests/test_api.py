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


def test_what_a_change_leaves_out_stays_and_null_takes_a_limit_away(caller, workspace):
    key = issue(workspace, name="before", bucket="agents").key
    ApiKey.objects.filter(pk=key.pk).update(concurrency=4, tokens_per_minute=1000)

    answer = caller.patch(
        f"/api/v1/keys/{key.pk}", {"name": "after", "concurrency": None}, "application/json"
    )

    body = answer.json()
    assert (body["name"], body["bucket"]) == ("after", "agents")
    assert (body["concurrency"], body["tokens_per_minute"]) == (None, 1000)


def test_a_rolled_key_has_a_successor_and_an_end(caller, workspace):
    key = issue(workspace).key

    rolled = caller.post(f"/api/v1/keys/{key.pk}/roll", {"overlap_seconds": 60}, "application/json")

    assert rolled.status_code == 201, rolled.content
    old = caller.get(f"/api/v1/keys/{key.pk}").json()
    assert old["successor_id"] == rolled.json()["id"]
    assert old["expires_at"] is not None
    assert caller.get(rolled["Location"]).json()["name"] == key.name


def test_a_revoked_key_stops_at_once_and_revoking_again_changes_nothing(caller, workspace):
    issued = issue(workspace)
    address = f"/api/v1/keys/{issued.key.pk}/revoke"

    first = caller.post(address, content_type="application/json")
    second = caller.post(address, content_type="application/json")

    assert (first.status_code, first.json()["state"]) == (200, "revoked")
    assert second.json() == first.json()
    refused = Client(headers={"X-API-Key": issued.secret}, REMOTE_ADDR=issued.key.pk).get("/api/v1/me")
    assert refused.status_code == 401


def test_an_expiry_in_the_past_is_refused(caller):
    asked = {"name": "a", "scopes": ["marga:call"], "expires_at": "2001-01-01T00:00:00Z"}

    answer = caller.post("/api/v1/keys", asked, "application/json")

    assert answer.status_code == 409
    assert "lies in the past" in answer.json()["detail"]
