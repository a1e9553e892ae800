"""Liveness and readiness."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from avyay_site import health


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(health, "_migrated_databases", set())


@pytest.fixture
def _redis_up(settings, redis_server):
    settings.REDIS_URL = redis_server


@pytest.fixture
def _redis_away(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"


@pytest.fixture
def _database_away(monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("away")

    monkeypatch.setattr(connection, "cursor", refuse)


def test_the_process_lives_without_asking_anybody(client):
    """Without the mark for it, any query here would fail the test."""
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.usefixtures("_redis_up")
def test_all_up_is_ready(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "redis": "ok"}}


@pytest.mark.django_db
@pytest.mark.usefixtures("_redis_away")
def test_without_redis_it_is_degraded_but_serves(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["checks"]["redis"]) == ("degraded", "down")


@pytest.mark.django_db
@pytest.mark.usefixtures("_redis_up", "_database_away")
def test_without_the_database_it_is_not_ready(client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "down", "migrations": "unknown", "redis": "ok"}


@pytest.mark.django_db
@pytest.mark.usefixtures("_redis_up")
def test_a_missing_migration_is_not_ready_until_it_is_applied(client):
    MigrationRecorder.Migration.objects.filter(app="notifications").delete()

    assert client.get("/readyz").json()["checks"]["migrations"] == "missing"


@pytest.mark.django_db
@pytest.mark.usefixtures("_redis_up")
def test_ready_again_costs_one_query(client, django_assert_num_queries):
    client.get("/readyz")

    with django_assert_num_queries(1):
        client.get("/readyz")
