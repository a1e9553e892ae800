"""Findings, packages and exclusions in the operators' console: looked at, never changed."""

from __future__ import annotations

from django.contrib import admin

from avyay_site.console import ReadOnlyAdmin
from raksha.models import Dependency, Exclusion, Finding


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    list_display = (
        *("rule", "workspace", "project", "severity", "priority", "word", "state", "change", "ruling"),
        *("path", "line", "is_kev", "first_seen_at"),
    )
    list_filter = ("state", "severity", "word", "kind", "engine", "ruling", "is_kev")
    list_select_related = ("workspace", "project")
    search_fields = ("=id", "=rule", "=fingerprint", "project__name", "workspace__slug")
    ordering = ("-id",)


@admin.register(Dependency)
class DependencyAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "ecosystem", "workspace", "project", "path", "is_direct", "licence")
    list_filter = ("ecosystem", "is_direct", "is_dev")
    list_select_related = ("workspace", "project")
    search_fields = ("=name", "=key", "project__name", "workspace__slug")
    ordering = ("name", "id")


@admin.register(Exclusion)
class ExclusionAdmin(ReadOnlyAdmin):
    list_display = ("rule", "path_glob", "workspace", "project", "reason", "until", "made_by", "created_at")
    list_filter = ("reason",)
    list_select_related = ("workspace", "project")
    search_fields = ("rule", "path_glob", "workspace__slug")
    ordering = ("-created_at", "-id")
