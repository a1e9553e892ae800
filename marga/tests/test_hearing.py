from __future__ import annotations

import datetime as dt
import json

import pytest
from django.conf import settings

from avyay_site import crypto
from marga import hearing, publishing
from marga.models import Credential, CredentialState, DeploymentHealth, Health, Provider
from marga.tests.factories import CredentialFactory, ModelFactory, ProviderFactory

pytestmark = pytest.mark.django_db

REPORT = "/internal/gateway/report"


@pytest.fixture
def send(client):
    def send(content):
        bearer = {"Authorization": f"Bearer {crypto.internal_token(settings.ENCRYPTION_KEYS)}"}
        body = content if isinstance(content, str) else json.dumps(content)
        return client.post(REPORT, body, content_type="application/json", headers=bearer)

    return send


def deployment(model, **changes):
    return {
        "id": model.pk,
        "state": "ok",
        "latency_ms": 120.5,
        "ttft_ms": None,
        "requests": 9,
        "errors": 1,
    } | changes


def test_how_credentials_and_models_fare_is_noted_without_a_new_snapshot(send, now):
    credential, model = CredentialFactory.create(), ModelFactory.create()
    before = publishing._fingerprint(now)

    answer = send(
        {
            "credentials": [{"id": credential.pk, "state": "dead", "until": "2026-03-02T09:35:00+00:00"}],
            "deployments": [deployment(model, state="open")],
        }
    )

    assert answer.json() == {"credentials": 1, "deployments": 1}
    credential.refresh_from_db()
    assert (credential.state, credential.state_until) == (
        CredentialState.DEAD,
        dt.datetime(2026, 3, 2, 9, 35, tzinfo=dt.UTC),
    )
    health = DeploymentHealth.objects.get(model=model)
    assert (health.state, health.latency_ms, health.requests, health.workspace_id) == (
        "open",
        120.5,
        9,
        model.workspace_id,
    )
    assert publishing._fingerprint(now) == before


def test_a_later_report_takes_the_place_of_the_first(send):
    model = ModelFactory.create()

    send({"deployments": [deployment(model)]})
    send({"deployments": [deployment(model, state="trying", requests=20)]})

    health = DeploymentHealth.objects.get()
    assert (health.state, health.requests) == ("trying", 20)


def test_a_providers_own_key_that_is_refused_is_shown_on_the_provider(send):
    provider = ProviderFactory.create()

    send({"credentials": [{"id": provider.pk, "state": "dead", "until": None}]})

    provider.refresh_from_db()
    assert (provider.health, provider.health_detail) == (Health.FAILING, hearing.REFUSED)


def test_rows_that_are_wrong_or_of_what_is_gone_are_passed_over(send):
    model = ModelFactory.create()

    answer = send(
        {
            "credentials": [{"id": "cred_gone", "state": "ok", "until": None}, {"id": 7}, "x"],
            "deployments": [deployment(model, latency_ms=-1), {"id": "gone"}, deployment(model)],
        }
    )

    assert answer.json() == {"credentials": 0, "deployments": 1}
    assert not Credential.objects.exists()


def test_workspaces_hear_a_bell_when_something_changed_and_only_then(
    send, monkeypatch, django_capture_on_commit_callbacks
):
    rung: list[str] = []
    monkeypatch.setattr("avyay_site.live.ring", lambda workspace_id, topic: rung.append(workspace_id))
    model = ModelFactory.create()

    for state in ("ok", "open", "open"):
        send({"deployments": [deployment(model, state=state)]})

    assert rung == [model.workspace_id]


@pytest.mark.parametrize("body", ["[]", "{", '{"credentials": {}}', '{"more": []}'])
def test_a_body_that_is_no_report_is_refused(send, body):
    assert send(body).status_code == 400


def test_a_report_without_end_is_refused(send):
    assert send({"credentials": [1] * (hearing.MOST_ROWS + 1)}).status_code == 413


def test_only_the_gateway_reports(client):
    assert client.post(REPORT, "{}", content_type="application/json").status_code == 401
    assert not Provider.objects.exists()
