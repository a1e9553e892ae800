"""The audit log in the console: looked at, never changed."""

from __future__ import annotations

from django.contrib import admin

from avyay_site.audit.models import AuditEntry
from avyay_site.console import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("happened_at", "actor", "action", "target_type", "target_name", "workspace")
    list_filter = ("target_type", "happened_at", ("workspace", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("workspace",)
    search_fields = ("actor", "action", "target_name", "target_id", "request_id")
    ordering = ("-happened_at", "-id")
