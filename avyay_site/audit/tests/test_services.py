from __future__ import annotations

import pytest
import structlog
from django.db import transaction

from avyay_site.accounts.access import Access, for_system
from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.audit.models import AuditEntry
from avyay_site.audit.services import record
from avyay_site.keys.tests.factories import issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def membership():
    return MembershipFactory.create()


def test_an_entry_names_person_key_or_system_the_target_and_the_request(membership):
    key = issue(membership.workspace).key
    by_key = Access(membership.workspace, Role.OWNER, key=key)

    with structlog.contextvars.bound_contextvars(request_id="req_12345678"):
        entries = [
            record(by=by, action="member.test", target=membership, detail={"to": "viewer"})
            for by in (access_of(membership), by_key, for_system(membership.workspace))
        ]

    assert [(e.actor, e.user, e.key_id) for e in entries] == [
        (membership.user.email, membership.user, ""),
        (f"key {key.display}", None, key.pk),
        ("system", None, ""),
    ]
    for entry in entries:
        assert (entry.workspace, entry.request_id) == (membership.workspace, "req_12345678")
        assert (entry.target_type, entry.target_id) == ("membership", membership.pk)
        assert entry.target_name == str(membership)
        assert entry.detail == {"to": "viewer"}


def test_an_act_that_is_undone_leaves_no_entry(membership):
    @transaction.atomic
    def act() -> None:
        record(by=access_of(membership), action="member.test", target=membership)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()

    assert not AuditEntry.objects.exists()


def test_a_long_name_is_cut_instead_of_failing_the_act(membership):
    membership.workspace.name = "x" * 300

    assert len(record(by=access_of(membership), action="member.test", target=membership).target_name) == 200
