from __future__ import annotations

import datetime as dt
import json

import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from avyay_site import crypto, limits
from avyay_site.accounts.access import NotAllowed, for_system
from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import MembershipFactory, WorkspaceFactory, access_of
from avyay_site.audit.models import AuditEntry
from avyay_site.keys.tests.factories import issue
from avyay_site.usage.models import UsageRecord
from marga import contents, receiving, services
from marga.models import RequestContent
from marga.records import parse_record
from marga.services.contents import UNREADABLE
from marga.strict import WrongField
from marga.tests.test_records import sample
from marga.tests.test_traces import trace

pytestmark = pytest.mark.django_db

CANARY = "canary-7f3a: the launch is on Friday"
ID = "req_01JD0000000000000000000001"


def sealed(text=CANARY):
    return crypto.encrypt(text, site.ENCRYPTION_KEYS)


def deliver(key, *, content=None, **changes):
    now = timezone.now()
    record = sample(
        workspace_id=key.workspace_id, key_id=key.pk, occurred_at=now.isoformat(), content=content, **changes
    )
    return receiving.take_usage([record], now=now)


def kept(request=CANARY, answer="yes"):
    return {"request": sealed(request), "answer": sealed(answer)}


@pytest.fixture
def key():
    return issue(WorkspaceFactory.create()).key


