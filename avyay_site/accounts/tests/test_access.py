from __future__ import annotations

import pytest

from avyay_site.accounts import access
from avyay_site.accounts.models import Invitation, Membership, Role
from avyay_site.accounts.tests.factories import MembershipFactory, UserFactory, WorkspaceFactory
from avyay_site.keys.models import ApiKey
from avyay_site.keys.tests.factories import issue

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.MEMBER, {Role.VIEWER, Role.MEMBER}),
        (Role.OWNER, {Role.VIEWER, Role.MEMBER, Role.OWNER}),
    ],
)
def test_each_role_includes_the_ones_below_it(role, allowed):
    mine = access.Access(workspace=WorkspaceFactory.create(name="Crew"), role=role)

    assert {wanted for wanted in Role if mine.has_role(wanted)} == allowed
    for refused in set(Role) - allowed:
        with pytest.raises(access.NotAllowed, match=f"role {refused.label.lower()} in Crew"):
            mine.require_role(refused)


def test_scopes_bind_keys_and_not_people():
    workspace = WorkspaceFactory.create()
    key = issue(workspace, scopes=["marga:call"]).key
    by_key = access.Access(workspace=workspace, role=Role.OWNER, key=key, scopes=frozenset(key.scopes))

    by_key.require_scope("marga:call")
    with pytest.raises(access.NotAllowed, match="needs the scope platform:read; the key has marga:call"):
        by_key.require_scope("platform:read")
    access.for_system(workspace).require_scope("platform:read")


def test_a_user_enters_the_wanted_workspace_only_as_its_member():
    first, second = MembershipFactory.create(role=Role.VIEWER), WorkspaceFactory.create()
    MembershipFactory.create(user=first.user, workspace=second, role=Role.OWNER)
    foreign = WorkspaceFactory.create()

    def entered(wanted: str | None) -> tuple[object, Role]:
        found = access.for_user(first.user, wanted)
        assert found is not None
        return found.workspace, found.role

    assert entered(second.pk) == (second, Role.OWNER)
    assert entered(None) == (first.workspace, Role.VIEWER)
    assert entered(foreign.pk) == (first.workspace, Role.VIEWER)
    assert access.for_user(UserFactory.create()) is None


def test_the_log_gets_a_name_for_every_kind_of_asker():
    membership = MembershipFactory.create()
    key = issue(membership.workspace).key
    system = access.for_system(membership.workspace)

    assert system.actor == "system"
    person = access.for_user(membership.user)
    assert person is not None
    assert person.actor == membership.user.email
    assert access.Access(membership.workspace, Role.OWNER, key=key).actor == f"key {key.display}"


@pytest.mark.parametrize("model", [ApiKey, Membership, Invitation])
def test_rows_of_another_workspace_do_not_exist(model, now):
    ours, theirs = (access.for_system(WorkspaceFactory.create()) for _ in range(2))
    for number, mine in enumerate((ours, theirs)):
        issue(mine.workspace)
        MembershipFactory.create(workspace=mine.workspace)
        Invitation.objects.create(
            workspace=mine.workspace, email="a@example.org", digest=str(number), expires_at=now
        )

    assert [row.workspace for row in model.objects.visible_to(ours)] == [ours.workspace]
