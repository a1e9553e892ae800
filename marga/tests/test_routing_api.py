from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone

from avyay_site import limits
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from avyay_site.usage.models import UsageRecord
from marga.models import CachePurge, Credential, DeploymentHealth, KeyRules, Policy, RequestTrace
from marga.tests.factories import CredentialFactory, ModelFactory, PolicyFactory, ProviderFactory
from marga.tests.test_savings import NOON, take

pytestmark = pytest.mark.django_db

MARGA = "/api/v1/marga"


@pytest.fixture
def workspace():
    return WorkspaceFactory.create()


@pytest.fixture
def call(settings, redis_server, workspace):
    """Return a function that calls the API with a key of the workspace."""
    settings.REDIS_URL = redis_server
    limits.forget()
    client = Client(headers={"Authorization": f"Bearer {issue(workspace).secret}"})

    def call(method, path, body=None):
        return client.generic(
            method.upper(), f"{MARGA}/{path}", json.dumps(body or {}), content_type="application/json"
        )

    return call


def test_a_credential_is_made_changed_and_removed_and_its_key_never_shown(call, workspace):
    provider = ProviderFactory.create(workspace=workspace)

    made = call("post", "credentials", {"provider_id": provider.pk, "name": "agents", "api_key": "sk-canary", "bucket": "agents"})  # fmt: skip
    assert made.status_code == 201, made.content
    assert "sk-canary" not in made.content.decode()
    path = f"credentials/{made.json()['id']}"
    changed = call("patch", path, {"requests_per_minute": 5, "bucket": ""})
    assert (changed.json()["requests_per_minute"], changed.json()["bucket"]) == (5, "")
    assert call("get", "credentials?bucket=agents").json()["data"] == []
    assert call("delete", path).status_code == 204
    assert not Credential.objects.exists()


def test_a_credential_is_not_hung_on_another_workspaces_provider(call):
    theirs = CredentialFactory.create()

    made = call("post", "credentials", {"provider_id": theirs.provider_id, "name": "x", "api_key": "y"})

    assert made.status_code == 400
    assert call("get", f"credentials/{theirs.pk}").status_code == 404
    assert call("get", "credentials").json()["data"] == []


def test_a_model_has_all_prices_abilities_and_its_health(call, workspace):
    provider = ProviderFactory.create(workspace=workspace)
    body = {
        "provider_id": provider.pk,
        "name": "m",
        "capabilities": ["tools"],
        "max_output_tokens": 100,
        "cache_write_usd_per_mtok": "1.25",
        "watts": "90.5",
        "quality": 0.8,
    }

    made = call("post", "models", body)

    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["capabilities"], shown["watts"], shown["quality"], shown["health"]) == (
        ["tools"],
        "90.50",
        0.8,
        None,
    )
    DeploymentHealth.objects.create(
        model_id=shown["id"], workspace=workspace, state="open", reported_at=timezone.now()
    )
    assert call("get", f"models/{shown['id']}").json()["health"]["state"] == "open"
    [price] = call("get", f"prices?model={shown['id']}").json()["data"]
    assert (price["cache_write_usd_per_mtok"], price["source"], price["usd_per_kwh"]) == (
        "1.250000",
        "admin",
        "0.150000",
    )
    assert price["priced_by"].startswith("key ")


def test_prices_of_shared_models_are_seen_and_those_of_others_not(call):
    ModelFactory.create(provider__is_shared=True, name="shared")
    ModelFactory.create(name="of-another")

    assert [row["model_name"] for row in call("get", "prices").json()["data"]] == ["shared"]


def test_a_policy_is_checked_made_and_read(call):
    wrong = call("post", "policies/check", {"document": {"tiers": {"mid": 3}}})
    assert (wrong.status_code, wrong.json()["is_valid"]) == (200, False)
    assert "tiers.mid" in wrong.json()["problem"]
    assert call("post", "policies/check", {"document": {}}).json() == {"is_valid": True, "problem": ""}
    assert not Policy.objects.exists()

    made = call(
        "post", "policies", {"name": "thrifty", "document": {"tiers": {"mid": 0.5}}, "is_default": True}
    )
    assert made.status_code == 201, made.content
    path = f"policies/{made.json()['id']}"
    refused = call("patch", path, {"document": {"surprise": 1}})
    assert (refused.status_code, "surprise" in refused.json()["detail"]) == (400, True)
    assert refused.json()["errors"][0]["pointer"] == "#/document"
    assert call("patch", path, {"is_default": False}).json()["is_default"] is False
    assert call("delete", path).status_code == 204


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 600])
def test_a_policy_that_cannot_be_stored_is_refused(call, text):
    answer = call("post", "policies", {"name": "x", "document": {"description": text}})

    assert answer.status_code in (400, 409)
    assert not Policy.objects.exists()