def columns_that_hold(text):
    """Return every column of every table in which some row holds the text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" AS t')  # noqa: S608 - the database's own names
            for (row,) in cursor.fetchall():
                found += [f"{table}.{name}" for name, value in json.loads(row).items() if text in str(value)]
    return found


def test_content_is_stored_with_its_record_sealed_and_nowhere_else(key, caplog):
    deliver(key, content=kept(), trace=trace())

    row = RequestContent.objects.get()
    assert (row.request_id, row.workspace_id, row.request.reveal(), row.answer.reveal()) == (
        ID,
        key.workspace_id,
        CANARY,
        "yes",
    )
    assert columns_that_hold("canary-7f3a") == []
    assert columns_that_hold(row.request.token) == ["marga_requestcontent.request"]
    assert "canary-7f3a" not in caplog.text


def test_the_scan_of_all_tables_finds_what_is_there(key):
    deliver(key, model_requested="canary-7f3a")

    assert columns_that_hold("canary-7f3a") == ["usage_usagerecord.model_requested"]


def test_without_content_nothing_is_stored(key):
    deliver(key)

    assert UsageRecord.objects.count() == 1
    assert not RequestContent.objects.exists()


def test_a_record_that_comes_twice_leaves_its_content_once(key):
    deliver(key, content=kept())
    deliver(key, content=kept("another"))

    assert RequestContent.objects.get().request.reveal() == CANARY


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"request": CANARY, "answer": ""}, id="in clear"),
        pytest.param({"request": "", "answer": ""}, id="empty"),
        pytest.param({"request": "gAAA"}, id="half"),
        pytest.param({"request": "gAAA", "answer": 1}, id="number"),
        pytest.param([1], id="list"),
        pytest.param({"request": "a" * 250_001, "answer": ""}, id="too long"),
    ],
)
def test_content_that_is_not_sealed_costs_the_content_and_not_the_record(key, content, caplog):
    taken = deliver(key, content=content)

    assert (taken.inserted, taken.rejected) == (1, ())
    assert not RequestContent.objects.exists()
    assert "canary" not in caplog.text


def test_a_record_without_a_word_of_content_is_still_read():
    record = sample()

    assert parse_record(record).content is None
    with pytest.raises(WrongField):
        parse_record({**record, "contents": None})


def test_content_is_read_by_members_of_its_workspace_and_noted(key):
    deliver(key, content=kept())
    by, now = for_system(key.workspace), timezone.now()

    opened = services.read_content(by=by, request_id=ID, now=now)

    assert opened is not None
    assert (opened.request, opened.answer) == (CANARY, "yes")
    entry = AuditEntry.objects.get(action="request_content.read")
    assert (entry.target_name, entry.workspace) == (ID, key.workspace)
    stranger = for_system(WorkspaceFactory.create())
    assert services.read_content(by=stranger, request_id=ID, now=now) is None
    viewer = access_of(MembershipFactory.create(workspace=key.workspace, role=Role.VIEWER))
    with pytest.raises(NotAllowed):
        services.read_content(by=viewer, request_id=ID, now=now)
    assert AuditEntry.objects.filter(action="request_content.read").count() == 1


def test_expired_content_is_not_shown_and_goes_in_batches(key, settings, monkeypatch):
    settings.MARGA_CONTENT_DAYS = 2
    monkeypatch.setattr(contents, "BATCH", 2)
    for number in range(5):
        deliver(key, content=kept(), request_id=f"req_{number:026d}")
    by, now = for_system(key.workspace), timezone.now()
    late = now + dt.timedelta(days=2, seconds=1)

    assert services.read_content(by=by, request_id=f"req_{0:026d}", now=late) is None
    assert contents.forget_old(now=now) == 0
    assert contents.forget_old(now=late) == 5
    assert not RequestContent.objects.exists()
    assert UsageRecord.objects.count() == 5


def test_content_that_no_key_opens_any_more_says_so(key, settings):
    deliver(key, content=kept())
    settings.ENCRYPTION_KEYS = ("QmFkIGtleSBmb3IgdGVzdHMgb25seSAtIDMyIGJ5dGU=",)

    opened = services.read_content(by=for_system(key.workspace), request_id=ID, now=timezone.now())

    assert opened is not None
    assert opened.request == UNREADABLE


def test_new_encryption_keys_reach_it(key, settings):
    from cryptography.fernet import Fernet

    deliver(key, content=kept(answer=""))
    old, new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = (new, *old)

    call_command("rotate_secrets")

    settings.ENCRYPTION_KEYS = (new,)
    assert RequestContent.objects.get().request.reveal() == CANARY


def read(client, workspace, settings, redis_server, **options):
    settings.REDIS_URL = redis_server
    limits.forget()
    bearer = Client(headers={"Authorization": f"Bearer {issue(workspace, **options).secret}"})
    return bearer.get(f"/api/v1/marga/requests/{ID}")


def test_the_api_shows_it_to_its_workspace_alone(client, key, settings, redis_server):
    deliver(key, content=kept())

    mine = read(client, key.workspace, settings, redis_server)
    theirs = read(client, WorkspaceFactory.create(), settings, redis_server)

    assert mine.json()["content"]["request"] == CANARY
    assert (theirs.status_code, "canary" in theirs.content.decode()) == (404, False)


def test_the_api_shows_it_only_to_keys_that_may_read(client, key, settings, redis_server):
    deliver(key, content=kept())

    refused = read(client, key.workspace, settings, redis_server, scopes=["marga:call"])

    assert (refused.status_code, "canary" in refused.content.decode()) == (403, False)


def page(client, member, ask=""):
    client.force_login(member.user)
    return client.get(f"/app/gateway/requests/{ID}/{ask}")


def test_the_page_shows_it_when_asked_and_only_to_members(client, key):
    deliver(key, content=kept(json.dumps({"messages": [CANARY]})))
    member = MembershipFactory.create(workspace=key.workspace, role=Role.MEMBER)
    viewer = MembershipFactory.create(workspace=key.workspace, role=Role.VIEWER)

    assert "canary-7f3a" not in page(client, member).content.decode()
    assert not AuditEntry.objects.filter(action="request_content.read").exists()
    assert "canary-7f3a" in page(client, member, "?content=1").content.decode()
    assert "canary-7f3a" not in page(client, viewer, "?content=1").content.decode()
    assert page(client, MembershipFactory.create(), "?content=1").status_code == 404


def test_the_page_says_that_nothing_is_kept(client, key):
    deliver(key)
    member = MembershipFactory.create(workspace=key.workspace, role=Role.MEMBER)

    assert "They are not kept" in page(client, member, "?content=1").content.decode()
