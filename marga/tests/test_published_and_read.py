"""What the web process publishes, the gateway reads: the two halves of the snapshot are held together here."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone

from avyay_site.accounts import access
from avyay_site.keys.tests.factories import issue
from marga import publishing, services
from marga.gateway import snapshot
from marga.models import Defaults, Kind
from marga.tests.factories import CredentialFactory, ModelFactory, PolicyFactory, ProviderFactory

pytestmark = pytest.mark.django_db


def read():
    published = publishing.current_snapshot(None, now=timezone.now())
    assert published is not None
    return snapshot.parse(
        json.loads(published.body), etag=published.etag, encryption_keys=settings.ENCRYPTION_KEYS
    )


def test_prices_of_all_kinds_and_their_version_arrive():
    Defaults.objects.create(pk=1, tariff_usd_per_kwh=Decimal("0.36"), baseline="m")
    model = ModelFactory.create(
        name="m",
        input_usd_per_mtok=Decimal(1),
        output_usd_per_mtok=Decimal(2),
        cached_input_usd_per_mtok=Decimal("0.1"),
        cache_write_usd_per_mtok=Decimal("1.25"),
        reasoning_usd_per_mtok=Decimal(3),
        watts=Decimal(100),
    )

    found = read()

    [deployment] = found.deployments
    assert found.baseline == "m"
    assert tuple(deployment.price) == (1, 2, Decimal("0.1"), Decimal("1.25"), 3, Decimal("0.00001"))
    assert deployment.price_id == model.price_versions.get().pk


def test_what_only_makes_embeddings_is_never_asked_to_talk():
    provider = ProviderFactory.create(kind=Kind.OLLAMA)
    ModelFactory.create(provider=provider, name="embedder", capabilities=["embeddings"])
    ModelFactory.create(provider=provider, name="talker", capabilities=["tools"])

    spoken = {deployment.name: deployment.candidate.protocols for deployment in read().deployments}

    assert spoken["embedder"] == ("embeddings",)
    assert {"chat", "embeddings"} <= set(spoken["talker"])


def test_rules_policies_credentials_and_purges_arrive():
    credential = CredentialFactory.create(bucket="agents", requests_per_minute=7)
    ModelFactory.create(provider=credential.provider)
    workspace = credential.workspace
    by = access.for_system(workspace)
    key = issue(workspace).key
    PolicyFactory.create(workspace=workspace, name="night", document={"tiers": {"mid": 0.5}})
    services.set_rules(
        by=by, key=key, policy="night", allowed_models=["gpt-*"], lowest_tier="mid", cache="off"
    )
    services.purge_cache(by=by, now=timezone.now())

    found = read()

    [sent] = found.keys.values()
    assert (sent.rules.policy, sent.rules.allowed_models, sent.rules.lowest_tier) == ("night", ("gpt-*",), 1)
    assert [(workspace_id, policy.name) for workspace_id, policy in found.policies] == [
        (workspace.pk, "night")
    ]
    [account] = [one for one in found.deployments[0].provider.credentials if one.bucket == "agents"]
    assert (account.api_key, account.requests_per_minute) == ("sk-credential-canary", 7)
    assert [(purge.workspace_id, purge.identity) for purge in found.purges] == [(workspace.pk, None)]
