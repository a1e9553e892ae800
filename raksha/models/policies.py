"""By which rules a scan passes or fails."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from avyay_site.accounts.models import WorkspaceOwned
from avyay_site.fields import IdField
from raksha import policies
from raksha.models.projects import Project


def validate_document(document: Any) -> None:
    """Refuse what is no policy, with a sentence that names the field."""
    try:
        policies.parse(document)
    except policies.InvalidPolicy as exc:
        raise ValidationError(str(exc)) from exc


class ScanPolicy(WorkspaceOwned):
    """A gate for scans: `fail on known-exploited, or high with a fix`.

    document: as `raksha.policies.parse` reads it. project: empty for all projects of the workspace.
    """

    id = IdField("gate")
    name = models.SlugField(max_length=60)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="policies"
    )
    document = models.JSONField(default=dict, validators=[validate_document])
    is_enabled = models.BooleanField("enabled", default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "scan policies"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="scan_policy_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
