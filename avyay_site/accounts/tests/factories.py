"""Valid minimal rows of accounts."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Membership, Role, User, Workspace

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.django.Password(PASSWORD)


class WorkspaceFactory(DjangoModelFactory[Workspace]):
    class Meta:
        model = Workspace

    name = factory.Sequence(lambda n: f"Team {n}")
    slug = factory.Sequence(lambda n: f"team-{n}")


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    workspace = factory.SubFactory(WorkspaceFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.OWNER


def access_of(membership: Membership) -> Access:
    """Return the browser access that a membership gives."""
    return Access(workspace=membership.workspace, role=Role(membership.role), user=membership.user)
