"""Pages of accounts: signing in, joining, members, workspaces."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from avyay_site import limits
from avyay_site.accounts import services
from avyay_site.accounts.models import Invitation, Membership, Role, User
from avyay_site.accounts.tests.factories import PASSWORD, MembershipFactory, UserFactory, access_of
from avyay_site.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a long and winding password"


@pytest.fixture
def owner() -> Membership:
    return MembershipFactory.create(role=Role.OWNER)


@pytest.fixture
def pages(client: Client, owner: Membership) -> Client:
    client.force_login(owner.user)
    return client


def _path_of_invitation(owner: Membership, email: str = "ada@example.org", role: str = Role.MEMBER) -> str:
    made = services.invite_member(by=access_of(owner), email=email, role=role, now=timezone.now())
    return reverse("join", args=[made.link.rpartition("/")[2]])


class TestSigningIn:
    @pytest.fixture(autouse=True)
    def _fresh_limits(self) -> None:
        limits.forget()

    def test_right_password_leads_home(self, client: Client, owner: Membership):
        response = client.post(
            reverse("sign_in"), {"username": owner.user.email.upper(), "password": PASSWORD}
        )

        assert response["Location"] == reverse("home")

    def test_wrong_password_is_explained(self, client: Client, owner: Membership):
        response = client.post(reverse("sign_in"), {"username": owner.user.email, "password": "wrong"})

        assert "The address or the password is wrong" in response.content.decode()

    def test_guessing_is_slowed_down_for_that_account_only(self, client: Client, owner: Membership):
        other = UserFactory.create()
        for _ in range(10):
            client.post(reverse("sign_in"), {"username": owner.user.email, "password": "wrong"})

        refused = client.post(reverse("sign_in"), {"username": owner.user.email, "password": PASSWORD})
        let_in = client.post(reverse("sign_in"), {"username": other.email, "password": PASSWORD})

        assert refused.status_code == 429
        assert int(refused["Retry-After"]) > 0
        assert let_in.status_code == 302

    def test_next_does_not_lead_elsewhere(self, client: Client, owner: Membership):
        asked = {"username": owner.user.email, "password": PASSWORD, "next": "https://evil.example/"}

        assert client.post(reverse("sign_in"), asked)["Location"] == reverse("home")


class TestJoining:
    def test_invited_person_makes_an_account_and_is_led_to_the_first_request(
        self, client: Client, owner: Membership
    ):
        path = _path_of_invitation(owner)

        response = client.post(path, {"name": "Ada", "password": NEW_PASSWORD})

        assert response["Location"] == reverse("start")
        assert Membership.objects.get(user__email="ada@example.org").workspace == owner.workspace
        assert client.get(reverse("start")).status_code == 200

    def test_weak_password_is_explained_and_the_link_still_works(self, client: Client, owner: Membership):
        path = _path_of_invitation(owner)

        weak = client.post(path, {"name": "Ada", "password": "short"})
        strong = client.post(path, {"name": "Ada", "password": NEW_PASSWORD})

        assert "at least 10 characters" in weak.content.decode()
        assert strong.status_code == 302

    def test_link_works_once(self, client: Client, owner: Membership):
        path = _path_of_invitation(owner)
        client.post(path, {"name": "Ada", "password": NEW_PASSWORD})

        again = Client().get(path)

        assert again.status_code == 410
        assert "used already" in again.content.decode()

    def test_somebody_with_an_account_is_asked_to_sign_in(self, client: Client, owner: Membership):
        known = UserFactory.create()
        path = _path_of_invitation(owner, known.email)

        html = client.get(path).content.decode()

        assert f"{reverse('sign_in')}?next={path}" in html
        assert "Create account" not in html

    def test_signed_in_person_joins_with_one_button(self, client: Client, owner: Membership):
        known = UserFactory.create()
        client.force_login(known)

        client.post(_path_of_invitation(owner, known.email))

        assert Membership.objects.filter(user=known, workspace=owner.workspace).exists()

    def test_unknown_link_is_explained(self, client: Client):
        response = client.get(reverse("join", args=["nothing"]))

        assert response.status_code == 410
        assert "not known" in response.content.decode()


class TestMembers:
    def test_invitation_shows_its_link_once(self, pages: Client):
        shown = pages.post(
            reverse("members"), {"email": "new@example.org", "role": "viewer"}
        ).content.decode()
        later = pages.get(reverse("members")).content.decode()

        assert "/join/" in shown
        assert "/join/" not in later
        assert "new@example.org" in later

    def test_member_cannot_be_invited_twice(self, pages: Client, owner: Membership):
        html = pages.post(reverse("members"), {"email": owner.user.email, "role": "viewer"}).content.decode()

        assert "is a member already" in html

    def test_role_is_changed(self, pages: Client, owner: Membership):
        other = MembershipFactory.create(workspace=owner.workspace, role=Role.VIEWER)

        pages.post(reverse("member_role", args=[other.pk]), {"role": "member"})

        other.refresh_from_db()
        assert other.role == Role.MEMBER

    def test_last_owner_stays(self, pages: Client, owner: Membership):
        response = pages.post(reverse("member_remove", args=[owner.pk]), follow=True)

        assert "needs an owner" in response.content.decode()
        assert Membership.objects.filter(pk=owner.pk).exists()

    def test_leaving_asks_first(self, client: Client, owner: Membership):
        other = MembershipFactory.create(workspace=owner.workspace, role=Role.VIEWER)
        client.force_login(other.user)
        assert "Leave" in client.get(reverse("member_remove", args=[other.pk])).content.decode()

        client.post(reverse("member_remove", args=[other.pk]))

        assert not Membership.objects.filter(pk=other.pk).exists()

    def test_invitation_can_be_cancelled(self, pages: Client, owner: Membership):
        _path_of_invitation(owner)
        invitation = Invitation.objects.get()

        pages.post(reverse("invitation_cancel", args=[invitation.pk]))

        assert not Invitation.objects.exists()

    def test_viewer_is_refused(self, client: Client, owner: Membership):
        viewer = MembershipFactory.create(workspace=owner.workspace, role=Role.VIEWER)
        client.force_login(viewer.user)

        refused = [
            client.post(reverse("members"), {"email": "x@example.org", "role": "owner"}),
            client.post(reverse("member_role", args=[viewer.pk]), {"role": "owner"}),
            client.post(reverse("member_remove", args=[owner.pk])),
        ]

        assert [response.status_code for response in refused] == [403] * 3

    @pytest.mark.parametrize("name", ["member_role", "member_remove"])
    def test_member_of_another_workspace_does_not_exist(self, pages: Client, name: str):
        foreign = MembershipFactory.create()

        assert pages.post(reverse(name, args=[foreign.pk]), {"role": "viewer"}).status_code == 404


class TestSettings:
    def test_profile_is_saved(self, pages: Client, owner: Membership):
        pages.post(reverse("settings"), {"form": "profile", "name": "Grace"})

        owner.user.refresh_from_db()
        assert owner.user.name == "Grace"

    def test_workspace_is_renamed_and_audited(self, pages: Client, owner: Membership):
        pages.post(reverse("settings"), {"form": "workspace", "workspace_name": "Ink"})

        owner.workspace.refresh_from_db()
        assert owner.workspace.name == "Ink"
        assert AuditEntry.objects.filter(action="workspace.rename").exists()

    def test_only_owners_rename(self, client: Client):
        member = MembershipFactory.create(role=Role.MEMBER)
        client.force_login(member.user)

        response = client.post(reverse("settings"), {"form": "workspace", "workspace_name": "Mine"})

        assert response.status_code == 403

    def test_password_is_changed(self, pages: Client, owner: Membership):
        asked = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}

        pages.post(reverse("password_change"), asked)

        assert User.objects.get(pk=owner.user.pk).check_password(NEW_PASSWORD)

    def test_workspace_is_made_and_entered(self, pages: Client, owner: Membership):
        pages.post(reverse("workspace_create"), {"workspace_name": "Second"})

        assert "Second" in pages.get(reverse("home")).content.decode()
        assert Membership.objects.get(user=owner.user, workspace__name="Second").role == Role.OWNER

    def test_workspace_is_switched(self, pages: Client, owner: Membership):
        second = MembershipFactory.create(user=owner.user, workspace__name="Second")

        pages.post(reverse("workspace_switch"), {"workspace": second.workspace_id})

        assert "<h1>Second</h1>" in pages.get(reverse("home")).content.decode()

    def test_foreign_workspace_cannot_be_entered(self, pages: Client):
        foreign = MembershipFactory.create()

        assert pages.post(reverse("workspace_switch"), {"workspace": foreign.workspace_id}).status_code == 404
