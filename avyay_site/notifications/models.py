"""Where a workspace is notified, and each message with its fate: the row is the truth, a task only a hint."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from avyay_site.accounts.models import Owned, OwnedManager, User, WorkspaceOwned
from avyay_site.fields import EncryptedTextField, IdField


class Kind(models.TextChoices):
    """How a channel carries its messages."""

    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Webhook (signed)"
    SLACK = "slack", "Slack"


class ChannelQuerySet(Owned):
    def ready(self, now: datetime) -> Self:
        """Keep the channels that may send now: on, not sending, and not resting after a failure."""
        return self.filter(Q(busy_until=None) | Q(busy_until__lte=now), is_enabled=True)


class ChannelManager(OwnedManager.from_queryset(ChannelQuerySet)):  # type: ignore[misc]
    """Channels, with what their QuerySet can do."""


class Channel(WorkspaceOwned):
    """One receiver of a workspace's notifications.

    target: what may be shown: the address, the URL, or for Slack the URL without its secret part.
    secret: what signs a webhook's messages (`whsec_…`), or the whole Slack URL.
    busy_until: no other worker sends before; a lease while sending, a rest after a failure.
    failures: failed attempts since the latest success.
    """

    id = IdField("chn")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    target = models.CharField(max_length=500)
    secret = EncryptedTextField(blank=True, default="")
    event_types = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    is_enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=200, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    busy_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[ChannelManager] = ChannelManager()

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["workspace", "-created_at", "id"], name="channel_newest_first")]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"


class Status(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class DeliveryQuerySet(Owned):
    def due(self, now: datetime) -> Self:
        """Keep what is to be sent now."""
        return self.filter(status=Status.WAITING, next_attempt_at__lte=now)


class DeliveryManager(OwnedManager.from_queryset(DeliveryQuerySet)):  # type: ignore[misc]
    """Deliveries, with what their QuerySet can do."""


class Delivery(WorkspaceOwned):
    """One message to one channel. Its id goes out as the webhook's id, the same for every attempt."""

    id = IdField("msg")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    event_type = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[DeliveryManager] = DeliveryManager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="delivery_newest_first"),
            models.Index(
                fields=["channel", "next_attempt_at"], condition=Q(status="waiting"), name="delivery_waiting"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="waiting") | Q(next_attempt_at__isnull=False),
                name="delivery_waiting_has_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_type} to {self.channel_id}"
