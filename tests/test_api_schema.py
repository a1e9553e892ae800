"""Schemathesis asks every route of the OpenAPI document for trouble: no answer may differ from what it says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings, strategies
from rest_framework.renderers import JSONRenderer
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from avyay_site import limits
from avyay_site.api.docs import document

EXAMPLES = 6
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "429", "5xx"]


@pytest.fixture(scope="module")
def secret(django_db_setup, django_db_blocker, servers) -> Iterator[str]:
    """A key of a seeded workspace, in one transaction for the whole module: seeding for each route takes too long."""
    quick = override_settings(
        REDIS_URL=os.environ.get("REDIS_URL") or servers.redis_url,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        API_REQUESTS_PER_MINUTE=1_000_000,
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    )
    with quick, django_db_blocker.unblock(), transaction.atomic(), _connections_stay_open():
        limits.forget()
        out = StringIO()
        call_command("seed", "--json", stdout=out)
        yield json.loads(out.getvalue())["workspaces"][0]["keys"]["full"]
        transaction.set_rollback(True)


@contextmanager
def _connections_stay_open() -> Iterator[None]:
    """Do as Django's test client does: the end of a request must not close the test's transaction."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        yield
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)


def test_the_document_is_openapi_3_1_and_names_every_route_once():
    assert document()["openapi"].startswith("3.1")
    ids = [o["operationId"] for methods in document()["paths"].values() for o in methods.values()]
    assert len(ids) == len(set(ids)) > 20


# Not fetched over HTTP: a request before there is a test database would open a connection to another one.
schema = schemathesis.openapi.from_dict(
    json.loads(JSONRenderer().render(document())),
    config=SchemathesisConfig.from_dict(
        {
            "seed": 20261124,
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "no-shrink": True},
            # A repeated Idempotency-Key with another body is rightly refused.
            "checks": {"positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "422"]}},
        }
    ),
)


schema.app = WSGIHandler()
# Only an answer makes a cursor; the one that can be made up is the empty one of the first page.
schemathesis.openapi.format("cursor", strategies.just(""))


@pytest.mark.django_db
@schema.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_the_document_says(case, secret):
    # A schema cannot say which rows exist, so a well-formed id of a row that does not may be refused.
    refers = isinstance(case.body, dict) and any(name.endswith("_id") for name in case.body)
    excluded = [positive_data_acceptance] if refers else []
    case.call_and_validate(headers={"X-API-Key": secret}, excluded_checks=excluded)
