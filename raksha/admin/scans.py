"""Projects and scans in the operators' console: looked at, and scans called off or asked for again."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from avyay_site.console import ReadOnlyAdmin, operator
from raksha import services
from raksha.models import FileResult, Project, Scan, ScanPolicy, Upload


@admin.register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    list_display = ("name", "workspace", "url", "default_revision", "mission", "updated_at")
    list_filter = ("mission",)
    list_select_related = ("workspace",)
    search_fields = ("name", "url", "workspace__slug", "=id")
    ordering = ("workspace__slug", "name", "id")
    exclude = ("token",)


@admin.register(Scan)
class ScanAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "workspace", "project", "source", "state", "is_partial", "attempts", "leased_until"),
        *("created_at", "started_at", "finished_at", "reason"),
    )
    list_filter = ("state", "source", "is_partial", "created_at")
    list_select_related = ("workspace", "project")
    search_fields = ("=id", "project__name", "workspace__slug")
    ordering = ("-created_at", "-id")
    actions = ("cancel", "scan_again")
    refusals = (services.UnableToChange,)

    @admin.action(description="Call off", permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Scan]) -> None:
        """End scans that wait or run."""
        rows = queryset.select_related("workspace")
        now = timezone.now()
        self.each(
            request,
            rows,
            lambda scan: services.cancel_scan(by=operator(request, scan.workspace), scan=scan, now=now),
            "Called off",
        )

    @admin.action(description="Scan again", permissions=["operate"])
    def scan_again(self, request: HttpRequest, queryset: QuerySet[Scan]) -> None:
        """Ask for the same scans once more."""
        rows = queryset.select_related("workspace", "project", "upload")
        now = timezone.now()
        self.each(
            request,
            rows,
            lambda scan: services.repeat_scan(by=operator(request, scan.workspace), scan=scan, now=now),
            "Asked for again",
        )


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ("id", "workspace", "name", "size", "created_at", "expires_at")
    list_select_related = ("workspace",)
    search_fields = ("=id", "=sha256", "workspace__slug")
    ordering = ("-created_at", "-id")


@admin.register(FileResult)
class FileResultAdmin(ReadOnlyAdmin):
    list_display = ("key", "workspace", "engine", "used_at")
    list_filter = ("engine",)
    list_select_related = ("workspace",)
    search_fields = ("=key",)
    ordering = ("-used_at", "-id")
    exclude = ("result",)


@admin.register(ScanPolicy)
class ScanPolicyAdmin(ReadOnlyAdmin):
    list_display = ("name", "workspace", "project", "is_enabled", "updated_at")
    list_filter = ("is_enabled",)
    list_select_related = ("workspace", "project")
    search_fields = ("name", "workspace__slug")
    ordering = ("workspace__slug", "name", "id")
