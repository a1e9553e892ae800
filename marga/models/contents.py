"""What calls asked and were answered: kept only where the rules of a key say so, sealed, and for a few days."""

from __future__ import annotations

from django.db import models

from avyay_site.accounts.models import WorkspaceOwned
from avyay_site.fields import EncryptedTextField


class RequestContent(WorkspaceOwned):
    """The prompt and the answer of one call; `request_id` is that of its usage record.

    Both come sealed from the gateway, and stay so until a member reads them. expires_at: from then on it is not shown.
    """

    request_id = models.CharField(max_length=64, unique=True)
    request = EncryptedTextField()
    answer = EncryptedTextField(blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-expires_at", "-id"]
        indexes = [models.Index(fields=["expires_at"], name="content_oldest_first")]

    def __str__(self) -> str:
        return self.request_id
