"""Usage in the console: looked at, never changed."""

from __future__ import annotations

from django.contrib import admin

from avyay_site.console import ReadOnlyAdmin
from avyay_site.usage.models import UsageDay, UsageRecord


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyAdmin):
    list_display = (
        *("occurred_at", "workspace", "key", "product", "model_used", "status"),
        *("input_tokens", "output_tokens", "cost_usd", "duration_ms"),
    )
    list_filter = ("product", "status", "is_stream", "is_estimated", "occurred_at")
    list_select_related = ("workspace", "key")
    search_fields = ("=request_id", "=key__id", "model_used")
    ordering = ("-occurred_at", "-id")


@admin.register(UsageDay)
class UsageDayAdmin(ReadOnlyAdmin):
    list_display = ("day_date", "workspace", "key", "product", "model", "requests", "errors", "cost_usd")
    list_filter = ("product", "day_date", ("workspace", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("workspace", "key")
    search_fields = ("=key__id", "model")
    ordering = ("-day_date", "-id")
