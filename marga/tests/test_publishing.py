from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.conf import settings
from django.db.models import F

from avyay_site import crypto
from avyay_site.accounts import access
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.services import Limits, revoke_key
from avyay_site.keys.tests.factories import issue
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.services import record_usage
from marga import publishing
from marga.models import KeyRules, Model, Provider
from marga.tests.factories import ModelFactory, ProviderFactory

pytestmark = pytest.mark.django_db


def content(now):
    snapshot = publishing.current_snapshot(None, now=now)
    assert snapshot is not None
    return json.loads(snapshot.body)


@pytest.fixture
def etag(now):
    """Return a function that tells the snapshot's ETag, as another web process would see it or not."""

    def etag():
        snapshot = publishing.current_snapshot(None, now=now)
        assert snapshot is not None
        return snapshot.etag

    return etag


def test_the_snapshot_has_what_the_gateway_needs(now):
    model = ModelFactory.create(
        name="fast", upstream_name="fast-2026", input_usd_per_mtok=Decimal("0.250000"), context_window=8000
    )
    issued = issue(model.workspace, now=now, limits=Limits(requests_per_minute=7), scopes=["marga:call"])

    found = content(now)

    assert (found["format"], found["baseline"], found["built_at"]) == (2, None, now.isoformat())
    assert found["keys"] == [
        {
            "id": issued.key.pk,
            "digest": issued.key.digest,
            "workspace_id": model.workspace_id,
            "name": "test key",
            "scopes": ["marga:call"],
            "bucket": "people",
            "requests_per_minute": 7,
            "tokens_per_minute": None,
            "concurrency": None,
            "monthly_budget_usd": None,
            "expires_at": None,
            "spent_usd": "0",
            "rules": {
                "policy": "",
                "allowed_models": [],
                "lowest_tier": 0,
                "highest_tier": 2,
                "quality_target": None,
                "fallbacks": [],
                "cache": KeyRules().cache,
                "cache_ttl_seconds": 3600,
                "keeps_content": False,
            },
        }
    ]
    assert (found["policies"], found["purges"], found["sampling"]) == ([], [], {})
    assert found["models"] == [
        {
            "id": model.pk,
            "name": "fast",
            "provider_id": model.provider_id,
            "upstream_name": "fast-2026",
            "tier": "mid",
            "capabilities": [],
            "context_window": 8000,
            "max_output_tokens": None,
            "input_usd_per_mtok": "0.25",
            "output_usd_per_mtok": None,
            "cached_input_usd_per_mtok": None,
            "cache_write_usd_per_mtok": None,
            "reasoning_usd_per_mtok": None,
            "usd_per_second": None,
            "is_local": False,
            "quality": None,
            "price_id": model.price_versions.get().pk,
        }
    ]


def test_provider_keys_leave_encrypted_and_secrets_of_keys_not_at_all(now):
    provider = ModelFactory.create().provider
    issued = issue(provider.workspace, now=now)

    snapshot = publishing.current_snapshot(None, now=now)

    assert snapshot is not None
    assert b"sk-upstream-canary" not in snapshot.body
    assert issued.secret.encode() not in snapshot.body
    token = json.loads(snapshot.body)["providers"][0]["api_key"]
    assert crypto.decrypt(token, settings.ENCRYPTION_KEYS) == "sk-upstream-canary"


def test_what_is_disabled_or_has_no_models_or_is_revoked_stays_out(now, frozen_clock):
    ModelFactory.create(is_enabled=False)
    ModelFactory.create(provider__is_enabled=False)
    ProviderFactory.create()
    workspace = WorkspaceFactory.create()
    revoke_key(by=access.for_system(workspace), key=issue(workspace, now=now).key, now=now)
    issue(workspace, now=now, expires_at=now + dt.timedelta(seconds=1))

    found = content(now + dt.timedelta(seconds=2))

    assert (found["keys"], found["providers"], found["models"]) == ([], [], [])


def test_a_known_etag_is_confirmed_without_reading_the_rows(now, etag, django_assert_num_queries):
    ModelFactory.create()
    known = etag()

    with django_assert_num_queries(1):
        assert publishing.current_snapshot(known, now=now) is None


CHANGES = {
    "a model is saved": lambda model: model.save(),
    "a price is updated by a query": lambda model: Model.objects.filter(pk=model.pk).update(tier="local"),
    "a provider is updated by a query": lambda model: Provider.objects.update(
        timeout_seconds=F("timeout_seconds") + 1
    ),
    "a field of a provider is saved": lambda model: model.provider.save(update_fields=["name"]),
    "a provider is deleted": lambda model: model.provider.delete(),
    "a model is added": lambda model: ModelFactory.create(provider=model.provider),
    "a key is issued": lambda model: issue(model.workspace),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_noticed(change, now, django_assert_num_queries):
    model = ModelFactory.create()
    before = publishing._fingerprint(now)

    change(Model.objects.select_related("provider", "workspace").get(pk=model.pk))

    assert publishing._fingerprint(now) != before


def test_a_revoked_key_is_noticed_even_within_the_same_microsecond(now, frozen_clock, etag):
    workspace = WorkspaceFactory.create()
    key = issue(workspace, now=now).key
    before = etag()

    revoke_key(by=access.for_system(workspace), key=key, now=key.updated_at)

    assert etag() != before


def test_spend_of_keys_with_a_budget_is_in_it_and_begins_anew_each_month(now, etag):
    key = issue(WorkspaceFactory.create(), now=now, limits=Limits(monthly_budget_usd=Decimal("12.50"))).key
    before = etag()
    record_usage(
        [
            UsageRecord(
                request_id="req_1",
                occurred_at=now,
                workspace_id=key.workspace_id,
                key_id=key.pk,
                product="marga",
                action="chat.completions",
                cost_usd=Decimal("1.25"),
            )
        ]
    )

    assert etag() != before
    row = content(now)["keys"][0]
    assert (row["monthly_budget_usd"], row["spent_usd"]) == ("12.5", "1.25")
    assert content(now + dt.timedelta(days=31))["keys"][0]["spent_usd"] == "0"


def test_two_web_processes_give_the_same_etag_for_the_same_rows(now, etag):
    ModelFactory.create()
    first = etag()
    publishing.forget()

    again = publishing.current_snapshot(first, now=now + dt.timedelta(seconds=1))

    assert again is None
