"""API keys as rows: the secret itself is never stored, only its HMAC."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from avyay_site.accounts.models import Owned, OwnedManager, User, WorkspaceOwned
from avyay_site.fields import EncryptedTextField, IdField


class Scope(models.TextChoices):
    """What a key may do, by product."""

    MARGA_CALL = "marga:call", "Call models through the gateway"
    MARGA_READ = "marga:read", "Read gateway settings"
    MARGA_WRITE = "marga:write", "Change gateway settings"
    RAKSHA_READ = "raksha:read", "Read scans and findings"
    RAKSHA_WRITE = "raksha:write", "Start scans and triage findings"
    DEVOPS_RAG_READ = "devops_rag:read", "Search runbooks and incidents"
    DEVOPS_RAG_WRITE = "devops_rag:write", "Send alerts and documents"
    BUILDENGINE_READ = "buildengine:read", "Read tasks and nodes"
    BUILDENGINE_WRITE = "buildengine:write", "Submit and steer tasks"
    PLATFORM_READ = "platform:read", "Read keys, usage, members and audit"
    PLATFORM_WRITE = "platform:write", "Change keys, members and notifications"


class State(models.TextChoices):
    """Where a key stands; derived from its times, never stored."""

    ACTIVE = "active", "Active"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"


class ApiKeyQuerySet(Owned):
    def active(self, now: datetime) -> Self:
        """Keep the keys that may be used at this moment."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


class ApiKeyManager(OwnedManager.from_queryset(ApiKeyQuerySet)):  # type: ignore[misc]
    """Keys, with what their QuerySet can do."""


class ApiKey(WorkspaceOwned):
    """A key of a workspace: who may call, what, how fast and for how much money.

    bucket: whose calls these are (`people`, `agents`, `content` …); later it chooses the provider credential.
    Limits that are None do not apply. A rolled key gets its successor in `successor` and expires after the overlap.
    """

    id = IdField("key")
    name = models.CharField(max_length=80)
    shown_prefix = models.CharField(max_length=16, editable=False)
    latest4 = models.CharField("last four characters", max_length=4, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope.choices), default=list)
    bucket = models.SlugField(max_length=40, default="people")
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True)
    concurrency = models.PositiveIntegerField(null=True, blank=True)
    monthly_budget_usd = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    successor = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="predecessor", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    latest_used_at = models.DateTimeField("last used", null=True, blank=True, editable=False)

    objects: ClassVar[ApiKeyManager] = ApiKeyManager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["workspace", "-created_at", "id"], name="key_newest_first")]
        constraints = [
            models.CheckConstraint(
                condition=Q(monthly_budget_usd=None) | Q(monthly_budget_usd__gte=0),
                name="key_budget_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gte=F("created_at")),
                name="key_expires_after_creation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.display})"

    @property
    def display(self) -> str:
        """The part that may be shown: prefix…last4."""
        return f"{self.shown_prefix}…{self.latest4}"

    def state(self, now: datetime) -> State:
        """Tell where the key stands at this moment."""
        if self.revoked_at is not None:
            return State.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return State.EXPIRED
        return State.ACTIVE


class InternalKey(WorkspaceOwned):
    """The key with which the platform itself calls models for a workspace; the only key whose secret is kept."""

    key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, related_name="+")
    secret = EncryptedTextField()

    class Meta:
        ordering = ["workspace"]
        constraints = [models.UniqueConstraint(fields=["workspace"], name="internal_key_once")]

    def __str__(self) -> str:
        return f"internal key of {self.workspace}"
