from __future__ import annotations

import pytest
from django.urls import reverse

from avyay_site.accounts.tests.factories import UserFactory, WorkspaceFactory
from avyay_site.audit.models import AuditEntry
from marga.models import Model, Provider, Source
from marga.tests.factories import ModelFactory, ProviderFactory

pytestmark = pytest.mark.django_db

PROVIDERS, MODELS = reverse("admin:marga_provider_changelist"), reverse("admin:marga_model_changelist")


@pytest.fixture
def operator(client):
    """Return a client of an operator."""
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def change_url(row):
    return reverse(f"admin:marga_{row._meta.model_name}_change", args=[row.pk])


def provider_form(provider, **changes):
    return {
        "name": provider.name,
        "kind": provider.kind,
        "base_url": provider.base_url,
        "timeout_seconds": provider.timeout_seconds,
        "is_enabled": "on",
        "new_api_key": "",
    } | changes


def test_a_provider_is_added_with_a_private_address_and_a_key(operator):
    workspace = WorkspaceFactory.create()
    form = {
        "workspace": workspace.pk,
        "name": "inside",
        "kind": "openai",
        "base_url": "http://10.0.0.7/v1",
        "timeout_seconds": "60",
        "is_shared": "on",
        "is_enabled": "on",
        "new_api_key": "sk-canary",
    }

    answer = operator.post(reverse("admin:marga_provider_add"), form)

    assert answer.status_code == 302, answer.context["adminform"].errors
    provider = Provider.objects.get()
    assert provider.api_key.reveal() == "sk-canary"
    assert (provider.is_shared, provider.is_trusted, provider.source) == (True, True, Source.ADMIN)
    assert AuditEntry.objects.filter(action="provider.create").count() == 1


def test_the_key_is_never_shown_and_an_empty_field_keeps_it(operator):
    provider = ProviderFactory.create()

    assert b"sk-upstream-canary" not in operator.get(change_url(provider)).content
    operator.post(change_url(provider), provider_form(provider, name="renamed"))

    provider.refresh_from_db()
    assert (provider.name, provider.api_key.reveal()) == ("renamed", "sk-upstream-canary")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"base_url": "https://elsewhere.example.org/v1"}, "API key again"),
        ({"base_url": "ftp://x"}, "https://"),
        ({"name": "taken"}, "taken"),
        ({"timeout_seconds": "0"}, "greater than"),
    ],
)
def test_what_the_service_refuses_stands_at_the_form(operator, changes, words):
    provider = ProviderFactory.create()
    ProviderFactory.create(workspace=provider.workspace, name="taken")

    answer = operator.post(change_url(provider), provider_form(provider, **changes))

    assert answer.status_code == 200
    assert words in answer.content.decode()
    before = provider.updated_at
    provider.refresh_from_db()
    assert provider.updated_at == before


def test_what_comes_from_the_config_file_cannot_be_changed_or_deleted(operator):
    model = ModelFactory.create(provider__source=Source.CONFIG)

    answer = operator.post(change_url(model.provider), provider_form(model.provider, name="other"))
    assert "config file" in answer.content.decode()
    assert operator.post(reverse("admin:marga_provider_delete", args=[model.provider_id]), {"post": "yes"}).status_code == 403  # fmt: skip
    assert (
        operator.post(reverse("admin:marga_model_delete", args=[model.pk]), {"post": "yes"}).status_code
        == 403
    )

    chosen = {"action": "delete_selected", "_selected_action": [model.provider_id], "post": "yes"}
    operator.post(PROVIDERS, chosen)
    assert Provider.objects.filter(pk=model.provider_id).exists()


def test_a_model_is_added_priced_and_removed(operator):
    provider = ProviderFactory.create()
    form = {
        "provider": provider.pk,
        "name": "fast",
        "upstream_name": "fast-1",
        "tier": "local",
        "is_enabled": "on",
    }

    answer = operator.post(reverse("admin:marga_model_add"), form)
    assert answer.status_code == 302, answer.context["adminform"].errors
    model = Model.objects.get()
    assert (model.workspace_id, model.upstream_name) == (provider.workspace_id, "fast-1")

    operator.post(change_url(model), {**form, "input_usd_per_mtok": "0.25", "output_usd_per_mtok": "1"})
    model.refresh_from_db()
    assert model.is_priced

    operator.post(reverse("admin:marga_model_delete", args=[model.pk]), {"post": "yes"})
    assert not Model.objects.exists()


def test_actions_switch_and_check(operator):
    provider = ProviderFactory.create(base_url="http://127.0.0.1:9/v1", is_trusted=True)

    operator.post(PROVIDERS, {"action": "switch_off", "_selected_action": [provider.pk]})
    provider.refresh_from_db()
    assert not provider.is_enabled

    operator.post(PROVIDERS, {"action": "switch_on", "_selected_action": [provider.pk]})
    answer = operator.post(PROVIDERS, {"action": "check_now", "_selected_action": [provider.pk]}, follow=True)
    provider.refresh_from_db()
    assert (provider.is_enabled, provider.health) == (True, "failing")
    assert "does not answer" in answer.content.decode()


@pytest.mark.parametrize(
    "url", [PROVIDERS, MODELS, f"{PROVIDERS}?q=provider&kind__exact=openai", f"{MODELS}?q=model"]
)
def test_lists_cost_the_same_however_long_they_are(operator, url, django_assert_max_num_queries):
    for _ in range(60):
        ModelFactory.create()

    with django_assert_max_num_queries(12):
        assert operator.get(url).status_code == 200
