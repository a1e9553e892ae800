from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from avyay_site import llm
from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import MembershipFactory, WorkspaceFactory
from avyay_site.keys.services import Limits
from avyay_site.keys.tests.factories import issue
from marga.models import DeploymentHealth, KeyRules, Policy, Source
from marga.tests.factories import CredentialFactory, ModelFactory, PolicyFactory
from marga.tests.test_views import use
from marga.tests.traffic import take
from marga.views.keys import budget

pytestmark = pytest.mark.django_db

MODELS = "/app/gateway/models/"
KEYS = "/app/gateway/keys/"
NEW = "/app/gateway/policies/new"


@pytest.fixture
def membership():
    return MembershipFactory.create(role=Role.MEMBER)


@pytest.fixture
def workspace(membership):
    return membership.workspace


@pytest.fixture
def member(client, membership):
    client.force_login(membership.user)
    return client


@pytest.fixture
def demote(membership):
    """Return a function that makes the member a viewer."""

    def demote():
        membership.role = Role.VIEWER
        membership.save()

    return demote


def read(member, url, status=200):
    answer = member.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def test_models_are_shown_with_state_latency_and_the_age_of_their_prices(member, workspace):
    model = ModelFactory.create(
        provider__workspace=workspace, provider__name="near", name="fast", capabilities=["tools"]
    )
    DeploymentHealth.objects.create(
        workspace=workspace, model=model, state="open", reported_at=timezone.now(), requests=9, errors=4
    )
    use(workspace, 1, model_used="fast", provider="near", duration_ms=432)
    CredentialFactory.create(provider__workspace=workspace, name="night", bucket="agents", state="dead")
    CredentialFactory.create(name="of-another")

    text = read(member, MODELS)

    assert ">left out<" in text
    assert "432 ms" in text
    assert "days old" in text
    assert "price unknown" in text
    assert ">refused<" in text
    assert "of-another" not in text
    assert "canary" not in text


@pytest.fixture
def gateway(monkeypatch):
    """Answer in place of the gateway; `said` holds what it was asked, `answer` what it says."""

    class Gateway:
        said: list[object] = []
        answer: object = {
            "model": "fast",
            "provider": "near",
            "explain": "It <b>will</b> do.",
            "order": ["fast"],
        }
        headers = {"x-marga-model": "fast", "x-marga-request-id": "req_12345678", "server": "x"}

        def decide(self, messages, **options):
            self.said.append((messages, options))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        def stream(self, messages, *, told, **options):
            self.said.append((messages, options))
            told(self.headers)
            yield "Gan"
            if isinstance(self.answer, Exception):
                raise self.answer
            yield "ga"

    made = Gateway()
    made.said = []
    monkeypatch.setattr(llm, "for_workspace", lambda workspace_id, **options: made)
    return made


def test_a_prompt_is_decided_without_being_sent(member, gateway, workspace):
    PolicyFactory.create(workspace=workspace, name="nights")
    form = {"model": "auto:nights", "task": "review", "message": "Is this right?"}

    page = member.post(reverse("marga:decide"), form).content.decode()
    fragment = member.post(reverse("marga:decide"), form, headers={"HX-Request": "true"}).content.decode()

    assert gateway.said[0] == (
        [{"role": "user", "content": "Is this right?"}],
        {"model": "auto:nights", "task_type": "review"},
    )
    for text in (page, fragment):
        assert "It would go to" in text
        assert "It &lt;b&gt;will&lt;/b&gt; do." in text
    assert "<h1" in page
    assert "<h1" not in fragment


def test_a_decision_that_fails_says_why(member, gateway):
    gateway.answer = llm.Refused("There is no model of this name.")
    form = {"model": "auto", "message": "Hello"}

    assert "There is no model of this name." in member.post(reverse("marga:decide"), form).content.decode()
    assert (
        "valid choice"
        in member.post(reverse("marga:decide"), {**form, "model": "of-another"}).content.decode()
    )


def test_the_playground_streams_headers_then_text(member, gateway):
    answer = member.post(reverse("marga:stream"), {"model": "auto", "task": "", "message": "Name a river."})

    lines = answer.getvalue().decode().splitlines()
    assert answer["Content-Type"] == "application/x-ndjson"
    assert lines == [
        '{"headers": [["x-marga-model", "fast"], ["x-marga-request-id", "req_12345678"]], "request_id": "req_12345678"}',
        '{"text": "Gan"}',
        '{"text": "ga"}',
    ]


