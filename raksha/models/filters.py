"""Filters of the findings that somebody saved."""

from __future__ import annotations

from django.db import models

from avyay_site.accounts.models import WorkspaceOwned
from avyay_site.fields import IdField


class SavedFilter(WorkspaceOwned):
    """A name for a set of filters, for everybody in the workspace. query: as it stands in the address."""

    id = IdField("flt")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    made_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="saved_filter_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
