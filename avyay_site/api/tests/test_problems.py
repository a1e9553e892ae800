"""Every error under /api/ is a problem, whoever noticed it."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client

from avyay_site import problems
from avyay_site.keys.models import ApiKey

MEMBERS = {"type", "title", "status", "detail", "instance", "request_id", "errors"}


def check(response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) == MEMBERS
    assert body["type"].endswith(f"/api/docs/problems#{slug}")
    assert (body["status"], body["request_id"]) == (status, response["X-Request-Id"])
    return body


def test_wrong_values_are_named_by_json_pointers(caller):
    asked = {"name": "", "scopes": ["marga:call", "nonsense"], "concurrency": "3", "role": "owner"}
    unknown = check(
        caller.post("/api/v1/keys", asked, content_type="application/json"), 400, "invalid-request"
    )
    assert [error["pointer"] for error in unknown["errors"]] == ["#/role"]

    del asked["role"]
    wrong = check(caller.post("/api/v1/keys", asked, content_type="application/json"), 400, "invalid-request")
    assert sorted(error["pointer"] for error in wrong["errors"]) == ["#/concurrency", "#/name", "#/scopes/1"]
    assert wrong["detail"] == "3 values are wrong; see errors."


def test_pointers_escape_what_json_pointer_reserves(caller):
    asked = {"name": "a", "scopes": ["marga:call"], "a/b~c": 1}

    body = check(caller.post("/api/v1/keys", asked, content_type="application/json"), 400, "invalid-request")

    assert body["errors"][0]["pointer"] == "#/a~1b~0c"


@pytest.mark.parametrize(
    "field", ["id", "workspace", "workspace_id", "is_staff", "role", "digest", "created_at", "spent_usd"]
)
def test_fields_that_are_not_the_callers_to_set_are_refused(caller, workspace, field):
    key = ApiKey.objects.get(workspace=workspace)

    answers = [
        caller.post("/api/v1/keys", {"name": "a", "scopes": ["marga:call"], field: 1}, "application/json"),
        caller.patch(f"/api/v1/keys/{key.pk}", {field: 1}, content_type="application/json"),
        caller.post(f"/api/v1/keys/{key.pk}/roll", {field: 1}, content_type="application/json"),
        caller.post(f"/api/v1/keys/{key.pk}/revoke", {field: 1}, content_type="application/json"),
    ]

    for answer in answers:
        check(answer, 400, "invalid-request")
    assert list(ApiKey.objects.filter(workspace=workspace)) == [key]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=٣", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=made-up", "cursor"),
        ("created_after=2026-01-01", "created_after"),
        ("created_after=2026-01-01T00:00:00", "created_after"),
        ("bucket=%00", "bucket"),
    ],
)
def test_wrong_parameters_are_named(caller, query, parameter):
    body = check(caller.get(f"/api/v1/keys?{query}"), 400, "invalid-request")

    assert {error["parameter"] for error in body["errors"]} == {parameter}


def test_an_unknown_parameter_is_answered_with_the_known_ones(caller):
    body = check(caller.get("/api/v1/keys?colour=red"), 400, "invalid-request")

    assert "known: bucket, created_after, created_before, limit, cursor" in body["errors"][0]["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": NaN}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"name": "\\ud800", "scopes": ["marga:call"]}',
    ],
    ids=["cut off", "not UTF-8", "NaN", "unclosed nesting", "deep nesting", "lone surrogate"],
)
def test_a_body_that_cannot_be_read_is_refused(caller, body):
    check(caller.post("/api/v1/keys", body, content_type="application/json"), 400, "malformed-body")


def test_a_body_that_is_too_large_is_refused(caller, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    answer = caller.post("/api/v1/keys", json.dumps({"name": "a" * 2000}), content_type="application/json")

    check(answer, 413, "too-large")


def test_other_content_types_are_refused(caller):
    check(caller.post("/api/v1/keys", "a=1", content_type="text/plain"), 415, "unsupported-media-type")


def test_unknown_addresses_are_problems_not_pages(caller):
    check(caller.get("/api/nothing"), 404, "not-found")
    check(caller.get("/api/v1/keys/key_nothing"), 404, "not-found")
    check(Client().get("/api/v2/"), 404, "not-found")


def test_other_methods_are_refused_with_the_allowed_ones(caller):
    answer = caller.delete("/api/v1/keys")

    check(answer, 405, "method-not-allowed")
    assert answer["Allow"] == "GET, POST, HEAD"


def test_what_the_state_does_not_permit_is_a_conflict_with_the_reason(caller, workspace):
    key = ApiKey.objects.get(workspace=workspace)
    address = f"/api/v1/keys/{key.pk}/roll"
    assert caller.post(address, content_type="application/json").status_code == 201

    body = check(caller.post(address, content_type="application/json"), 409, "conflict")

    assert "was rolled already" in body["detail"]


def test_a_database_that_is_away_is_unavailable_with_a_time_to_wait(caller):
    with patch("avyay_site.keys.queries.ApiKey.objects.active", side_effect=OperationalError("gone")):
        answer = caller.get("/api/v1/me")

    body = check(answer, 503, "unavailable")
    assert answer["Retry-After"] == "2"
    assert "gone" not in body["detail"]


def test_a_failure_of_ours_is_a_problem_without_the_reason(caller):
    caller.raise_request_exception = False
    with patch("avyay_site.accounts.api.MeSerializer", side_effect=ZeroDivisionError("canary")):
        answer = caller.get("/api/v1/me")

    check(answer, 500, "server-error")
    assert "canary" not in answer.content.decode()


def test_each_kind_has_a_place_on_the_page_that_type_names(client):
    page = client.get("/api/docs/problems").content.decode()

    assert all(f'id="{slug}"' in page for slug in problems.KINDS)


def test_a_product_adds_its_errors_to_the_table():
    class UnableToScan(Exception):
        pass

    with patch.dict(problems._table):
        problems.register(UnableToScan, "conflict")

        assert problems.kind_of(UnableToScan("x")) is problems.KINDS["conflict"]
    with pytest.raises(ValueError, match="is not a kind"):
        problems.register(UnableToScan, "teapot")
