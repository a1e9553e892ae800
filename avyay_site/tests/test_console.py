"""The operators' console: few queries, no secrets, and every write in the audit log."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from avyay_site.accounts import services as accounts
from avyay_site.accounts.models import Invitation, Membership, Role, User, Workspace
from avyay_site.accounts.tests.factories import MembershipFactory, UserFactory, WorkspaceFactory, access_of
from avyay_site.audit.models import AuditEntry
from avyay_site.keys import format as key_format
from avyay_site.keys.models import ApiKey
from avyay_site.keys.tests.factories import issue
from avyay_site.notifications.models import Channel, Delivery, Status
from avyay_site.notifications.tests import factories
from avyay_site.usage.models import UsageDay, UsageRecord

pytestmark = pytest.mark.django_db

ROWS, MOST_QUERIES = 200, 30
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def operator():
    return UserFactory.create(is_staff=True, is_superuser=True)


@pytest.fixture
def console(client, operator):
    client.force_login(operator)
    return client


def address(model, page="changelist", *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def fill() -> None:
    """Make 200 rows of each table, spread over workspaces, without the cost of hashing 200 passwords."""
    now = timezone.now()
    workspaces = [WorkspaceFactory.create() for _ in range(10)]
    users = User.objects.bulk_create(User(email=f"row{n}@example.org", password="!") for n in range(ROWS))
    spread = [(n, workspaces[n % 10], user) for n, user in enumerate(users)]
    Membership.objects.bulk_create(Membership(workspace=w, user=u, role=Role.MEMBER) for _, w, u in spread)
    Invitation.objects.bulk_create(
        Invitation(workspace=w, email=u.email, digest=f"{n}", invited_by=u, expires_at=now)
        for n, w, u in spread
    )
    keys = ApiKey.objects.bulk_create(
        ApiKey(
            workspace=w,
            name=f"key {n}",
            digest=f"d{n}",
            shown_prefix="avy_live_abcd",
            latest4="wxyz",
            created_by=u,
        )
        for n, w, u in spread
    )
    UsageRecord.objects.bulk_create(
        UsageRecord(
            workspace=w, key=keys[n], request_id=f"req_{n}", occurred_at=now, product="marga", action="x"
        )
        for n, w, _ in spread
    )
    UsageDay.objects.bulk_create(
        UsageDay(workspace=w, key=keys[n], day_date=now.date(), product="marga", cost_usd=Decimal("0.1"))
        for n, w, _ in spread
    )
    channels = Channel.objects.bulk_create(
        Channel(
            workspace=w, name=f"c{n}", kind="webhook", target="https://example.org", secret="whsec_canary"
        )
        for n, w, _ in spread
    )
    Delivery.objects.bulk_create(
        Delivery(workspace=w, channel=channels[n], event_type="test", subject="s") for n, w, _ in spread
    )
    AuditEntry.objects.bulk_create(
        AuditEntry(
            workspace=w, user=u, actor="a", action="x.y", target_type="t", target_id="1", target_name="n"
        )
        for _, w, u in spread
    )
    task = PeriodicTask.objects.first()
    assert task is not None
    PeriodicTask.objects.bulk_create(
        PeriodicTask(name=f"schedule {n}", task="x", interval=task.interval) for n in range(ROWS)
    )


def test_no_page_takes_more_than_thirty_queries_with_200_rows(console):
    fill()
    counted = {}

    for model in MODELS:
        pages = [address(model), f"{address(model)}?q=a"]
        row = model._default_manager.order_by("pk").first()
        pages += [address(model, "change", row.pk)] if row is not None else []
        for page in pages:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                answer = console.get(page)
            assert answer.status_code == 200, page
            assert "whsec_canary" not in answer.content.decode()
            counted[page] = len(queries)

    assert {page: count for page, count in counted.items() if count > MOST_QUERIES} == {}


KEY_FORM = {"name": "nightly", "scopes": ["marga:call"], "bucket": "agents", "requests_per_minute": "60"}


def test_a_key_is_issued_and_its_secret_stands_in_that_answer_alone(console):
    workspace = WorkspaceFactory.create()

    answer = console.post(address(ApiKey, "add"), KEY_FORM | {"workspace": workspace.pk})

    key = ApiKey.objects.get()
    (secret,) = {
        word
        for word in answer.content.decode().replace("<", " ").replace(">", " ").split()
        if key_format.is_well_formed(word)
    }
    assert key.digest == key_format.digest(secret, key_pepper())
    assert (key.workspace, key.scopes, key.requests_per_minute) == (workspace, ["marga:call"], 60)
    assert "no-store" in answer["Cache-Control"]
    assert secret not in str(answer.cookies) + str(dict(console.session))
    assert secret not in console.get(address(ApiKey)).content.decode()
    assert secret not in console.get(address(ApiKey, "change", key.pk)).content.decode()
    assert secret not in str(list(AuditEntry.objects.values()))


def key_pepper():
    from django.conf import settings

    return settings.KEY_PEPPER


def act(console, model, name, rows):
    return console.post(
        address(model), {"action": name, "_selected_action": [row.pk for row in rows]}, follow=True
    )


def test_keys_are_revoked_in_bulk_through_the_service(console, operator):
    keys = [issue(WorkspaceFactory.create()).key for _ in range(3)]

    act(console, ApiKey, "revoke", keys)

    assert not ApiKey.objects.filter(revoked_at=None).exists()
    assert AuditEntry.objects.filter(action="key.revoke", user=operator).count() == 3


def test_rolling_shows_the_new_secrets_and_says_why_a_key_was_not_rolled(console):
    keys = [issue(WorkspaceFactory.create()).key for _ in range(2)]
    ApiKey.objects.filter(pk=keys[0].pk).update(revoked_at=timezone.now())

    text = act(console, ApiKey, "roll", keys).content.decode()

    assert text.count("avy_live_") >= 1
    assert ApiKey.objects.filter(predecessor__in=keys).count() == 1
    assert "issue a new one instead" in text


def test_a_key_is_changed_through_the_service(console):
    key = issue(WorkspaceFactory.create()).key

    console.post(
        address(ApiKey, "change", key.pk), {"name": "renamed", "bucket": "people", "concurrency": "3"}
    )

    key.refresh_from_db()
    assert (key.name, key.concurrency) == ("renamed", 3)
    assert AuditEntry.objects.filter(action="key.change").exists()


def test_people_workspaces_and_keys_cannot_be_deleted(console):
    key = issue(WorkspaceFactory.create()).key

    for row in (key, key.workspace, UserFactory.create()):
        assert console.post(address(type(row), "delete", row.pk), {"post": "yes"}).status_code == 403


def test_a_person_and_a_workspace_are_made(console):
    password = "a long enough phrase"
    person = {
        "email": "Ada@Example.org",
        "name": "Ada",
        "usable_password": "true",
        "password1": password,
        "password2": password,
    }
    console.post(address(User, "add"), person)
    ada = User.objects.get(email="ada@example.org")

    console.post(address(Workspace, "add"), {"name": "Sky", "slug": "sky", "owner": ada.pk})

    assert ada.check_password(password)
    assert Membership.objects.get(workspace__slug="sky").user == ada


def test_the_last_owner_stays_and_the_operator_is_told_why(console):
    owner = MembershipFactory.create()

    changed = console.post(address(Membership, "change", owner.pk), {"role": "viewer"}, follow=True)
    deleted = console.post(address(Membership, "delete", owner.pk), {"post": "yes"}, follow=True)

    owner.refresh_from_db()
    assert owner.role == Role.OWNER
    assert "needs an owner" in changed.content.decode()
    assert "needs an owner" in deleted.content.decode()


def test_notifications_are_resent_and_channels_switched_off(console):
    by = access_of(MembershipFactory.create())
    channel = factories.channel(by)
    failed = factories.delivery(channel, status=Status.FAILED, attempts=8)

    act(console, Delivery, "resend", [failed])
    act(console, Channel, "switch_off", [channel])

    failed.refresh_from_db()
    channel.refresh_from_db()
    assert (failed.status, failed.attempts, channel.is_enabled) == (Status.WAITING, 0, False)


def test_an_invitation_is_cancelled(console):
    by = access_of(MembershipFactory.create())
    invitation = accounts.invite_member(by=by, email="ada@example.org", now=timezone.now()).invitation

    act(console, Invitation, "cancel", [invitation])

    assert not Invitation.objects.exists()


def test_usage_and_audit_are_read_only(console):
    for model in (UsageRecord, UsageDay, AuditEntry):
        assert console.get(address(model, "add")).status_code == 403


def test_a_viewer_among_the_staff_has_no_actions(client):
    from django.contrib.auth.models import Permission

    viewer = UserFactory.create(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_channel"))
    client.force_login(viewer)
    channel = factories.channel(access_of(MembershipFactory.create()))

    act(client, Channel, "switch_off", [channel])

    channel.refresh_from_db()
    assert channel.is_enabled


def test_every_write_of_the_admin_is_in_the_audit_log(console, operator):
    """S-06: adding, changing, deleting one, deleting many; ours and other people's admins."""
    task = PeriodicTask.objects.first()
    assert task is not None
    form = {
        "name": "nightly",
        "regtask": task.task,
        "interval": task.interval_id,
        "args": "[]",
        "kwargs": "{}",
        "headers": "{}",
        "enabled": "on",
    }
    answer = console.post(address(PeriodicTask, "add"), form)
    assert answer.status_code == 302, answer.content
    made = PeriodicTask.objects.get(name="nightly")
    console.post(address(PeriodicTask, "change", made.pk), form | {"name": "weekly"})
    console.post(address(PeriodicTask, "delete", made.pk), {"post": "yes"})
    others = PeriodicTask.objects.all()
    count = others.count()
    console.post(
        address(PeriodicTask),
        {"action": "delete_selected", "_selected_action": [row.pk for row in others], "post": "yes"},
    )

    logged = AuditEntry.objects.filter(user=operator, target_type="periodictask").order_by("happened_at")
    actions = list(logged.values_list("action", flat=True))
    assert actions == ["admin.add", "admin.change", "admin.delete"] + ["admin.delete"] * count
    assert all(entry.request_id for entry in logged)


def test_what_an_operator_does_in_a_workspace_stands_in_its_log(console):
    member = MembershipFactory.create(role=Role.MEMBER)

    console.post(address(Membership, "change", member.pk), {"role": "viewer"})

    actions = set(AuditEntry.objects.filter(workspace=member.workspace).values_list("action", flat=True))
    assert actions == {"member.change_role", "admin.change"}


def test_counting_stops_at_a_bound(monkeypatch):
    from avyay_site import console as module

    monkeypatch.setattr(module, "MOST_COUNTED", 3)
    for _ in range(5):
        WorkspaceFactory.create()

    assert module.BoundedPaginator(Workspace.objects.order_by("pk"), 2).count == 3


def test_a_key_with_a_past_expiry_is_refused_with_the_reason(console):
    workspace = WorkspaceFactory.create()
    past = timezone.now() - timedelta(days=1)

    answer = console.post(
        address(ApiKey, "add"),
        KEY_FORM
        | {"workspace": workspace.pk, "expires_at_0": f"{past:%Y-%m-%d}", "expires_at_1": "00:00:00"},
        follow=True,
    )

    assert "expiry lies in the past" in answer.content.decode()
    assert not ApiKey.objects.exists()
