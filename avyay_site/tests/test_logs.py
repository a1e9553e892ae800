"""Logs: one line an event, no secret in any of them, and the same id everywhere."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.db import connections
from django.http import HttpResponse
from django.test import Client, RequestFactory

from avyay_site import env, health, limits, logs
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys import format as key_format
from avyay_site.keys.tests.factories import issue, sample_key

JSON = "application/json"


@pytest.fixture
def log(monkeypatch) -> Iterator[Callable[[], list[str]]]:
    """Log at DEBUG into memory; calling it gives the lines so far."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    handlers = logging.getLogger().handlers
    logs.configure(level="DEBUG")
    yield lambda: stream.getvalue().splitlines()
    monkeypatch.undo()
    logs.configure(level="INFO")
    logging.getLogger().handlers = handlers


def events(lines: list[str], name: str) -> list[dict[str, object]]:
    return [event for event in map(json.loads, lines) if event["event"] == name]


def test_an_event_is_one_line_of_ascii_whatever_it_holds(log):
    nasty = "a\nb\r\x1b]52;c;x\x07\x1b[2J\u202e\u200b\u2028"

    structlog.get_logger("test").warning("nasty", text=nasty, **{"na\nme": 1})
    logging.getLogger("other").warning("plain %s", nasty)

    first, second = log()
    assert first.isascii()
    assert second.isascii()
    assert "\x1b" not in first + second
    assert json.loads(first)["text"] == nasty


def test_exceptions_of_both_kinds_of_logger_are_written_without_secrets(log):
    key = key_format.generate()
    for write in (structlog.get_logger("a").exception, logging.getLogger("b").exception):
        try:
            raise RuntimeError(f"could not use {key}")
        except RuntimeError:
            write("it_failed")

    assert len(log()) == 2
    assert all("RuntimeError" in line and key not in line for line in log())


def test_an_unknown_level_is_a_wrong_variable():
    with pytest.raises(env.WrongVariable, match="AVYAY_LOG_LEVEL"):
        logs.configure(level="LOUD")


def middleware(request, status=200):
    return logs.RequestContextMiddleware(lambda _: HttpResponse("four", status=status))(request)


def test_a_request_is_one_wide_line(log):
    request = RequestFactory().get("/app/?x=1", headers={"X-Request-Id": "trace-me-1234"})

    response = middleware(request, status=404)

    (line,) = events(log(), "request")
    assert response["X-Request-Id"] == "trace-me-1234"
    assert (line["request_id"], line["method"], line["code"], line["bytes"]) == (
        "trace-me-1234",
        "GET",
        404,
        4,
    )
    assert isinstance(line["ms"], float)


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "has space in", "new\nline-here", sample_key()])
def test_a_request_id_of_the_wrong_form_is_replaced(given):
    response = middleware(RequestFactory().get("/", headers={"X-Request-Id": given}))

    assert response["X-Request-Id"].startswith("req_")


