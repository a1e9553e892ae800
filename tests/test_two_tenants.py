"""Every route of the OpenAPI document, asked for the rows of workspace B with a key of workspace A.

A new route fails here until `manage.py seed` has a sample id for it.
"""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from avyay_site import limits
from avyay_site.api.docs import document
from avyay_site.keys.format import generate

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of each operation."""
    return [
        (method, path, operation)
        for path, methods in sorted(document()["paths"].items())
        for method, operation in methods.items()
        if method in METHODS
    ]


def address(path: str, ids: dict[str, str]) -> str:
    """Fill in each `{parameter}` with the sample id of the list that stands before it."""

    def sample(match: re.Match[str]) -> str:
        collection = match["before"].removeprefix("/api/v1/").strip("/")
        assert collection in ids, (
            f"{path}: `manage.py seed` has no sample id for {collection!r}; add it to a seeder."
        )
        return f"{match['before']}{ids[collection]}"

    return re.sub(r"(?P<before>[^{}]*)\{[^}]+\}", sample, path)


@pytest.fixture
def tenants(settings, redis_server):
    settings.REDIS_URL = redis_server
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    limits.forget()
    out = StringIO()
    call_command("seed", "--workspaces", "2", "--json", stdout=out)
    return json.loads(out.getvalue())["workspaces"]


def send(method: str, url: str, secret: str | None = None) -> Any:
    client = Client(headers={"Authorization": f"Bearer {secret}"} if secret else {})
    return getattr(client, method)(url, **({"content_type": "application/json"} if method != "get" else {}))


def private_words(workspace: dict[str, Any]) -> list[str]:
    """Return what must not appear in an answer to somebody else: ids, addresses, keys, the name's slug."""
    emails = [user["email"] for user in workspace["users"]]
    return [
        workspace["id"],
        workspace["slug"],
        *emails,
        *workspace["keys"].values(),
        *workspace["ids"].values(),
    ]


def test_no_route_gives_a_row_of_another_workspace(tenants):
    ours, theirs = tenants
    asked = 0

    for method, path, _ in operations():
        url = address(path, theirs["ids"])
        answer = send(method, url, ours["keys"]["full"])
        body = answer.getvalue().decode() if answer.streaming else answer.content.decode()
        if "{" in path:
            assert answer.status_code == 404, f"{method} {url}: {answer.status_code} {body[:300]}"
            body = body.replace(url, "")
        leaks = [word for word in private_words(theirs) if word in body]
        assert not leaks, f"{method} {url} shows {leaks}"
        asked += 1

    assert asked == len(operations())


def test_the_same_routes_give_ones_own_rows(tenants):
    """The positive control: the matrix above would pass on a platform that finds nothing at all."""
    ours = tenants[0]

    for method, path, _ in operations():
        if method == "get":
            answer = send(method, address(path, ours["ids"]), ours["keys"]["full"])
            assert answer.status_code == 200, f"{path}: {answer.status_code}"


@pytest.mark.parametrize(
    "secret", [None, generate(), "avy_live_nonsense"], ids=["nobody", "unknown key", "malformed"]
)
def test_no_route_answers_without_a_valid_key(tenants, secret, monkeypatch):
    monkeypatch.setattr("avyay_site.keys.auth.WRONG_KEYS_PER_MINUTE", 10_000)

    for method, path, _ in operations():
        answer = send(method, address(path, tenants[1]["ids"]), secret)
        assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
        assert answer["Content-Type"] == "application/problem+json"


def test_no_route_answers_a_key_without_its_scope(tenants):
    for method, path, operation in operations():
        if "Needs the scope" not in operation["description"]:
            continue
        answer = send(method, address(path, tenants[0]["ids"]), tenants[0]["keys"]["narrow"])
        assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
        assert "This needs the scope" in answer.json()["detail"]


def test_only_the_question_who_am_i_needs_no_scope():
    open_paths = {
        path for _, path, operation in operations() if "Needs the scope" not in operation["description"]
    }

    assert open_paths == {"/api/v1/me"}


def test_a_viewer_reads_and_changes_nothing(tenants):
    viewer = next(user for user in tenants[0]["users"] if user["role"] == "viewer")
    client = Client()
    assert client.login(username=viewer["email"], password=viewer["password"])

    for method, path, _ in operations():
        url = address(path, tenants[0]["ids"])
        answer = getattr(client, method)(
            url, **({"content_type": "application/json"} if method != "get" else {})
        )
        expected = 200 if method == "get" else 403
        assert answer.status_code == expected, (
            f"{method} {path}: {answer.status_code} {answer.content[:200]!r}"
        )
