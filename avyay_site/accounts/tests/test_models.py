from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from avyay_site.accounts.models import Invitation, Membership, User, Workspace
from avyay_site.accounts.tests.factories import MembershipFactory, WorkspaceFactory

pytestmark = pytest.mark.django_db


def test_an_address_is_the_same_in_any_case():
    user = User.objects.create_user(" Ada@Example.ORG ", "a long password")

    assert user.email == "ada@example.org"
    assert User.objects.get_by_natural_key("ADA@example.org") == user
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ada@EXAMPLE.org")


def test_an_account_without_a_password_cannot_be_entered():
    assert not User.objects.create_user("a@example.org").has_usable_password()


def test_only_operators_may_use_the_admin():
    assert not User.objects.create_user("a@example.org").is_staff
    assert User.objects.create_superuser("b@example.org").is_staff


def test_nobody_is_twice_a_member_of_one_workspace():
    membership = MembershipFactory.create()

    with pytest.raises(IntegrityError, match="membership_once"), transaction.atomic():
        Membership.objects.create(workspace=membership.workspace, user=membership.user)


@pytest.mark.parametrize("slug", ["Upper", "1st", "with space", "ünder", "-dash", ""])
def test_a_slug_fits_into_an_address(slug):
    with pytest.raises(ValidationError, match="slug"):
        Workspace(name="a", slug=slug).full_clean()


def test_an_invitation_is_open_until_it_is_used_or_expires(now):
    invitation = Invitation(workspace=WorkspaceFactory.create(), email="a@example.org", expires_at=now)

    assert invitation.is_open(now - timedelta(seconds=1))
    assert not invitation.is_open(now)
    invitation.accepted_at = now
    assert not invitation.is_open(now - timedelta(seconds=1))