def test_shared_policies_are_read_and_not_changed(call):
    shared = PolicyFactory.create(is_shared=True)
    PolicyFactory.create()

    assert [row["id"] for row in call("get", "policies").json()["data"]] == [shared.pk]
    assert call("patch", f"policies/{shared.pk}", {"is_default": True}).status_code == 404


def test_rules_are_put_in_place_and_tell_what_holds_for_any_key(call, workspace):
    key = issue(workspace).key
    assert call("get", f"rules/{key.pk}").json()["cache"] == KeyRules().cache

    put = call("put", f"rules/{key.pk}", {"allowed_models": ["gpt-*"], "cache": "off"})
    assert put.status_code == 200, put.content
    assert call("put", f"rules/{key.pk}", {"cache": "semantic"}).json()["allowed_models"] == []

    [row] = call("get", "rules").json()["data"]
    assert (row["id"], row["cache"]) == (key.pk, "semantic")
    refused = call("put", f"rules/{key.pk}", {"lowest_tier": "frontier", "highest_tier": "mid"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "#/lowest_tier")


def test_rules_of_another_workspaces_key_are_not_found(call):
    theirs = issue(WorkspaceFactory.create()).key

    assert call("get", f"rules/{theirs.pk}").status_code == 404
    assert call("put", f"rules/{theirs.pk}").status_code == 404
    assert not KeyRules.objects.exists()


def test_a_request_is_shown_with_its_trace_and_can_be_rated(call, workspace):
    key = issue(workspace).key
    model = ModelFactory.create(provider__workspace=workspace)
    take(key, ({}, {"task": "review", "price_id": model.price_versions.get().pk}), ({}, None))
    first, second = UsageRecord.objects.order_by("pk")

    shown = call("get", f"requests/{first.request_id}").json()
    assert (shown["trace"]["task"], shown["trace"]["attempts"][0]["model"]) == ("review", "gpt-5-mini")
    assert shown["price"]["model_name"] == model.name
    assert call("get", f"requests/{second.request_id}").json()["trace"] is None

    rated = call("post", f"requests/{first.request_id}/feedback", {"rating": -1, "comment": "wrong"})
    assert (rated.status_code, rated.json()["task"]) == (200, "review")
    assert [row["rating"] for row in call("get", "feedback?task=review").json()["data"]] == [-1]
    assert call("post", f"requests/{first.request_id}/feedback", {"rating": 2}).status_code == 400


def test_requests_are_kept_by_what_routed_them(call, workspace):
    key = issue(workspace).key
    take(key, ({}, {"tier": "local"}), ({}, {"tier": "mid", "cache": "exact"}))

    assert len(call("get", "requests?tier=mid").json()["data"]) == 1
    assert len(call("get", "requests?cache=miss").json()["data"]) == 1
    assert len(call("get", "requests?status=200&cache=hit&tier=local").json()["data"]) == 0


def test_savings_are_told_with_their_quality(call, workspace):
    take(issue(workspace).key, ({}, {"baseline_usd": "0.01", "saved_usd": "0.00877"}))
    period = "since=2026-03-02T00:00:00Z&until=2026-03-03T00:00:00Z"

    found = call("get", f"savings?{period}&group=tier").json()

    assert found["total"]["saved_usd"] == "0.0087700000"
    assert found["total"]["shadow"] == {
        "good": 0,
        "samples": 0,
        "unclear": 0,
        "share": None,
        "low": None,
        "high": None,
    }
    assert [part["name"] for part in found["parts"]] == ["mid"]
    assert [step["moment"] for step in call("get", f"savings?{period}&group=step").json()["parts"]] == [
        NOON.isoformat().replace("+00:00", "Z")
    ]
    assert call("get", "savings?since=0001-01-01T00:00:00Z&until=0001-01-02T00:00:00Z").status_code == 200
    assert call("get", f"cache?{period}").json()["requests"] == 1


def test_a_purge_is_ordered_for_all_or_for_one(call, workspace):
    RequestTrace.objects.create(
        workspace=workspace, request_id="req_00000001", occurred_at=timezone.now(), cache_identity="ab" * 16
    )

    assert call("post", "cache/purge", {"request_id": "req_00000001"}).json()["identity"] == "ab" * 16
    assert call("post", "cache/purge", {"request_id": "req_unknown1"}).status_code == 409
    assert call("post", "cache/purge").json()["identity"] == ""
    assert CachePurge.objects.count() == 1


def test_lists_cost_the_same_however_long_they_are(call, workspace, django_assert_max_num_queries):
    provider = ProviderFactory.create(workspace=workspace)
    for _ in range(30):
        CredentialFactory.create(provider=provider)
        ModelFactory.create(provider=provider)
        PolicyFactory.create(workspace=workspace)

    for path in ("credentials", "models", "prices", "policies"):
        with django_assert_max_num_queries(6):
            assert len(call("get", path).json()["data"]) == 30, path
