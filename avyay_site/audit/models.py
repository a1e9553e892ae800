"""The audit log: who did what to what, and when. Rows are added and read, never changed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from avyay_site.accounts.models import OwnedManager, User, Workspace
from avyay_site.fields import IdField


class AuditEntry(models.Model):
    """One act. The workspace is empty for acts on the platform itself (admin)."""

    id = IdField("aud")
    workspace = models.ForeignKey(
        Workspace, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    happened_at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=254)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    key_id = models.CharField(max_length=40, blank=True)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=60)
    target_name = models.CharField(max_length=200)
    detail = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects: ClassVar[OwnedManager] = OwnedManager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-happened_at", "-id"]
        indexes = [models.Index(fields=["workspace", "-happened_at", "-id"], name="audit_newest_first")]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.target_name}"
