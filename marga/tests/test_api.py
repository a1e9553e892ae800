from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone

from avyay_site import limits
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from marga.models import Model, Provider, Source
from marga.tests.factories import ModelFactory, ProviderFactory

pytestmark = pytest.mark.django_db

PROVIDERS, MODELS, REQUESTS = "/api/v1/marga/providers", "/api/v1/marga/models", "/api/v1/marga/requests"


@pytest.fixture
def workspace():
    return WorkspaceFactory.create()


@pytest.fixture
def call(settings, redis_server, workspace):
    """Return a function that calls the API with a key of the workspace."""
    settings.REDIS_URL = redis_server
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    limits.forget()
    client = Client(headers={"Authorization": f"Bearer {issue(workspace).secret}"})

    def call(method, url, body=None):
        return client.generic(method.upper(), url, json.dumps(body or {}), content_type="application/json")

    return call


def test_a_provider_and_a_model_are_made_changed_and_removed(call, workspace):
    made = call("post", PROVIDERS, {"name": "mine", "kind": "openai", "base_url": "http://127.0.0.1:9009/v1", "api_key": "sk-canary"})  # fmt: skip
    assert made.status_code == 201, made.content
    provider = made.json()
    assert "sk-canary" not in made.content.decode()
    assert (provider["has_api_key"], provider["source"], provider["is_shared"]) == (True, "admin", False)

    made = call("post", MODELS, {"provider_id": provider["id"], "name": "fast", "input_usd_per_mtok": "0.25"})
    assert made.status_code == 201, made.content
    model = made.json()
    assert (model["provider"], model["upstream_name"], model["input_usd_per_mtok"]) == (
        "mine",
        "fast",
        "0.250000",
    )

    changed = call("patch", f"{MODELS}/{model['id']}", {"tier": "local", "output_usd_per_mtok": None})
    assert (changed.status_code, changed.json()["tier"]) == (200, "local")
    changed = call("patch", f"{PROVIDERS}/{provider['id']}", {"is_enabled": False})
    assert changed.json()["is_enabled"] is False
    assert call("get", f"{MODELS}/{model['id']}").json()["is_callable"] is False

    assert call("delete", f"{MODELS}/{model['id']}").status_code == 204
    assert call("delete", f"{PROVIDERS}/{provider['id']}").status_code == 204
    assert not Provider.objects.exists()


def test_the_key_is_stored_and_never_read(call):
    call("post", PROVIDERS, {"name": "mine", "kind": "openai", "base_url": "http://127.0.0.1:9009/v1", "api_key": "sk-canary"})  # fmt: skip

    assert Provider.objects.get().api_key.reveal() == "sk-canary"
    assert b"sk-canary" not in call("get", PROVIDERS).content


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "x"}, 400),
        ({"name": "x", "kind": "nope"}, 400),
        ({"name": "x", "kind": "openai", "is_shared": True}, 400),
        ({"name": "x", "kind": "openai", "source": "config"}, 400),
        ({"name": "x", "kind": "openai", "api_key": "two words"}, 400),
        ({"name": "x", "kind": "openai", "base_url": "http://10.0.0.1/v1"}, 409),
        ({"name": "x", "kind": "openai", "base_url": "http://user:pw@127.0.0.1/v1"}, 409),
        ({"name": "taken", "kind": "sandbox"}, 409),
    ],
)
def test_a_wrong_provider_is_refused_with_a_problem(call, workspace, body, status):
    ProviderFactory.create(workspace=workspace, name="taken")

    answer = call("post", PROVIDERS, body)

    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_shared_models_are_read_by_all_and_changed_by_none_of_them(call):
    shared = ModelFactory.create(provider__is_shared=True)
    ModelFactory.create(name="of-another")

    assert [row["id"] for row in call("get", MODELS).json()["data"]] == [shared.pk]
    assert call("get", f"{MODELS}/{shared.pk}").status_code == 200
    assert call("patch", f"{MODELS}/{shared.pk}", {"tier": "local"}).status_code == 404
    assert call("delete", f"{MODELS}/{shared.pk}").status_code == 404
    assert call("get", f"{PROVIDERS}/{shared.provider_id}").status_code == 404


def test_a_model_is_not_hung_on_another_workspaces_provider(call):
    theirs = ProviderFactory.create()

    answer = call("post", MODELS, {"provider_id": theirs.pk, "name": "x"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].endswith("provider_id")
    assert not Model.objects.exists()


@pytest.mark.parametrize("price", ["-1", "1e3", "NaN", "1.1234567", 1.5, "12345678"])
def test_a_price_that_is_no_exact_amount_is_refused(call, workspace, price):
    provider = ProviderFactory.create(workspace=workspace)

    answer = call("post", MODELS, {"provider_id": provider.pk, "name": "x", "input_usd_per_mtok": price})

    assert answer.status_code == 400


def test_a_check_says_what_came_of_it(call, workspace):
    provider = ProviderFactory.create(
        workspace=workspace, base_url="http://127.0.0.1:9009/v1", is_trusted=True
    )

    answer = call("post", f"{PROVIDERS}/{provider.pk}/check")

    assert (answer.status_code, answer.json()["health"]) == (200, "failing")
    assert answer.json()["latest_checked_at"]


def test_what_comes_from_the_config_file_is_changed_there(call, workspace):
    provider = ProviderFactory.create(workspace=workspace, source=Source.CONFIG)

    answer = call("patch", f"{PROVIDERS}/{provider.pk}", {"name": "other"})

    assert answer.status_code == 409
    assert "config file" in answer.json()["detail"]


def test_requests_are_those_of_the_gateway(call, workspace):
    from avyay_site.usage.models import UsageRecord

    for number, product in enumerate(("marga", "raksha")):
        UsageRecord.objects.create(
            request_id=f"req_{number}",
            workspace=workspace,
            product=product,
            action="x",
            occurred_at=timezone.now(),
        )

    assert [row["request_id"] for row in call("get", REQUESTS).json()["data"]] == ["req_0"]
    assert call("get", f"{REQUESTS}/req_0").status_code == 200
    assert call("get", f"{REQUESTS}/req_1").status_code == 404


def test_a_list_costs_the_same_however_long_it_is(call, workspace, django_assert_max_num_queries):
    provider = ProviderFactory.create(workspace=workspace)
    for _ in range(40):
        ModelFactory.create(provider=provider)

    with django_assert_max_num_queries(6):
        assert len(call("get", MODELS).json()["data"]) == 40
