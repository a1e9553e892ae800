"""Who am I, members and invitations over REST."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client

from avyay_site import limits
from avyay_site.accounts.models import Invitation, Membership, Role
from avyay_site.accounts.tests.factories import PASSWORD, MembershipFactory, WorkspaceFactory
from avyay_site.keys.tests.factories import issue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits(settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()


@pytest.fixture
def workspace():
    return WorkspaceFactory.create()


@pytest.fixture
def owner(workspace):
    return MembershipFactory.create(workspace=workspace, role=Role.OWNER)


@pytest.fixture
def caller(workspace):
    return Client(headers={"X-API-Key": issue(workspace).secret})


def test_a_person_is_told_who_they_are_without_scopes(workspace, owner):
    client = Client()
    client.login(username=owner.user.email, password=PASSWORD)

    body = client.get("/api/v1/me").json()

    assert (body["role"], body["scopes"], body["key"]) == ("owner", [], None)
    assert body["user"]["email"] == owner.user.email


def test_the_workspace_is_shown(caller, workspace):
    assert caller.get("/api/v1/workspace").json()["slug"] == workspace.slug


def test_an_owner_renames_the_workspace_and_a_member_does_not(caller, workspace):
    member = MembershipFactory.create(workspace=workspace, role=Role.MEMBER)
    person = Client()
    person.login(username=member.user.email, password=PASSWORD)

    renamed = caller.patch("/api/v1/workspace", {"name": "Night shift"}, "application/json")
    refused = person.patch("/api/v1/workspace", {"name": "Mine"}, "application/json")

    assert (renamed.status_code, renamed.json()["name"]) == (200, "Night shift")
    assert refused.status_code == 403
    workspace.refresh_from_db()
    assert workspace.name == "Night shift"


def test_a_role_is_changed_and_a_member_removed(caller, workspace, owner):
    member = MembershipFactory.create(workspace=workspace, role=Role.MEMBER)
    address = f"/api/v1/members/{member.pk}"

    changed = caller.patch(address, {"role": "viewer"}, "application/json")

    assert (changed.status_code, changed.json()["role"]) == (200, "viewer")
    assert caller.delete(address).status_code == 204
    assert caller.get(address).status_code == 404
    assert list(Membership.objects.filter(workspace=workspace)) == [owner]


def test_the_last_owner_stays(caller, owner):
    address = f"/api/v1/members/{owner.pk}"

    for answer in (caller.patch(address, {"role": "viewer"}, "application/json"), caller.delete(address)):
        assert answer.status_code == 409
        assert "needs an owner" in answer.json()["detail"]


def test_an_invitation_shows_its_link_once_and_can_be_withdrawn(caller, workspace):
    made = caller.post("/api/v1/invitations", {"email": "New@Example.org"}, "application/json")

    assert made.status_code == 201, made.content
    body = made.json()
    assert body["is_mailed"] is True
    assert body["link"] in mail.outbox[0].body
    read = caller.get(made["Location"]).json()
    assert read["email"] == "new@example.org"
    assert "link" not in read
    assert caller.delete(made["Location"]).status_code == 204
    assert not Invitation.objects.exists()


def test_a_key_that_may_only_write_elsewhere_manages_no_members(workspace, owner):
    client = Client(headers={"X-API-Key": issue(workspace, scopes=["marga:write", "platform:read"]).secret})

    assert client.get("/api/v1/members").status_code == 200
    assert (
        client.patch(f"/api/v1/members/{owner.pk}", {"role": "viewer"}, "application/json").status_code == 403
    )
