"""Projects: what is scanned again and again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from avyay_site.accounts.models import OwnedManager, WorkspaceOwned
from avyay_site.fields import EncryptedTextField, IdField


class Mission(models.TextChoices):
    """How much of what you do stands on a project: it weighs in every priority."""

    HIGH = "high", "High: the business stops with it"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low: an experiment, a tool"


class Project(WorkspaceOwned):
    """One code base of a workspace, with its findings.

    url: of its repository; empty for uploads alone. token: by which a private repository is read.
    dependencies_digest: of the stored package list, so that an equal one is not written again.
    """

    id = IdField("prj")
    name = models.CharField(max_length=100)
    url = models.CharField("repository URL", max_length=500, blank=True)
    default_revision = models.CharField(max_length=250, blank=True)
    mission = models.CharField(max_length=6, choices=Mission.choices, default=Mission.MEDIUM)
    token = EncryptedTextField("repository token", blank=True, default="")
    dependencies_digest = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[OwnedManager] = OwnedManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="project_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="project_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
