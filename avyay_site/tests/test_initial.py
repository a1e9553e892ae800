from __future__ import annotations

import pytest

from avyay_site import initial
from avyay_site.accounts.models import Membership, Role, User, Workspace
from avyay_site.env import WrongVariable
from avyay_site.keys import format as key_format
from avyay_site.keys.models import ApiKey, Scope
from avyay_site.keys.queries import get_access

pytestmark = pytest.mark.django_db


def test_first_rows_are_an_admin_a_workspace_and_a_key_with_every_scope(now):
    made = initial.make_first_rows(now=now)

    admin = User.objects.get()
    assert (admin.email, admin.is_staff, admin.is_superuser) == ("admin@example.com", True, True)
    assert admin.check_password(made.password or "")
    assert Membership.objects.get(user=admin).role == Role.OWNER
    access = get_access(made.api_key or "", now=now)
    assert access is not None
    assert access.scopes == frozenset(Scope.values)
    assert Workspace.objects.get().slug == made.workspace == "default"


def test_a_second_start_makes_nothing_and_tells_no_secret(now):
    initial.make_first_rows(now=now)

    again = initial.make_first_rows(now=now)

    assert again == initial.FirstStart(admin_email="admin@example.com", workspace="default")
    assert (User.objects.count(), Workspace.objects.count(), ApiKey.objects.count()) == (1, 1, 1)


def test_given_rows_are_used_and_given_secrets_not_told(now, monkeypatch):
    key = key_format.generate()
    monkeypatch.setenv("AVYAY_INIT_ADMIN_EMAIL", "ops@example.org")
    monkeypatch.setenv("AVYAY_INIT_ADMIN_PASSWORD", "a given password")
    monkeypatch.setenv("AVYAY_INIT_WORKSPACE", "acme")
    monkeypatch.setenv("AVYAY_INIT_API_KEY", key)

    made = initial.make_first_rows(now=now)

    assert made == initial.FirstStart(admin_email="ops@example.org", workspace="acme")
    assert User.objects.get().check_password("a given password")
    access = get_access(key, now=now)
    assert access is not None
    assert access.workspace.slug == "acme"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AVYAY_INIT_ADMIN_EMAIL", "nobody"),
        ("AVYAY_INIT_WORKSPACE", "Two Words"),
        ("AVYAY_INIT_API_KEY", "avy_live_tooshort"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_made(now, monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(WrongVariable, match=name):
        initial.make_first_rows(now=now)
    assert not User.objects.exists()


def test_an_up_to_date_database_needs_no_migration():
    assert initial.migrate_if_needed() is False
