from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from avyay_site.accounts.tests.factories import UserFactory, WorkspaceFactory
from avyay_site.audit.models import AuditEntry
from avyay_site.keys.tests.factories import issue
from marga.models import Credential, KeyRules, Model, Policy, RequestTrace, Source
from marga.tests.factories import CredentialFactory, ModelFactory, PolicyFactory, ProviderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    """Return a client of an operator."""
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def address(model, page, *args):
    return reverse(f"admin:marga_{model._meta.model_name}_{page}", args=args)


def test_a_credential_is_added_and_its_key_never_shown(operator):
    provider = ProviderFactory.create()
    form = {
        "provider": provider.pk,
        "name": "agents",
        "bucket": "agents",
        "is_enabled": "on",
        "new_api_key": "sk-canary",
    }

    answer = operator.post(address(Credential, "add"), form)

    assert answer.status_code == 302, answer.context["adminform"].errors
    credential = Credential.objects.get()
    assert (credential.api_key.reveal(), credential.workspace_id) == ("sk-canary", provider.workspace_id)
    page = address(Credential, "change", credential.pk)
    assert b"sk-canary" not in operator.get(page).content
    operator.post(page, {"name": "agents", "bucket": "people", "is_enabled": "on", "new_api_key": ""})
    credential.refresh_from_db()
    assert (credential.bucket, credential.api_key.reveal()) == ("people", "sk-canary")
    operator.post(address(Credential, "delete", credential.pk), {"post": "yes"})
    assert not Credential.objects.exists()
    assert AuditEntry.objects.filter(action__startswith="credential.").count() == 3


def test_a_credential_without_a_key_is_refused_at_the_form(operator):
    form = {"provider": ProviderFactory.create().pk, "name": "agents", "bucket": "", "new_api_key": ""}

    answer = operator.post(address(Credential, "add"), form)

    assert "key" in answer.content.decode()
    assert not Credential.objects.exists()


def test_a_policy_is_added_and_a_wrong_one_explained_at_the_form(operator):
    form = {"workspace": WorkspaceFactory.create().pk, "name": "thrifty", "document": '{"tiers": {"mid": 3}}'}

    refused = operator.post(address(Policy, "add"), form)
    assert "tiers.mid" in refused.content.decode()

    answer = operator.post(
        address(Policy, "add"), form | {"document": '{"tiers": {"mid": 0.5}}', "is_shared": "on"}
    )
    assert answer.status_code == 302, answer.context["adminform"].errors
    policy = Policy.objects.get()
    assert (policy.is_shared, policy.document) == (True, {"tiers": {"mid": 0.5}})
    operator.post(
        address(Policy, "change", policy.pk), {"name": "thrifty", "document": "{}", "is_default": "on"}
    )
    policy.refresh_from_db()
    assert (policy.document, policy.is_default, policy.is_shared) == ({}, True, False)


def test_rules_of_a_key_are_set(operator):
    key = issue(WorkspaceFactory.create()).key
    form = {
        "key": key.pk,
        "allowed_models": "gpt-*,claude-*",
        "lowest_tier": "local",
        "highest_tier": "mid",
        "cache": "off",
        "cache_ttl_seconds": "60",
        "policy": "",
        "fallbacks": "",
        "quality_target": "",
    }

    answer = operator.post(address(KeyRules, "add"), form)

    assert answer.status_code == 302, answer.context["adminform"].errors
    rules = KeyRules.objects.get()
    assert (rules.allowed_models, rules.highest_tier, rules.cache) == (["gpt-*", "claude-*"], "mid", "off")
    refused = operator.post(address(KeyRules, "change", key.pk), form | {"lowest_tier": "frontier"})
    assert "lowest_tier" in refused.content.decode()


def test_a_model_is_given_abilities_and_watts(operator):
    model = ModelFactory.create()
    form = {
        "name": model.name,
        "upstream_name": "m",
        "tier": "local",
        "capabilities": ["tools", "vision"],
        "watts": "90",
        "is_enabled": "on",
    }

    answer = operator.post(address(Model, "change", model.pk), form)

    assert answer.status_code == 302, answer.context["adminform"].errors
    model.refresh_from_db()
    assert (model.capabilities, model.watts, model.is_priced) == (["tools", "vision"], Decimal(90), True)


@pytest.mark.parametrize(
    "make", [CredentialFactory.create, PolicyFactory.create], ids=["credential", "policy"]
)
def test_what_comes_from_the_config_file_cannot_be_deleted(operator, make):
    row = (
        make(provider__source=Source.CONFIG)
        if make == CredentialFactory.create
        else make(source=Source.CONFIG)
    )

    answer = operator.post(address(type(row), "delete", row.pk), {"post": "yes"})

    assert answer.status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    operator.post(address(type(row), "changelist"), chosen)
    assert type(row).objects.filter(pk=row.pk).exists()


def test_traces_are_looked_at_and_never_changed(operator, now):
    trace = RequestTrace.objects.create(
        workspace=WorkspaceFactory.create(), request_id="req_00000001", occurred_at=now
    )

    assert operator.get(address(RequestTrace, "change", trace.pk)).status_code == 200
    assert operator.post(address(RequestTrace, "delete", trace.pk), {"post": "yes"}).status_code == 403
    assert operator.get(address(RequestTrace, "add")).status_code == 403