@pytest.mark.django_db
def test_a_request_with_a_key_names_its_workspace_and_prefix(log, settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()
    issued = issue(WorkspaceFactory.create())

    Client(headers={"X-API-Key": issued.secret}).get("/api/v1/me")

    (line,) = events(log(), "request")
    assert line["workspace"] == issued.key.workspace_id
    assert line["key"] == issued.key.display
    assert line["route"] == "api/v1/me"
    assert issued.secret not in str(line)


def test_probes_are_logged_at_debug_only(log):
    Client().get("/healthz")

    (line,) = events(log(), "request")
    assert line["level"] == "debug"


PLACES: dict[str, Callable[[Client, str, str], Any]] = {
    "bearer": lambda c, path, key: c.get(path, headers={"Authorization": f"Bearer {key}"}),
    "lower-case bearer": lambda c, path, key: c.post(path, headers={"authorization": f"bearer {key}"}),
    "bare authorization": lambda c, path, key: c.get(path, headers={"Authorization": key}),
    "x-api-key": lambda c, path, key: c.get(path, headers={"X-API-Key": key}),
    "two keys": lambda c, path, key: c.get(path, headers={"X-API-Key": f"{key} {key}"}),
    "query": lambda c, path, key: c.get(path, {"api_key": key, "action": key}),
    "query name": lambda c, path, key: c.get(path, {key: "1"}),
    "path": lambda c, path, key: c.get(f"{path.rstrip('/')}/{key}"),
    "json": lambda c, path, key: c.post(path, {"name": key, "email": key, key: [key]}, content_type=JSON),
    "nested json": lambda c, path, key: c.patch(path, {"a": [{"b": key}], "scopes": [key]}, content_type=JSON),
    "broken json": lambda c, path, key: c.post(path, f'{{"a": {key}', content_type=JSON),
    "put": lambda c, path, key: c.put(path, key, content_type=JSON),
    "multipart": lambda c, path, key: c.post(path, {"file": io.BytesIO(key.encode()), "name": key}),
    "file name": lambda c, path, key: c.post(path, {"file": named(key)}),
    "form": lambda c, path, key: c.post(path, f"token={key}", content_type="application/x-www-form-urlencoded"),
    "user name": lambda c, path, key: c.post(path, {"username": key, "password": key, "email": key}),
    "cookie": lambda c, path, key: c.get(path, headers={"Cookie": f"avyay_session={key}; csrftoken={key}"}),
    "request id": lambda c, path, key: c.get(path, headers={"X-Request-Id": key}),
    "referer": lambda c, path, key: c.get(path, headers={"Referer": f"http://testserver/?k={key}"}),
    "user agent": lambda c, path, key: c.get(path, headers={"User-Agent": key}),
    "host": lambda c, path, key: c.get(path, headers={"Host": f"{key}.example.org"}),
    "content type": lambda c, path, key: c.post(path, "x", content_type=key),
    "method": lambda c, path, key: c.generic(key, path),
}  # fmt: skip
PATHS = (
    "/", "/app/", "/app/keys/", "/admin/login/", "/api/v1/me", "/api/v1/keys", "/api/v1/audit", "/api/v1/nothing",
    "/internal/gateway/snapshot", "/readyz", "/nothing/here",
)  # fmt: skip


def named(name: str) -> io.BytesIO:
    file = io.BytesIO(b"x")
    file.name = name
    return file


@pytest.mark.django_db
def test_no_secret_is_logged_or_answered_in_any_shape_of_request(log, settings, redis_server, monkeypatch):
    """X-01: each place of a request × each address × each kind of key, with a page that breaks, at DEBUG with SQL."""
    settings.REDIS_URL = redis_server
    settings.ALLOWED_HOSTS = ["testserver"]
    limits.forget()
    good = issue(WorkspaceFactory.create()).secret
    unknown = key_format.generate()
    keys = [good, unknown[:-2] + "00"]
    monkeypatch.setattr(connections["default"], "force_debug_cursor", True)
    monkeypatch.setattr(
        health, "check_redis", lambda: (_ for _ in ()).throw(RuntimeError(f"broke with {good}"))
    )
    client, answered = Client(raise_request_exception=False), []

    for path in PATHS:
        for place, ask in PLACES.items():
            for key in keys:
                answer = ask(client, path, key)
                answered.append(
                    (place, f"{path} {answer.status_code}", answer.content.decode() + str(answer.headers))
                )

    assert len(answered) >= 500
    assert any(json.loads(line)["level"] == "error" for line in log())
    assert any("SELECT" in line for line in log())
    # 25 characters are more than a prefix that may be shown, and less than any part that could be cut off.
    canaries = {key[9:34] for key in keys}
    logged = [line for line in log() if any(canary in line for canary in canaries)]
    # Only the sign-in page gives the asker's own words back: the address to return to, and the name just typed.
    shown = {
        (place, path)
        for place, path, text in answered
        if any(canary in text for canary in canaries)
        if " 30" not in path and path != "/admin/login/ 200"
    }
    assert logged == []
    assert shown == set()