def test_a_stream_that_breaks_says_so_in_its_last_line(member, gateway):
    gateway.answer = llm.Unavailable("The answer broke off.")

    answer = member.post(reverse("marga:stream"), {"model": "auto", "message": "Name a river."})

    assert answer.getvalue().decode().splitlines()[1:] == [
        '{"text": "Gan"}',
        '{"error": "The answer broke off."}',
    ]


def test_the_playground_answers_whole_without_scripts(member, gateway):
    text = member.post("/app/gateway/playground/", {"model": "auto", "message": "<i>river"}).content.decode()

    assert ">Ganga<" in text
    assert "/app/gateway/requests/req_12345678/" in text
    assert "<i>river" not in text
    gateway.answer = llm.BudgetSpent("The budget is used up.")
    again = member.post("/app/gateway/playground/", {"model": "auto", "message": "river"}).content.decode()
    assert "The budget is used up." in again


def test_an_empty_message_is_refused_before_anything_is_called(member, gateway):
    answer = member.post(reverse("marga:stream"), {"model": "auto", "message": ""})

    assert answer.status_code == 400
    assert "required" in answer.json()["error"]
    assert gateway.said == []


def test_the_code_is_asked_for_by_post_so_that_no_prompt_comes_into_an_address(member):
    assert member.get(reverse("marga:code")).status_code == 405
    text = member.post(reverse("marga:code"), {"model": "auto", "message": "It's"}).content.decode()
    assert "messages.create" in text


def test_what_a_call_cost_is_told_once_it_is_recorded(member, workspace):
    key = issue(workspace).key
    url = reverse("marga:cost", args=["req_unknown_1234"])
    assert member.get(url).status_code == 204

    request_id = take(key, "one", at=timezone.now())

    facts = member.get(reverse("marga:cost", args=[request_id])).json()["facts"]
    assert facts == {"Tokens": "12 in, 34 out", "Cost": "$0.00123", "Saved": "$0.00900", "Time": "120 ms"}


@pytest.mark.parametrize("name", ["decide", "stream", "playground", "policy_new"])
def test_viewers_send_and_change_nothing(member, gateway, demote, name):
    demote()

    answer = member.post(reverse(f"marga:{name}"), {"model": "auto", "message": "x"})

    assert answer.status_code == 403
    assert gateway.said == []


def test_a_policy_is_made_changed_and_removed(member, workspace):
    member.post(NEW, {"name": "nights", "document": "tiers: {mid: 0.5}", "save": "1"})
    policy = Policy.objects.get(workspace=workspace)
    url = reverse("marga:policy", args=[policy.pk])
    assert "mid: 0.5" in read(member, url)

    member.post(url, {"name": "nights", "document": "order: latency", "is_default": "on", "save": "1"})
    policy.refresh_from_db()
    assert (policy.document, policy.is_default) == ({"order": "latency"}, True)

    member.post(reverse("marga:policy_delete", args=[policy.pk]))
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("tiers: {mid: 7}", "tiers.mid must be a number from 0 to 1."),
        ("tiers: [", "This is no YAML in line 1"),
        ("- a", "A policy is a mapping"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("description: 2020-01-01", "Use texts, numbers"),
        ("[" * 9000, "Nest at most"),
        ("- " * 9000, "Nest at most"),
    ],
    ids=["wrong value", "no yaml", "no mapping", "alias", "date", "too deep", "too deep in lines"],
)
def test_a_wrong_document_is_named_and_not_saved(member, document, sentence):
    answer = member.post(NEW, {"name": "nights", "document": document, "save": "1"})

    assert sentence in answer.content.decode()
    assert not Policy.objects.exists()


def test_what_a_policy_would_change_is_estimated_without_saving_it(member, workspace):
    key = issue(workspace).key
    for tier, price in (("local", 1), ("frontier", 20)):
        ModelFactory.create(
            provider__workspace=workspace,
            name=f"model-{tier}",
            tier=tier,
            input_usd_per_mtok=Decimal(price),
            output_usd_per_mtok=Decimal(price),
        )
    for number in range(3):
        take(key, f"n{number}", at=timezone.now(), model_used="model-frontier", traced={"tier": "frontier"})

    answer = member.post(NEW, {"name": "thrift", "document": "tiers: {mid: 0.9}", "estimate": "1"})

    text = answer.content.decode()
    assert "3 of 3 calls" in text
    assert "model-local" in text
    assert "What the estimate assumes" in text
    assert not Policy.objects.exists()


