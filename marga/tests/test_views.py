from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import MembershipFactory, UserFactory, WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.services import record_usage
from marga import configuring
from marga.models import Health, Kind, Source
from marga.tests.factories import CredentialFactory, ModelFactory, ProviderFactory

pytestmark = pytest.mark.django_db

OVERVIEW = "/app/gateway/"
MODELS = "/app/gateway/models/"
PAGES = ["overview", "requests", "models", "keys", "playground"]
LIVE = ["overview_live", "requests_live", "models_live", "keys_live"]


@pytest.fixture
def membership():
    return MembershipFactory.create(role=Role.VIEWER)


@pytest.fixture
def read(client, membership):
    """Return a function that reads a page as the member."""
    client.force_login(membership.user)

    def read(url=OVERVIEW):
        answer = client.get(url)
        assert answer.status_code == 200
        return answer.content.decode()

    return read


def use(workspace, number, **changes):
    record_usage(
        [
            UsageRecord(
                **{
                    "request_id": f"req_{workspace.slug}_{number}",
                    "workspace": workspace,
                    "occurred_at": timezone.now(),
                    "product": "marga",
                    "action": "chat.completions",
                    "model_requested": "auto",
                    "model_used": f"model-of-{workspace.slug}",
                    "duration_ms": 120,
                    "cost_usd": Decimal("0.25"),
                    **changes,
                }
            )
        ]
    )


def test_an_empty_gateway_says_what_to_do_on_every_page(read):
    assert "Open the playground" in read()
    assert "Open the playground" in read("/app/gateway/requests/")
    assert "Issue a key" in read("/app/gateway/keys/")
    assert "No model can be called yet" in read("/app/gateway/playground/")
    models = read(MODELS)
    assert "Only the sandbox answers" in models
    assert "MARGA_CONFIG" in models


def test_figures_of_this_workspace_are_shown_and_no_others(read, membership):
    use(membership.workspace, 1)
    use(membership.workspace, 2, status=502, error_type="upstream")
    use(membership.workspace, 3, product="raksha", model_used="not-the-gateways")
    use(WorkspaceFactory.create(slug="elsewhere"), 4)

    for url in (OVERVIEW, reverse("marga:overview_live"), f"{OVERVIEW}?range=24h&group=tier"):
        text = read(url)
        assert f"model-of-{membership.workspace.slug}" in text
        assert "model-of-elsewhere" not in text
        assert "not-the-gateways" not in text
        assert "<b>$0.500</b>" in text
        assert "50.0 %" in text


def test_models_and_providers_are_shown_with_price_and_health(read, membership):
    ModelFactory.create(
        provider__workspace=membership.workspace,
        name="priced",
        input_usd_per_mtok=Decimal("0.25"),
        output_usd_per_mtok=Decimal(2),
    )
    ModelFactory.create(
        provider__is_shared=True,
        provider__source=Source.CONFIG,
        provider__health=Health.FAILING,
        name="shared-one",
    )
    ModelFactory.create(name="of-another")

    for url in (MODELS, reverse("marga:models_live")):
        text = read(url)
        assert "$0.25" in text
        assert "shared-one" in text
        assert "price unknown" in text
        assert "config file" in text
        assert ">fails<" in text
        assert "of-another" not in text
        assert "Only the sandbox answers" not in text
        assert "sk-upstream-canary" not in text


def test_a_sandbox_provider_alone_is_still_a_sandbox(read, membership):
    ModelFactory.create(
        provider__workspace=membership.workspace, provider__kind=Kind.SANDBOX, provider__base_url=""
    )

    assert "Only the sandbox answers" in read(MODELS)
    assert "Only the sandbox answers" in read()


def test_only_operators_read_what_is_wrong_with_the_config_file(read, membership, settings, tmp_path):
    path = tmp_path / "marga.yaml"
    path.write_text("provider: []\n")
    settings.MARGA_CONFIG = str(path)

    assert "The config file is broken" in read()
    assert "Whoever runs the platform" in read(MODELS)
    assert str(path) not in read(MODELS)

    membership.user.is_staff = True
    membership.user.save()
    assert str(path) in read(MODELS)
    assert "is unknown" in read(MODELS)
    path.write_text("providers: []\n")
    assert configuring.status().problem == ""


def test_names_from_outside_are_escaped(read, membership):
    ModelFactory.create(
        provider__workspace=membership.workspace, name="<img src=x>", upstream_name="\u202egnp"
    )
    ProviderFactory.create(workspace=membership.workspace, health_detail="<script>", health=Health.FAILING)

    text = read(MODELS)

    assert "<img" not in text
    assert "<script>" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_the_same_however_much_there_is(read, membership, django_assert_max_num_queries, name):
    for number in range(30):
        ModelFactory.create(provider__workspace=membership.workspace)
        CredentialFactory.create(provider__workspace=membership.workspace)
        issue(membership.workspace)
        use(membership.workspace, number)

    with django_assert_max_num_queries(30):
        read(reverse(f"marga:{name}"))


@pytest.mark.parametrize("name", PAGES + LIVE)
def test_strangers_are_asked_to_sign_in(client, name):
    answer = client.get(reverse(f"marga:{name}"))

    assert answer.status_code == 302
    assert "sign-in" in answer["Location"] or "sign_in" in answer["Location"]


def test_somebody_without_a_workspace_is_led_to_one(client):
    client.force_login(UserFactory.create())

    assert client.get(OVERVIEW).status_code == 302
