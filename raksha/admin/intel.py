"""Threat intelligence in the operators' console: looked at, and feeds had fetched now."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from avyay_site.console import ReadOnlyAdmin
from raksha.models import Advisory, AffectedPackage, CveFacts, EpssScore, Feed, KevEntry


@admin.register(Feed)
class FeedAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "rows", "version", "fetched_at", "changed_at", "next_at", "error")
    list_filter = ("kind", "state")
    search_fields = ("kind", "ecosystem", "url")
    ordering = ("kind", "ecosystem", "id")
    actions = ("fetch_now",)

    @admin.action(description="Fetch now", permissions=["operate"])
    def fetch_now(self, request: HttpRequest, queryset: QuerySet[Feed]) -> None:
        """Make feeds due; the next tick of the clock takes them up."""
        count = queryset.update(next_at=None)
        self.message_user(request, f"{count} feeds will be fetched within a minute.", messages.SUCCESS)


class PackagesInline(admin.TabularInline):  # type: ignore[type-arg]
    """Packages of an advisory."""

    model = AffectedPackage
    fields = readonly_fields = ("ecosystem", "name", "affected")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Advisory)
class AdvisoryAdmin(ReadOnlyAdmin):
    list_display = ("osv_id", "feed", "severity", "score", "modified_at", "withdrawn_at", "summary")
    list_filter = ("severity", "feed")
    list_select_related = ("feed",)
    search_fields = ("=osv_id",)
    ordering = ("-id",)
    inlines = (PackagesInline,)


@admin.register(KevEntry)
class KevEntryAdmin(ReadOnlyAdmin):
    list_display = ("cve", "vendor", "product", "added_date", "due_date", "is_ransomware", "removed_at")
    list_filter = ("is_ransomware", "added_date")
    search_fields = ("=cve", "vendor", "product", "title")
    ordering = ("-added_date", "cve")


@admin.register(EpssScore)
class EpssScoreAdmin(ReadOnlyAdmin):
    list_display = ("cve", "probability", "percentile", "scored_date")
    search_fields = ("=cve",)
    ordering = ("cve",)


@admin.register(CveFacts)
class CveFactsAdmin(ReadOnlyAdmin):
    list_display = ("cve", "score", "exploitation", "automatable", "technical_impact", "cwe")
    list_filter = ("exploitation", "automatable", "technical_impact")
    search_fields = ("=cve",)
    ordering = ("cve",)
