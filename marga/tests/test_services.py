from __future__ import annotations

from decimal import Decimal

import pytest

from avyay_site import outbound
from avyay_site.accounts import access
from avyay_site.accounts.access import NotAllowed
from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import MembershipFactory, UserFactory, access_of
from avyay_site.audit.models import AuditEntry
from marga import services
from marga.models import Kind, Model, Provider, Source, Tier
from marga.services import UnableToChange
from marga.tests.factories import ModelFactory, ProviderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return access_of(MembershipFactory.create(role=Role.MEMBER))


@pytest.fixture
def operator(member):
    return access_of(
        MembershipFactory.create(user=UserFactory.create(is_superuser=True), workspace=member.workspace)
    )


@pytest.fixture
def public_dns(monkeypatch):
    """Have every name lead to a public address."""
    monkeypatch.setattr(outbound, "_look_up", lambda *_: ["93.184.216.34"])


def test_a_member_adds_a_provider_and_a_model(member, public_dns):
    provider = services.create_provider(
        by=member, name="mine", kind="openai", base_url="https://models.example.org/v1", api_key="sk-canary"
    )
    model = services.create_model(
        by=member, provider=provider, name="fast", input_usd_per_mtok=Decimal("0.1")
    )

    provider.refresh_from_db()
    assert provider.api_key.reveal() == "sk-canary"
    assert (provider.source, provider.is_trusted, provider.is_shared) == (Source.ADMIN, False, False)
    assert (model.upstream_name, model.workspace_id, model.tier) == ("fast", member.workspace_id, Tier.MID)
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"provider.create", "model.create"}
    assert "sk-canary" not in str(list(AuditEntry.objects.values_list("detail", "target_name")))


def test_the_usual_address_of_a_kind_is_filled_in(operator):
    assert (
        services.create_provider(by=operator, name="local", kind="ollama").base_url
        == "http://127.0.0.1:11434"
    )
    assert services.create_provider(by=operator, name="play", kind="sandbox").base_url == ""


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:11434", "http://169.254.169.254/latest", "http://10.0.0.7/v1", "http://[::1]/v1", "http://0x7f000001/", "http://localhost/v1"],
)  # fmt: skip
def test_a_members_provider_may_not_lie_in_a_private_network_and_an_operators_may(member, operator, url):
    with pytest.raises(UnableToChange):
        services.create_provider(by=member, name="inside", kind="openai", base_url=url)

    assert services.create_provider(by=operator, name="inside", kind="openai", base_url=url).is_trusted


def test_a_key_is_no_operator(member, operator):
    by = access.Access(workspace=member.workspace, role=Role.OWNER, user=operator.user)

    assert services.is_operator(by)
    assert not services.is_operator(member)
    assert services.is_operator(access.for_system(member.workspace))


def test_only_operators_share(member, operator):
    provider = ProviderFactory.create(workspace=member.workspace)

    with pytest.raises(NotAllowed, match="operators"):
        services.change_provider(by=member, provider=provider, is_shared=True)

    assert services.change_provider(by=operator, provider=provider, is_shared=True).is_shared


def test_a_viewer_changes_nothing(member):
    viewer = access_of(MembershipFactory.create(role=Role.VIEWER, workspace=member.workspace))
    model = ModelFactory.create(workspace=member.workspace, provider__workspace=member.workspace)

    for act in (
        lambda: services.create_provider(by=viewer, name="x", kind="sandbox"),
        lambda: services.change_provider(by=viewer, provider=model.provider, name="x"),
        lambda: services.delete_provider(by=viewer, provider=model.provider),
        lambda: services.create_model(by=viewer, provider=model.provider, name="x"),
        lambda: services.change_model(by=viewer, model=model, name="x"),
        lambda: services.delete_model(by=viewer, model=model),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert (Provider.objects.count(), Model.objects.count()) == (1, 1)


def test_a_stored_key_is_not_sent_to_a_new_address(member, public_dns):
    provider = ProviderFactory.create(workspace=member.workspace, is_trusted=True)

    with pytest.raises(UnableToChange, match="API key again"):
        services.change_provider(by=member, provider=provider, base_url="https://elsewhere.example.org/v1")

    changed = services.change_provider(
        by=member, provider=provider, base_url="https://elsewhere.example.org/v1", api_key="sk-new"
    )
    assert not changed.is_trusted


@pytest.mark.parametrize("source", [Source.CONFIG, Source.ENVIRONMENT])
def test_what_comes_from_elsewhere_is_changed_there(member, source):
    provider = ProviderFactory.create(workspace=member.workspace, source=source)

    with pytest.raises(UnableToChange, match="comes from"):
        services.change_provider(by=member, provider=provider, name="x")
    with pytest.raises(UnableToChange, match="comes from"):
        services.delete_provider(by=member, provider=provider)


def test_a_provider_of_the_environment_may_be_switched_off_and_its_models_priced(member):
    model = ModelFactory.create(provider__workspace=member.workspace, provider__source=Source.ENVIRONMENT)

    services.change_provider(by=member, provider=model.provider, is_enabled=False)
    services.change_model(
        by=member, model=model, input_usd_per_mtok=Decimal(1), output_usd_per_mtok=Decimal(2)
    )

    model.refresh_from_db()
    assert model.is_priced
    assert not model.provider.is_enabled


def test_a_taken_name_is_explained(member):
    model = ModelFactory.create(provider__workspace=member.workspace, provider__name="mine")

    with pytest.raises(UnableToChange, match=r"taken|already exists"):
        services.create_provider(by=member, name="mine", kind=Kind.SANDBOX)
    with pytest.raises(UnableToChange, match=r"taken|already exists"):
        services.create_model(by=member, provider=model.provider, name=model.name)


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "nope"},
        {"name": "a b"},
        {"timeout_seconds": 0},
        {"workspace_id": "x"},
        {"base_url": "nonsense"},
    ],
)
def test_wrong_values_are_refused_with_a_sentence(operator, values):
    with pytest.raises(UnableToChange, match="."):
        services.create_provider(by=operator, **({"name": "x", "kind": "openai"} | values))


def test_a_negative_price_is_refused(member):
    provider = ProviderFactory.create(workspace=member.workspace)

    with pytest.raises(UnableToChange, match="input_usd_per_mtok"):
        services.create_model(by=member, provider=provider, name="x", input_usd_per_mtok=Decimal(-1))
