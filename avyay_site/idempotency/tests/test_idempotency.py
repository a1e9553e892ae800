"""A request that is sent twice is carried out once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from avyay_site import limits
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.idempotency.models import KeptAnswer
from avyay_site.keys.models import ApiKey
from avyay_site.keys.tests.factories import issue

BODY = {"name": "made once", "scopes": ["marga:call"]}


@pytest.fixture(autouse=True)
def _fresh_limits(settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()


@pytest.fixture
def workspace(db):
    return WorkspaceFactory.create()


@pytest.fixture
def caller(workspace):
    return Client(headers={"Authorization": f"Bearer {issue(workspace).secret}"})


def post(caller, idempotency_key, body=BODY, path="/api/v1/keys"):
    return caller.post(
        path, body, content_type="application/json", headers={"Idempotency-Key": idempotency_key}
    )


def made() -> int:
    return int(ApiKey.objects.filter(name="made once").count())


def test_the_second_answer_is_the_first_one_again(caller):
    first, second = post(caller, "k1"), post(caller, "k1")

    assert (first.status_code, made()) == (201, 1)
    assert second.status_code == 201
    assert second.content == first.content
    assert (second["Location"], second["Content-Type"]) == (first["Location"], first["Content-Type"])
    assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")


def test_the_order_of_members_does_not_make_another_body(caller):
    post(caller, "k1")

    assert post(caller, "k1", dict(reversed(BODY.items()))).status_code == 201
    assert made() == 1


def test_another_body_or_address_under_the_same_key_is_refused(caller, workspace):
    post(caller, "k1")
    some_key = ApiKey.objects.filter(workspace=workspace).first()
    assert some_key is not None

    other_body = post(caller, "k1", {**BODY, "name": "other"})
    other_address = post(caller, "k1", BODY, f"/api/v1/keys/{some_key.pk}/revoke")

    for answer in (other_body, other_address):
        assert answer.status_code == 422
        assert answer.json()["type"].endswith("#idempotency-mismatch")
    assert made() == 1


def test_another_asker_may_use_the_same_key(caller, workspace):
    post(caller, "k1")
    colleague = Client(headers={"Authorization": f"Bearer {issue(workspace).secret}"})

    assert "Idempotent-Replayed" not in post(colleague, "k1")
    assert made() == 2


def test_a_refused_request_leaves_nothing_and_may_be_mended(caller):
    assert post(caller, "k1", {**BODY, "scopes": []}).status_code == 400
    assert KeptAnswer.objects.count() == 0

    assert post(caller, "k1").status_code == 201


def test_a_failure_after_the_act_undoes_the_act(caller, monkeypatch):
    caller.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr("avyay_site.idempotency.services.keep", lambda *_, **__: 1 / 0)
        assert post(caller, "k1").status_code == 500
    assert (made(), KeptAnswer.objects.count()) == (0, 0)

    assert post(caller, "k1").status_code == 201
    assert made() == 1


def test_the_kept_answer_holds_no_secret_in_clear(caller):
    secret = post(caller, "k1").json()["secret"]

    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM idempotency_keptanswer k")
        stored = cursor.fetchall()

    assert len(stored) == 1
    assert secret not in stored[0][0]


def test_after_a_day_the_key_is_free_and_old_answers_are_gone(caller):
    post(caller, "k1")
    post(caller, "k2")
    for answer in KeptAnswer.objects.all():
        answer.created_at -= timedelta(hours=24, seconds=1)
        answer.save(update_fields=["created_at"])

    assert "Idempotent-Replayed" not in post(caller, "k1")
    assert KeptAnswer.objects.count() == 1
    assert made() == 3


@pytest.mark.parametrize("idempotency_key", ["", "x" * 256, "with space", "ümlaut"])
def test_a_key_that_is_none_is_refused(caller, idempotency_key):
    answer = post(caller, idempotency_key)

    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_make_one_object():
    secret = issue(WorkspaceFactory.create()).secret
    answers = []
    gate = threading.Barrier(12)

    def send() -> None:
        try:
            gate.wait()
            answers.append(post(Client(headers={"Authorization": f"Bearer {secret}"}), "k1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made() == 1
    created = [answer for answer in answers if answer.status_code == 201]
    busy = [answer for answer in answers if answer.status_code == 409]
    assert created
    assert len(created) + len(busy) == 12
    assert len({answer.content for answer in created}) == 1
    assert all(answer["Retry-After"] == "1" for answer in busy)
