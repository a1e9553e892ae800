"""Who gets in, who does not, and what it costs to find out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avyay_site import limits
from avyay_site.accounts.access import for_system
from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import PASSWORD, MembershipFactory, UserFactory, WorkspaceFactory
from avyay_site.ids import new_id
from avyay_site.keys.auth import WRONG_KEYS_PER_MINUTE
from avyay_site.keys.format import generate
from avyay_site.keys.models import ApiKey
from avyay_site.keys.services import Limits, revoke_key
from avyay_site.keys.tests.factories import issue, sample_key

pytestmark = pytest.mark.django_db

MALFORMED = [
    "",
    "Bearer",
    "Bearer ",
    "Basic dXNlcjpwYXNz",
    "Bearer avy_live_" + "a" * 36,
    f"Bearer {sample_key()}x",
    f"Bearer  {sample_key()}",
    f"Token {sample_key()}",
    "Bearer ' OR 1=1 --",
    "Bearer " + "a" * 5000,
    "Bearer \u0661\u0662",
    sample_key(),
]


@pytest.fixture(autouse=True)
def _fresh_limits(settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()


@pytest.fixture
def workspace():
    return WorkspaceFactory.create()


def ask(authorization: str, **headers: str):
    # An address of its own: other tests try wrong keys too, and their counters are in the same Redis.
    client = Client(REMOTE_ADDR=new_id("address"))
    return client.get("/api/v1/me", headers={"Authorization": authorization, **headers})


def without_ids(response) -> dict[str, Any]:
    return {**response.json(), "request_id": ""}


def test_both_headers_let_a_key_in(workspace):
    issued = issue(workspace)

    for headers in ({"Authorization": f"Bearer {issued.secret}"}, {"X-API-Key": issued.secret}):
        body = Client().get("/api/v1/me", headers=headers).json()
        assert body["key"]["id"] == issued.key.pk
        assert body["workspace"]["id"] == workspace.pk
        assert body["user"] is None
        assert sorted(body["scopes"]) == sorted(issued.key.scopes)


@pytest.mark.parametrize("authorization", MALFORMED)
def test_a_malformed_key_costs_no_query(authorization, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = ask(authorization)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="avyay"'


def test_unknown_revoked_and_expired_keys_look_and_cost_the_same(workspace, django_assert_num_queries):
    revoked, expired = issue(workspace), issue(workspace)
    revoke_key(by=for_system(workspace), key=revoked.key, now=timezone.now())
    long_ago = timezone.now() - timedelta(days=1)
    ApiKey.objects.filter(pk=expired.key.pk).update(created_at=long_ago, expires_at=long_ago)
    answers = []

    for secret in (generate(), revoked.secret, expired.secret):
        with django_assert_num_queries(1):
            answers.append(ask(f"Bearer {secret}"))

    assert [answer.status_code for answer in answers] == [401] * 3
    assert without_ids(answers[0]) == without_ids(answers[1]) == without_ids(answers[2])
    assert without_ids(ask("Bearer nonsense")) == without_ids(answers[0])


def test_trying_many_keys_is_stopped_while_a_good_key_from_the_same_address_goes_on(workspace):
    good = issue(workspace).secret
    client = Client(REMOTE_ADDR=new_id("address"))

    def status(secret: str) -> int:
        return client.get("/api/v1/me", headers={"X-API-Key": secret}).status_code

    assert [status(generate()) for _ in range(WRONG_KEYS_PER_MINUTE)] == [401] * WRONG_KEYS_PER_MINUTE
    stopped = client.get("/api/v1/me", headers={"X-API-Key": generate()})
    assert stopped.status_code == 429
    assert int(stopped["Retry-After"]) >= 1
    assert status(good) == 200


def test_the_secret_is_nowhere_in_an_answer_or_error(workspace):
    secret = issue(workspace).secret
    client = Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)

    answers = [client.get("/api/v1/me"), client.get("/api/v1/keys?x=1"), client.get("/api/none")]
    with patch("avyay_site.accounts.api.MeSerializer", side_effect=DatabaseError(secret)):
        answers.append(client.get("/api/v1/me"))

    assert all(secret not in answer.content.decode() for answer in answers)


def test_scopes_bind_a_key(workspace):
    reader = Client(headers={"X-API-Key": issue(workspace, scopes=["platform:read"]).secret})
    stranger = Client(headers={"X-API-Key": issue(workspace, scopes=["marga:call"]).secret})

    assert reader.get("/api/v1/keys").status_code == 200
    refused = reader.post("/api/v1/keys", {"name": "a", "scopes": ["platform:read"]}, "application/json")
    assert refused.status_code == 403
    assert "platform:write" in refused.json()["detail"]
    assert stranger.get("/api/v1/keys").status_code == 403


def test_a_key_hands_on_no_scope_that_it_lacks(workspace):
    writer = Client(
        headers={"X-API-Key": issue(workspace, scopes=["platform:read", "platform:write"]).secret}
    )

    answer = writer.post("/api/v1/keys", {"name": "a", "scopes": ["marga:call"]}, "application/json")

    assert answer.status_code == 403
    assert "hand on scopes" in answer.json()["detail"]


@pytest.mark.parametrize(("role", "status"), [(Role.OWNER, 201), (Role.MEMBER, 201), (Role.VIEWER, 403)])
def test_people_may_what_their_role_says(workspace, role, status):
    membership = MembershipFactory.create(workspace=workspace, role=role)
    client = Client()
    client.login(username=membership.user.email, password=PASSWORD)

    assert client.get("/api/v1/me").json()["user"]["email"] == membership.user.email
    answer = client.post("/api/v1/keys", {"name": "a", "scopes": ["marga:call"]}, "application/json")
    assert answer.status_code == status


def test_a_session_without_the_csrf_token_changes_nothing(workspace):
    membership = MembershipFactory.create(workspace=workspace)
    client = Client(enforce_csrf_checks=True)
    client.login(username=membership.user.email, password=PASSWORD)

    answer = client.post("/api/v1/keys", {"name": "a", "scopes": ["marga:call"]}, "application/json")

    assert client.get("/api/v1/keys").status_code == 200
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]
    assert not ApiKey.objects.exists()


def test_a_person_without_a_workspace_gets_nothing():
    user = UserFactory.create()
    client = Client()
    client.login(username=user.email, password=PASSWORD)

    assert client.get("/api/v1/me").status_code == 401


def test_a_wrong_key_is_not_excused_by_a_session(workspace):
    membership = MembershipFactory.create(workspace=workspace)
    client = Client(headers={"Authorization": "Bearer nonsense"})
    client.login(username=membership.user.email, password=PASSWORD)

    assert client.get("/api/v1/me").status_code == 401


def test_the_limit_of_a_key_is_told_and_kept(workspace):
    client = Client(headers={"X-API-Key": issue(workspace).secret})
    ApiKey.objects.update(requests_per_minute=3)

    answers = [client.get("/api/v1/me") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"req";q=3;w=60'
    assert answers[0]["RateLimit"].startswith('"req";r=2;t=')
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3]["Retry-After"] == answers[3]["X-RateLimit-Reset"]


def test_the_api_answers_while_redis_is_away(workspace, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody"

    answer = Client(headers={"X-API-Key": issue(workspace).secret}).get("/api/v1/me")

    assert answer.status_code == 200
    assert "RateLimit" in answer


HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=300),
    st.sampled_from(
        [
            "' OR '1'='1",
            "1; DROP TABLE keys_apikey--",
            "' UNION SELECT digest FROM keys_apikey--",
            "') OR pg_sleep(5)--",
            "${jndi:ldap://x}",
            "\x00",
            "%00",
            "\\'",
            '"; SELECT 1',
            "{{7*7}}",
        ]
    ),
)


@pytest.fixture
def hostile_caller(workspace):
    return Client(
        headers={"X-API-Key": issue(workspace, limits=Limits(requests_per_minute=1_000_000)).secret}
    )


def _search(name: str, caller: Client, text: str) -> Any:
    return caller.get("/api/v1/usage", {name: text})


PLACES: dict[str, Callable[[Client, str], Any]] = {
    "Authorization": lambda caller, text: Client().get("/api/v1/me", headers={"Authorization": text}),
    "bearer": lambda caller, text: Client().get("/api/v1/me", headers={"Authorization": f"Bearer {text}"}),
    "X-API-Key": lambda caller, text: Client().get("/api/v1/me", headers={"X-API-Key": text}),
    "Idempotency-Key": lambda caller, text: caller.post(
        "/api/v1/keys", {}, "application/json", headers={"Idempotency-Key": text}
    ),
    **{
        f"?{name}=": partial(_search, name)
        for name in ("cursor", "limit", "model", "key", "occurred_after", "order")
    },
    "path": lambda caller, text: caller.get("/api/v1/keys/" + quote(text, safe="")),
}


@given(text=HOSTILE, place=st.sampled_from(sorted(PLACES)))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_in_a_header_parameter_or_path_breaks_or_changes_anything(hostile_caller, text, place):
    before = ApiKey.objects.count()
    is_header = "-" in place or place in ("Authorization", "bearer")

    answer = PLACES[place](hostile_caller, text.encode().decode("latin-1") if is_header else text)

    assert answer.status_code < 500, answer.content
    assert ApiKey.objects.count() == before
