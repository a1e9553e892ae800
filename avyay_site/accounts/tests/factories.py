"""Valid minimal rows of accounts."""

from __future__ import annotations

from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory, Password

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Membership, Role, User, Workspace

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = Sequence(lambda n: f"person{n}@example.org")
    password = Password(PASSWORD)


class WorkspaceFactory(DjangoModelFactory[Workspace]):
    class Meta:
        model = Workspace

    name = Sequence(lambda n: f"Team {n}")
    slug = Sequence(lambda n: f"team-{n}")


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    workspace = SubFactory(WorkspaceFactory)
    user = SubFactory(UserFactory)
    role = Role.OWNER


def access_of(membership: Membership) -> Access:
    """Return the browser access that a membership gives."""
    return Access(workspace=membership.workspace, role=Role(membership.role), user=membership.user)