def test_a_policy_of_others_is_read_not_changed(member, workspace):
    shared = PolicyFactory.create(is_shared=True, name="house", source=Source.CONFIG)
    theirs = PolicyFactory.create(name="theirs")
    url = reverse("marga:policy", args=[shared.pk])

    assert "Save policy" not in read(member, url)
    member.post(url, {"name": "house", "document": "order: latency", "save": "1"})
    member.post(reverse("marga:policy_delete", args=[shared.pk]))

    shared.refresh_from_db()
    assert shared.document == {"tiers": {"mid": 0.3}}
    read(member, reverse("marga:policy", args=[theirs.pk]), status=404)
    assert "theirs" not in read(member, MODELS)


def test_keys_are_shown_with_how_much_of_their_budget_is_gone(member, workspace):
    key = issue(workspace, name="agents", limits=Limits(monthly_budget_usd=Decimal(10))).key
    issue(workspace, name="reads-only", scopes=["platform:read"])
    issue(WorkspaceFactory.create(), name="of-another")
    use(workspace, 1, key=key, cost_usd=Decimal("8.5"))

    for url in (KEYS, reverse("marga:keys_live")):
        text = read(member, url)
        assert "$8.50" in text
        assert "85 % of the budget is spent" in text
        assert "badge warn" in text
        assert "reads-only" not in text
        assert "of-another" not in text


@pytest.mark.parametrize(
    ("spent", "tone"), [("0", "good"), ("5", "accent"), ("8", "warn"), ("10", "bad"), ("99", "bad")]
)
def test_a_budget_changes_its_tone_at_each_threshold(spent, tone):
    found = budget(Decimal(10), Decimal(spent))

    assert found["tone"] == tone
    assert found["drawn"] <= 100


def test_a_budget_of_nothing_is_used_up_and_no_budget_is_none():
    assert budget(Decimal(0), Decimal(0))["percent"] == 100
    assert budget(None, Decimal(3))["percent"] is None


RULES = {
    "policy": "cheap",
    "quality_target": "0.9",
    "lowest_tier": "local",
    "highest_tier": "mid",
    "allowed_models": "gpt-5*, qwen*\nhaiku",
    "fallbacks": "",
    "cache": "off",
    "cache_ttl_seconds": "60",
    "keeps_content": "",
}


def test_the_rules_of_a_key_are_changed(member, workspace):
    key = issue(workspace).key
    url = reverse("marga:rules", args=[key.pk])
    assert "Save rules" in read(member, url)

    answer = member.post(url, RULES, follow=True)

    rules = KeyRules.objects.get(key=key)
    assert rules.allowed_models == ["gpt-5*", "qwen*", "haiku"]
    assert (rules.policy, rules.quality_target, rules.highest_tier, rules.cache) == (
        "cheap",
        0.9,
        "mid",
        "off",
    )
    assert "3 names" in answer.content.decode()
    assert "gpt-5*\nqwen*\nhaiku" in read(member, url)


def test_rules_that_leave_nothing_are_refused_at_their_field(member, workspace):
    key = issue(workspace).key

    answer = member.post(
        reverse("marga:rules", args=[key.pk]), {**RULES, "lowest_tier": "frontier"}
    ).content.decode()

    assert 'id="id_lowest_tier_error"' in answer
    assert not KeyRules.objects.exists()


def test_rules_of_another_workspaces_key_are_out_of_reach(member, workspace, demote):
    theirs = issue(WorkspaceFactory.create()).key
    ours = issue(workspace).key
    url = reverse("marga:rules", args=[theirs.pk])

    read(member, url, status=404)
    assert member.post(url, RULES).status_code == 404
    demote()
    assert "Save rules" not in read(member, reverse("marga:rules", args=[ours.pk]))
    assert member.post(reverse("marga:rules", args=[ours.pk]), RULES).status_code == 403
    assert not KeyRules.objects.exists()
