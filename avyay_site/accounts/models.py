"""Users, workspaces and memberships: every row of every product belongs to a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from avyay_site.fields import IdField

if TYPE_CHECKING:
    from avyay_site.accounts.access import Access


class UserManager(BaseUserManager["User"]):
    """Users sign in by e-mail address, compared without regard to case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user; without a password the account can only be entered by invitation."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an operator who may use the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. What they may do in a workspace is said by their membership."""

    id = IdField("user")
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may use the admin", default=False)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["email"]

    def __str__(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def visible_to(self, access: Access) -> Self:
        """Keep the workspace that is being asked in."""
        return self.filter(pk=access.workspace_id)


class Workspace(models.Model):
    """A team's room: keys, usage and every product's rows hang on it."""

    id = IdField("ws")
    name = models.CharField(max_length=80)
    slug = models.SlugField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9-]*$", "Use lower-case letters, digits and '-'.")],
    )
    created_at = models.DateTimeField(auto_now_add=True)
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="workspaces"
    )

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do; each role includes the ones below it."""

    OWNER = "owner", "Owner"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"


class Owned(models.QuerySet[Any]):
    """Rows that belong to a workspace: each read of each product starts with `visible_to`."""

    def visible_to(self, access: Access) -> Self:
        """Keep the rows of the workspace that is being asked in; another workspace's rows do not exist."""
        return self.filter(workspace_id=access.workspace_id)


class OwnedManager(models.Manager.from_queryset(Owned)):  # type: ignore[misc]
    """The manager of every row that belongs to a workspace."""


class WorkspaceOwned(models.Model):
    """Base of every row that belongs to a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")

    objects: ClassVar[OwnedManager] = OwnedManager()

    class Meta:
        abstract = True


class Membership(WorkspaceOwned):
    """A user's role in a workspace."""

    id = IdField("mem")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["workspace", "user"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace} ({self.get_role_display()})"


class Invitation(WorkspaceOwned):
    """A one-time link by which somebody joins a workspace; only the digest of its token is kept."""

    id = IdField("inv")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return f"{self.email} to {self.workspace}"

    def is_open(self, now: Any) -> bool:
        """Tell whether the link may still be used."""
        return self.accepted_at is None and now < self.expires_at
