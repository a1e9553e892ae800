from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.usage.models import UsageRecord
from marga.models import RequestTrace, Tier
from marga.tests.factories import ModelFactory, ProviderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return WorkspaceFactory.create(slug="night")


@pytest.fixture
def provider(workspace):
    found = ProviderFactory.create(workspace=workspace, name="home")
    for name, tier, price in (("small", Tier.LOCAL, "0.1"), ("big", Tier.FRONTIER, "5")):
        ModelFactory.create(
            provider=found,
            name=name,
            tier=tier,
            input_usd_per_mtok=Decimal(price),
            output_usd_per_mtok=Decimal(price),
        )
    return found


def answered(workspace, number=0, *, status=200, action="chat.completions", **trace):
    """Store one call that the big model answered."""
    moment = trace.pop("occurred_at", timezone.now())
    shared = {"workspace": workspace, "request_id": f"req-{workspace.slug}-{number}", "occurred_at": moment}
    UsageRecord.objects.create(
        **shared,
        product="marga",
        action=action,
        status=status,
        model_requested="auto",
        model_used="big",
        provider="home",
        input_tokens=1_000,
        output_tokens=1_000,
        cost_usd=Decimal("0.01"),
    )
    known = {
        "protocol": "chat",
        "policy": "best",
        "tier": "frontier",
        "need": 0.1,
        "reason": "need>=frontier",
    }
    RequestTrace.objects.create(**shared, **(known | trace))


def replayed(policy="auto", *arguments):
    out = StringIO()
    call_command("marga_replay", "--policy", str(policy), *arguments, stdout=out)
    return out.getvalue()


def test_stored_calls_are_decided_again_and_the_difference_is_printed(workspace, provider):
    for number in range(4):
        answered(workspace, number)

    printed = replayed()

    assert "4 of 4 calls decided again, 4 by another model" in printed
    assert "0.0400" in printed
    assert "0.0008 USD: saves 98.0%" in printed
    assert "100.0% → 90.0% of answers suffice: -10.0 points" in printed
    assert "4 × big → small" in printed
    assert "Assumed:" in printed


def test_a_policy_comes_from_a_file_and_the_report_can_be_json(workspace, provider, tmp_path):
    answered(workspace)
    path = tmp_path / "new.yaml"
    path.write_text("quality_target: 1.0\n")

    report = json.loads(replayed(path, "--json"))

    assert report["tiers_after"] == {"local": 0, "mid": 0, "frontier": 1}
    assert report["changed"] == 0


def test_only_calls_that_were_routed_answered_and_lately_are_read(workspace, provider):
    answered(workspace, 1)
    answered(workspace, 2, status=502)
    answered(workspace, 3, action="shadow")
    answered(workspace, 4, occurred_at=timezone.now() - timedelta(days=9))
    answered(workspace, 5, reason="locked:thinking")
    answered(workspace, 6, cache="exact")

    report = json.loads(replayed("auto", "--json"))

    assert (report["requests"], report["decided"]) == (3, 1)
    assert report["left_alone"] == {"answered from a cache": 1, "bound to its model": 1}


def test_a_workspace_is_decided_with_its_own_models_and_can_be_read_alone(workspace, provider):
    answered(workspace)
    other = WorkspaceFactory.create(slug="day")
    answered(other)

    assert json.loads(replayed("auto", "--json", "--workspace", "night"))["requests"] == 1
    # The other workspace has no model of its own: the sandbox would answer.
    assert {change["to"] for change in json.loads(replayed("auto", "--json"))["changes"]} == {
        "small",
        "sandbox",
    }


def test_the_number_of_queries_does_not_grow_with_the_calls(
    workspace, provider, django_assert_max_num_queries
):
    for number in range(30):
        answered(workspace, number)

    with django_assert_max_num_queries(20):
        replayed()


def test_without_calls_it_says_so(db):
    assert "Of 0 calls none would be decided" in replayed()


@pytest.mark.parametrize(
    ("text", "message"),
    [("tiers: [", "is not YAML"), ("tier: {}", "tier is unknown"), ("7", "must be a mapping")],
    ids=["no yaml", "unknown field", "no mapping"],
)
def test_a_wrong_policy_is_refused_with_its_fault(tmp_path, text, message):
    path = tmp_path / "new.yaml"
    path.write_text(text)

    with pytest.raises(CommandError, match=message):
        replayed(path)


def test_a_missing_file_an_unknown_workspace_and_no_days_are_refused():
    with pytest.raises(CommandError, match="cannot be read"):
        replayed("no-such-file.yaml")
    with pytest.raises(CommandError, match="no workspace 'gone'"):
        replayed("auto", "--workspace", "gone")
    with pytest.raises(CommandError, match="at least 1"):
        replayed("auto", "--days", "0")
    with pytest.raises(CommandError, match="at most"):
        replayed("auto", "--days", "99999999999")
