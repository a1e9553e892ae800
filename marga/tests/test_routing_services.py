from __future__ import annotations

import datetime as dt
import json

import pytest
from django.utils import timezone

from avyay_site.accounts import access
from avyay_site.accounts.access import NotAllowed
from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import MembershipFactory, UserFactory, WorkspaceFactory, access_of
from avyay_site.audit.models import AuditEntry
from avyay_site.keys.services import roll_key
from avyay_site.keys.tests.factories import issue
from avyay_site.usage.models import UsageRecord
from marga import publishing, services
from marga.models import CachePurge, Credential, Feedback, KeyRules, Model, Policy, RequestTrace, Source
from marga.services import UnableToChange
from marga.tests.factories import CredentialFactory, ModelFactory, PolicyFactory, ProviderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return access_of(MembershipFactory.create(role=Role.MEMBER))


@pytest.fixture
def operator(member):
    user = UserFactory.create(is_superuser=True)
    return access_of(MembershipFactory.create(user=user, workspace=member.workspace))


@pytest.fixture
def key(member):
    return issue(member.workspace).key


def snapshot():
    found = publishing.current_snapshot(None, now=timezone.now())
    assert found is not None
    return json.loads(found.body)


def rules_sent(key):
    return next(row["rules"] for row in snapshot()["keys"] if row["id"] == key.pk)


def test_a_member_adds_changes_and_removes_a_credential(member):
    provider = ModelFactory.create(provider__workspace=member.workspace).provider

    credential = services.create_credential(
        by=member, provider=provider, name="agents", api_key="sk-canary", bucket="agents", tokens_per_minute=9
    )
    services.change_credential(by=member, credential=credential, requests_per_minute=3)

    sent = snapshot()["providers"][0]["credentials"][0]
    assert (sent["id"], sent["bucket"], sent["requests_per_minute"], sent["tokens_per_minute"]) == (
        credential.pk,
        "agents",
        3,
        9,
    )
    assert "sk-canary" not in json.dumps(snapshot())
    services.delete_credential(by=member, credential=credential)
    assert snapshot()["providers"][0]["credentials"] == []
    assert "sk-canary" not in str(list(AuditEntry.objects.values_list("detail", "target_name")))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "x"}, "key"),
        ({"name": "taken", "api_key": "sk"}, "already exists"),
        ({"name": "x", "api_key": "sk", "requests_per_minute": 0}, "requests_per_minute"),
        ({"name": "x", "api_key": "sk", "state": "ok"}, "state"),
    ],
)
def test_a_credential_that_cannot_be_is_refused(member, values, words):
    provider = CredentialFactory.create(name="taken", provider__workspace=member.workspace).provider

    with pytest.raises(UnableToChange, match=words):
        services.create_credential(by=member, provider=provider, **values)

    assert Credential.objects.count() == 1


def test_a_new_key_makes_what_was_said_of_the_old_one_void(member):
    credential = CredentialFactory.create(
        provider__workspace=member.workspace, state="dead", state_until=timezone.now()
    )

    services.change_credential(by=member, credential=credential, api_key="sk-new")

    assert (credential.state, credential.state_until) == ("unknown", None)


def test_other_credentials_do_not_travel_to_a_new_address(operator):
    provider = CredentialFactory.create(provider__workspace=operator.workspace).provider

    with pytest.raises(UnableToChange, match="other credentials"):
        services.change_provider(
            by=operator, provider=provider, base_url="https://elsewhere.example.org/v1", api_key="sk-2"
        )


def test_a_price_says_who_entered_it(member):
    model = ModelFactory.create(provider__workspace=member.workspace)

    services.change_model(by=member, model=model, cache_write_usd_per_mtok="1.25", watts=None)

    version = Model.objects.get(pk=model.pk).price_versions.latest("effective_at", "pk")
    assert (version.priced_by, version.source) == (member.actor, "admin")


