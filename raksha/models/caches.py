"""What engines said about files before, so that a scan looks only at what changed."""

from __future__ import annotations

from django.db import models

from avyay_site.accounts.models import WorkspaceOwned


class FileResult(WorkspaceOwned):
    """One engine's result for one file.

    key: a digest of engine, its version and rules, path, language and content. consulted: the other files that the
    result stands on, path → sha256, or "" where a file was looked for and absent; it holds only while they are so.
    result: detections and notes as compressed JSON; empty when there are none. Kept per workspace, so that nobody learns from
    the speed of a scan what others have.
    """

    key = models.CharField(max_length=64)
    engine = models.CharField(max_length=20)
    consulted = models.JSONField(default=dict, blank=True)
    result = models.BinaryField(default=b"")
    used_at = models.DateTimeField()

    class Meta:
        ordering = ["-used_at", "-id"]
        indexes = [models.Index(fields=["used_at"], name="file_result_oldest_first")]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="file_result_once"),
        ]

    def __str__(self) -> str:
        return f"{self.engine} {self.key[:12]}"
