"""Answers that were given already, so that a request that is sent twice is carried out once."""

from __future__ import annotations

from django.db import models

from avyay_site.accounts.models import WorkspaceOwned
from avyay_site.fields import EncryptedTextField, IdField


class KeptAnswer(WorkspaceOwned):
    """The answer to one request with an Idempotency-Key.

    asker: the API key's or the user's id; two askers may use the same idempotency key.
    fingerprint: of method, address and body. body: encrypted, because it may hold a key that is shown once.
    """

    id = IdField("idem")
    asker = models.CharField(max_length=40)
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(default="")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "asker", "idempotency_key"], name="idempotent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.idempotency_key} of {self.asker}"