def test_policies_are_checked_and_one_is_the_default(member, key):
    first = services.create_policy(
        by=member, name="thrifty", document={"tiers": {"mid": 0.5}}, is_default=True
    )
    assert rules_sent(key)["policy"] == "thrifty"

    services.create_policy(by=member, name="strict", document={}, is_default=True)

    first.refresh_from_db()
    assert (first.is_default, rules_sent(key)["policy"]) == (False, "strict")
    assert {row["name"]: row["workspace_id"] for row in snapshot()["policies"]} == {
        "thrifty": member.workspace_id,
        "strict": member.workspace_id,
    }


@pytest.mark.parametrize(
    ("name", "document", "words"),
    [
        ("x", {"tiers": {"mid": 2}}, "tiers.mid"),
        ("x", [], "mapping"),
        ("Not A Name", {}, "name"),
        ("x", {"description": "y" * 30_000}, "20000"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_field(member, name, document, words):
    assert words in services.problem_of_policy(name, document)
    with pytest.raises(UnableToChange, match=words):
        services.create_policy(by=member, name=name, document=document)
    assert not Policy.objects.exists()


def test_only_operators_share_policies_and_a_shared_default_holds_for_all(member, operator):
    with pytest.raises(NotAllowed, match="operators"):
        services.create_policy(by=member, name="house", document={}, is_shared=True)

    services.create_policy(by=operator, name="house", document={}, is_shared=True, is_default=True)

    other = issue(WorkspaceFactory.create()).key
    assert rules_sent(other)["policy"] == "house"
    assert snapshot()["policies"][0]["workspace_id"] is None


def test_rules_are_put_in_place_of_those_before(member, key):
    PolicyFactory.create(workspace=member.workspace, name="night")
    services.set_rules(by=member, key=key, policy="night", allowed_models=["gpt-*"], lowest_tier="mid")

    services.set_rules(by=member, key=key, highest_tier="mid", cache="semantic", quality_target=0.9)

    assert KeyRules.objects.count() == 1
    assert rules_sent(key) == {
        "policy": "",
        "allowed_models": [],
        "lowest_tier": 0,
        "highest_tier": 1,
        "quality_target": 0.9,
        "fallbacks": [],
        "cache": "semantic",
        "cache_ttl_seconds": 3600,
        "keeps_content": False,
    }
    assert AuditEntry.objects.filter(action="key_rules.set").count() == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lowest_tier": "frontier", "highest_tier": "mid"}, "lowest_tier"),
        ({"lowest_tier": "huge"}, "lowest_tier"),
        ({"policy": "unheard-of"}, "unheard-of"),
        ({"quality_target": 1.5}, "quality_target"),
        ({"cache_ttl_seconds": 0}, "cache_ttl_seconds"),
        ({"allowed_models": ["x"] * 51}, "allowed_models"),
        ({"fallbacks": ["x" * 201]}, "fallbacks"),
    ],
)
def test_rules_that_cannot_be_are_refused(member, key, values, words):
    with pytest.raises(UnableToChange, match=words):
        services.set_rules(by=member, key=key, **values)

    assert not KeyRules.objects.exists()


def test_built_in_policies_can_be_named(member, key):
    assert services.set_rules(by=member, key=key, policy="cheap").policy == "cheap"


def test_a_rolled_key_keeps_its_rules_until_it_has_its_own(member, key):
    owner = access.for_system(member.workspace)
    services.set_rules(by=member, key=key, allowed_models=["gpt-*"])
    successor = roll_key(by=owner, key=key, now=timezone.now()).key
    successor = roll_key(by=owner, key=successor, now=timezone.now()).key

    assert rules_sent(successor)["allowed_models"] == ["gpt-*"]
    assert services.rules_of(successor).allowed_models == ["gpt-*"]
    services.set_rules(by=member, key=successor, allowed_models=["claude-*"])
    assert rules_sent(successor)["allowed_models"] == ["claude-*"]
    assert rules_sent(key)["allowed_models"] == ["gpt-*"]


def test_feedback_keeps_what_routed_the_call_and_is_replaced_by_the_same_person(member, now):
    request = UsageRecord.objects.create(
        request_id="req_00000001",
        workspace=member.workspace,
        product="marga",
        action="x",
        model_used="small",
        occurred_at=now,
    )
    RequestTrace.objects.create(
        workspace=member.workspace, request_id="req_00000001", occurred_at=now, tier="mid", task="review"
    )

    services.give_feedback(by=member, request=request, rating=1, now=now)
    services.give_feedback(by=member, request=request, rating=-1, comment="wrong", now=now)

    stored = Feedback.objects.get()
    assert (stored.rating, stored.comment, stored.model, stored.tier, stored.task) == (
        -1,
        "wrong",
        "small",
        "mid",
        "review",
    )


def test_a_purge_of_everything_takes_the_place_of_those_before(member, now):
    RequestTrace.objects.create(
        workspace=member.workspace, request_id="req_00000001", occurred_at=now, cache_identity="ab" * 16
    )
    services.purge_cache(by=member, request_id="req_00000001", now=timezone.now())
    assert [(row["workspace_id"], row["identity"]) for row in snapshot()["purges"]] == [
        (member.workspace_id, "ab" * 16)
    ]

    services.purge_cache(by=member, now=timezone.now())

    assert [row["identity"] for row in snapshot()["purges"]] == [None]


def test_too_many_purges_become_one_of_everything(member, now, monkeypatch):
    monkeypatch.setattr(services.answers, "MOST_PURGES", 1)
    RequestTrace.objects.create(
        workspace=member.workspace, request_id="req_00000001", occurred_at=now, cache_identity="ab" * 16
    )
    for _ in range(2):
        services.purge_cache(by=member, request_id="req_00000001", now=now)

    assert CachePurge.objects.get().identity == ""


def test_an_old_purge_leaves_the_snapshot(member):
    CachePurge.objects.create(workspace=member.workspace, purged_at=timezone.now() - dt.timedelta(days=8))

    assert snapshot()["purges"] == []


def test_a_request_that_left_no_answer_purges_nothing(member, now):
    with pytest.raises(UnableToChange, match="left no answer"):
        services.purge_cache(by=member, request_id="req_unknown1", now=now)

    assert not CachePurge.objects.exists()


def test_a_viewer_changes_nothing(member, key, now):
    viewer = access_of(MembershipFactory.create(role=Role.VIEWER, workspace=member.workspace))
    credential = CredentialFactory.create(provider__workspace=member.workspace)
    policy = PolicyFactory.create(workspace=member.workspace)
    request = UsageRecord(request_id="req_1", workspace=member.workspace)

    for act in (
        lambda: services.create_credential(by=viewer, provider=credential.provider, name="x", api_key="y"),
        lambda: services.change_credential(by=viewer, credential=credential, name="x"),
        lambda: services.delete_credential(by=viewer, credential=credential),
        lambda: services.create_policy(by=viewer, name="x", document={}),
        lambda: services.change_policy(by=viewer, policy=policy, name="x"),
        lambda: services.delete_policy(by=viewer, policy=policy),
        lambda: services.set_rules(by=viewer, key=key),
        lambda: services.give_feedback(by=viewer, request=request, rating=1, now=now),
        lambda: services.purge_cache(by=viewer, now=now),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_what_comes_from_the_config_file_is_changed_there(member):
    provider = ProviderFactory.create(workspace=member.workspace, source=Source.CONFIG)
    credential = CredentialFactory.create(provider=provider)
    policy = PolicyFactory.create(workspace=member.workspace, source=Source.CONFIG)

    for act in (
        lambda: services.create_credential(by=member, provider=provider, name="x", api_key="y"),
        lambda: services.change_credential(by=member, credential=credential, name="x"),
        lambda: services.delete_credential(by=member, credential=credential),
        lambda: services.change_policy(by=member, policy=policy, name="x"),
        lambda: services.delete_policy(by=member, policy=policy),
    ):
        with pytest.raises(UnableToChange, match="config file"):
            act()
