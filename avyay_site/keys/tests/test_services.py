from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from avyay_site import events
from avyay_site.accounts.access import Access, NotAllowed, for_system
from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.audit.models import AuditEntry
from avyay_site.keys import services
from avyay_site.keys.format import generate
from avyay_site.keys.models import ApiKey, State
from avyay_site.keys.queries import get_access
from avyay_site.keys.services import Limits, UnableToChangeKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
LIMITS = Limits(
    requests_per_minute=60, tokens_per_minute=1000, concurrency=4, monthly_budget_usd=Decimal("12.5")
)


@pytest.fixture
def owner():
    return for_system(WorkspaceFactory.create())


@pytest.fixture
def issued(owner, now):
    return services.issue_key(
        by=owner, name="first", scopes=["marga:call"], limits=LIMITS, bucket="agents", now=now
    )


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_the_secret_is_stored_nowhere(issued):
    row = ApiKey.objects.values().get()

    assert all(issued.secret not in str(value) for value in row.values())
    assert all(issued.secret not in str(value) for value in AuditEntry.objects.values().get().values())
    assert issued.key.display == f"{issued.secret[:13]}…{issued.secret[-4:]}"


def test_a_new_key_lets_in_with_its_scopes(issued, owner, now):
    access = get_access(issued.secret, now=now)

    assert access is not None
    assert (access.workspace, access.key, access.scopes) == (
        owner.workspace,
        issued.key,
        frozenset({"marga:call"}),
    )
    assert access.role is Role.MEMBER


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scopes": ["marga:dance"]}, "Unknown scope 'marga:dance'"),
        ({"scopes": []}, "at least one scope"),
        ({"expires_at": timedelta(0)}, "lies in the past"),
        ({"secret": "avy_live_made-up"}, "does not have the form"),
    ],
)
def test_a_key_is_refused_with_the_reason(owner, now, changes, reason):
    asked = {"name": "a", "scopes": ["marga:call"], **changes}
    if "expires_at" in asked:
        asked["expires_at"] = now + asked["expires_at"]

    with pytest.raises(UnableToChangeKey, match=reason):
        services.issue_key(by=owner, now=now, **asked)

    assert (ApiKey.objects.count(), actions()) == (0, [])


def test_an_operators_own_key_is_taken_at_the_first_start(owner, now):
    secret = generate()

    assert (
        services.issue_key(by=owner, name="a", scopes=["marga:call"], now=now, secret=secret).secret == secret
    )


def test_a_viewer_issues_rolls_changes_and_revokes_nothing(issued, owner, now):
    viewer = Access(workspace=owner.workspace, role=Role.VIEWER)

    for act in (
        lambda: services.issue_key(by=viewer, name="a", scopes=["marga:call"], now=now),
        lambda: services.change_key(by=viewer, key=issued.key, name="b", limits=LIMITS, bucket="people"),
        lambda: services.roll_key(by=viewer, key=issued.key, now=now),
        lambda: services.revoke_key(by=viewer, key=issued.key, now=now),
    ):
        with pytest.raises(NotAllowed):
            act()

    assert actions() == ["key.issue"]


def test_a_member_cannot_become_an_owner_by_a_key(owner, now):
    member = Access(workspace=owner.workspace, role=Role.MEMBER)
    strong = services.issue_key(by=owner, name="strong", scopes=["platform:write"], now=now).key

    with pytest.raises(NotAllowed, match="role owner"):
        services.issue_key(by=member, name="a", scopes=["platform:write"], now=now)
    with pytest.raises(NotAllowed, match="role owner"):
        services.roll_key(by=member, key=strong, now=now)
    services.issue_key(by=member, name="a", scopes=["platform:read", "marga:write"], now=now)


def test_a_key_cannot_raise_itself_by_rolling_a_stronger_one(issued, owner, now):
    weak = services.issue_key(by=owner, name="weak", scopes=["platform:write"], now=now).key
    by_weak = Access(workspace=owner.workspace, role=Role.OWNER, key=weak, scopes=frozenset(weak.scopes))

    with pytest.raises(NotAllowed, match="hand on scopes"):
        services.roll_key(by=by_weak, key=issued.key, now=now)

    issued.key.refresh_from_db()
    assert issued.key.successor is None


def test_rolling_keeps_every_setting_and_both_keys_work_during_the_overlap(issued, owner, now):
    rolled = services.roll_key(by=owner, key=issued.key, overlap=timedelta(hours=1), now=now)

    old = ApiKey.objects.get(pk=issued.key.pk)
    kept = ("name", "scopes", "bucket", *Limits.__dataclass_fields__)
    assert [getattr(rolled.key, name) for name in kept] == [getattr(old, name) for name in kept]
    assert (old.successor, old.expires_at) == (rolled.key, now + timedelta(hours=1))
    just_before, end = now + timedelta(minutes=59), now + timedelta(hours=1)
    assert get_access(issued.secret, now=just_before) is not None
    assert get_access(issued.secret, now=end) is None
    assert get_access(rolled.secret, now=end) is not None


def test_the_overlap_never_makes_a_key_live_longer(owner, now):
    ends_at = now + timedelta(minutes=5)
    key = services.issue_key(by=owner, name="short", scopes=["marga:call"], expires_at=ends_at, now=now).key

    services.roll_key(by=owner, key=key, overlap=timedelta(days=1), now=now)

    key.refresh_from_db()
    assert key.expires_at == ends_at


def test_only_an_active_key_is_rolled_and_only_once(issued, owner, now):
    with pytest.raises(UnableToChangeKey, match="negative"):
        services.roll_key(by=owner, key=issued.key, overlap=timedelta(seconds=-1), now=now)
    services.roll_key(by=owner, key=issued.key, now=now)
    with pytest.raises(UnableToChangeKey, match="rolled already"):
        services.roll_key(by=owner, key=issued.key, now=now)
    with pytest.raises(UnableToChangeKey, match="expired"):
        services.roll_key(by=owner, key=issued.key, now=now + timedelta(days=2))
    services.revoke_key(by=owner, key=issued.key, now=now)
    with pytest.raises(UnableToChangeKey, match="revoked"):
        services.roll_key(by=owner, key=issued.key, now=now)


def test_revoking_works_once_and_stays(issued, owner, now):
    assert services.revoke_key(by=owner, key=issued.key, now=now)
    assert not services.revoke_key(by=owner, key=issued.key, now=now + timedelta(days=1))

    issued.key.refresh_from_db()
    assert (issued.key.revoked_at, issued.key.state(now)) == (now, State.REVOKED)
    assert get_access(issued.secret, now=now) is None
    assert actions() == ["key.issue", "key.revoke"]


def test_every_act_is_announced_after_the_commit(
    issued, owner, now, django_capture_on_commit_callbacks, monkeypatch
):
    heard: list[str] = []
    monkeypatch.setitem(events._handlers, services.KeyChanged, [lambda event: heard.append(event.key_id)])

    with django_capture_on_commit_callbacks(execute=True):
        services.change_key(by=owner, key=issued.key, name="b", limits=Limits(), bucket="people")
        assert heard == []

    assert heard == [issued.key.pk]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"monthly_budget_usd": Decimal(-1)}, "key_budget_not_negative"),
        ({"expires_at": timedelta(days=-9000)}, "key_expires_after_creation"),
    ],
)
def test_the_database_holds_the_rules_of_a_key(issued, now, change, constraint):
    values = {name: now + value if isinstance(value, timedelta) else value for name, value in change.items()}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ApiKey.objects.filter(pk=issued.key.pk).update(**values)
