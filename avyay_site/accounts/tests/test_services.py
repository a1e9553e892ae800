"""Invitations, roles and workspaces."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail as outbox_of
from hypothesis import given
from hypothesis import strategies as st

from avyay_site import events, mail
from avyay_site.accounts import services
from avyay_site.accounts.access import NotAllowed
from avyay_site.accounts.models import Invitation, Membership, Role, User, Workspace
from avyay_site.accounts.tests.factories import MembershipFactory, UserFactory, access_of
from avyay_site.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough phrase"


@pytest.fixture
def owner():
    return MembershipFactory.create()


@pytest.fixture
def by(owner):
    return access_of(owner)


@pytest.fixture
def invited(by, now):
    return services.invite_member(by=by, email="Ada@Example.org", role=Role.MEMBER, now=now)


def token_of(invited):
    return invited.link.rpartition("/")[2]


def test_an_invitation_is_mailed_with_its_link_and_only_the_digest_is_kept(invited, by):
    (message,) = outbox_of.outbox

    assert message.to == ["ada@example.org"]
    assert by.workspace.name in message.subject
    assert invited.link in message.body
    assert invited.is_mailed
    assert token_of(invited) not in str(Invitation.objects.values().get())


def test_an_invitation_is_in_the_audit_log_without_its_token(invited, by):
    entry = AuditEntry.objects.get(action="member.invite")

    assert entry.workspace == by.workspace
    assert token_of(invited) not in str(vars(entry))


def test_a_mail_server_that_is_away_leaves_the_link_to_hand_over(by, now, monkeypatch):
    def refuse(*_, **__):
        raise mail.UnableToSend("connection refused")

    monkeypatch.setattr(mail, "send", refuse)

    invited = services.invite_member(by=by, email="ada@example.org", now=now)

    assert not invited.is_mailed
    assert services.get_open_invitation(token=token_of(invited), now=now) == invited.invitation


@pytest.mark.parametrize(
    ("email", "role", "words"),
    [("not an address", Role.MEMBER, "not an e-mail"), ("ada@example.org", "king", "not a role")],
)
def test_a_wrong_address_or_role_is_refused_in_words(by, now, email, role, words):
    with pytest.raises(services.UnableToInvite, match=words):
        services.invite_member(by=by, email=email, role=role, now=now)


def test_a_member_is_not_invited_again(by, owner, now):
    with pytest.raises(services.UnableToInvite, match="member already"):
        services.invite_member(by=by, email=owner.user.email, now=now)


def test_only_an_owner_invites(now):
    with pytest.raises(NotAllowed):
        services.invite_member(
            by=access_of(MembershipFactory.create(role=Role.MEMBER)), email="ada@example.org", now=now
        )


def test_a_second_invitation_replaces_the_first(by, invited, now):
    services.invite_member(by=by, email="ada@example.org", role=Role.OWNER, now=now)

    with pytest.raises(services.UnableToJoin, match="not known"):
        services.get_open_invitation(token=token_of(invited), now=now)
    assert Invitation.objects.count() == 1


def test_a_new_person_joins_with_name_and_password(invited, by, now):
    membership = services.accept_invitation(token=token_of(invited), name="Ada", password=PASSWORD, now=now)

    assert (membership.workspace, membership.role) == (by.workspace, Role.MEMBER)
    assert membership.user.email == "ada@example.org"
    assert membership.user.check_password(PASSWORD)
    assert AuditEntry.objects.filter(action="member.join", user=membership.user).exists()


def test_joining_is_announced(invited, by, now, django_capture_on_commit_callbacks, monkeypatch):
    heard: list[services.MemberJoined] = []
    monkeypatch.setitem(events._handlers, services.MemberJoined, [heard.append])

    with django_capture_on_commit_callbacks(execute=True):
        joined = services.accept_invitation(token=token_of(invited), password=PASSWORD, now=now)

    assert heard == [services.MemberJoined(workspace_id=by.workspace_id, user_id=joined.user_id)]


def test_a_signed_in_person_is_attached(invited, now):
    bob = UserFactory.create()

    membership = services.accept_invitation(token=token_of(invited), user=bob, now=now)

    assert membership.user == bob
    assert not User.objects.filter(email="ada@example.org").exists()


def test_a_link_works_once(invited, now):
    services.accept_invitation(token=token_of(invited), password=PASSWORD, now=now)

    with pytest.raises(services.UnableToJoin, match="used already"):
        services.accept_invitation(token=token_of(invited), user=UserFactory.create(), now=now)


def test_a_link_dies_after_seven_days(invited, now):
    with pytest.raises(services.UnableToJoin, match="expired"):
        services.accept_invitation(
            token=token_of(invited), user=UserFactory.create(), now=now + timedelta(days=7)
        )


def test_a_weak_password_does_not_use_the_link_up(invited, now):
    with pytest.raises(services.UnableToJoin, match="too short"):
        services.accept_invitation(token=token_of(invited), password="short", now=now)

    assert services.accept_invitation(token=token_of(invited), password=PASSWORD, now=now)


def test_an_address_with_an_account_must_sign_in_first(invited, now):
    UserFactory.create(email="ada@example.org")

    with pytest.raises(services.UnableToJoin, match="sign in"):
        services.accept_invitation(token=token_of(invited), password=PASSWORD, now=now)


@pytest.mark.parametrize(
    ("has", "invited_as", "then"),
    [(Role.OWNER, Role.VIEWER, Role.OWNER), (Role.VIEWER, Role.MEMBER, Role.MEMBER)],
)
def test_a_member_who_follows_another_link_keeps_the_higher_role(by, now, has, invited_as, then):
    member = MembershipFactory.create(workspace=by.workspace, role=has)
    invited = services.invite_member(by=by, email="alias@example.org", role=invited_as, now=now)

    assert services.accept_invitation(token=token_of(invited), user=member.user, now=now).role == then


def test_a_cancelled_link_is_dead(by, invited, now):
    services.cancel_invitation(by=by, invitation=invited.invitation)

    with pytest.raises(services.UnableToJoin):
        services.get_open_invitation(token=token_of(invited), now=now)


def test_an_owner_changes_a_role_and_the_log_says_from_what_to_what(by):
    viewer = MembershipFactory.create(workspace=by.workspace, role=Role.VIEWER)

    services.change_role(by=by, membership=viewer, role=Role.OWNER)

    viewer.refresh_from_db()
    assert viewer.role == Role.OWNER
    assert AuditEntry.objects.get(action="member.change_role").detail == {"from": "viewer", "to": "owner"}


def test_the_last_owner_can_neither_step_down_nor_leave(by, owner):
    with pytest.raises(services.UnableToChangeMember, match="needs an owner"):
        services.change_role(by=by, membership=owner, role=Role.MEMBER)
    with pytest.raises(services.UnableToChangeMember, match="needs an owner"):
        services.remove_member(by=by, membership=owner)


def test_one_of_two_owners_may_leave(by, owner):
    MembershipFactory.create(workspace=by.workspace, role=Role.OWNER)

    services.remove_member(by=by, membership=owner)

    assert not Membership.objects.filter(pk=owner.pk).exists()


def test_a_member_may_leave_but_not_remove_others(by, owner):
    member = MembershipFactory.create(workspace=by.workspace, role=Role.MEMBER)

    with pytest.raises(NotAllowed):
        services.remove_member(by=access_of(member), membership=owner)
    services.remove_member(by=access_of(member), membership=member)

    assert Membership.objects.get() == owner


def test_whoever_makes_a_workspace_owns_it():
    user = UserFactory.create()

    membership = services.create_workspace(owner=user, name="Sky Team")

    assert (membership.user, membership.role, membership.workspace.slug) == (user, Role.OWNER, "sky-team")
    assert AuditEntry.objects.get().action == "workspace.create"


def test_a_taken_slug_is_refused_and_a_made_one_avoids_it():
    user = UserFactory.create()
    services.create_workspace(owner=user, name="Sky")

    with pytest.raises(services.UnableToCreateWorkspace, match="already exists"):
        services.create_workspace(owner=user, name="Sky", slug="sky")
    services.create_workspace(owner=user, name="Sky")

    assert Workspace.objects.filter(slug__startswith="sky").count() == 2


@given(st.text(max_size=120))
def test_a_slug_made_from_any_name_is_valid(name):
    Workspace(name="x", slug=services._free_slug(name)).clean_fields()
