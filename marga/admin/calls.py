"""What became of calls, in the console: looked at, never changed."""

from __future__ import annotations

from django.contrib import admin

from avyay_site.console import ReadOnlyAdmin
from marga.models import CachePurge, Feedback, NeedShift, RequestTrace, SavingsDay, ShadowSample


@admin.register(RequestTrace)
class RequestTraceAdmin(ReadOnlyAdmin):
    list_display = (
        *("occurred_at", "workspace", "request_id", "policy", "tier", "task", "reason", "cache"),
        *("saved_usd", "overhead_ms"),
    )
    list_filter = ("tier", "cache", "protocol", "occurred_at")
    list_select_related = ("workspace",)
    search_fields = ("=request_id", "=session")
    ordering = ("-occurred_at", "-id")


@admin.register(SavingsDay)
class SavingsDayAdmin(ReadOnlyAdmin):
    list_display = (
        *("day_date", "workspace", "key", "model", "tier", "requests", "cached"),
        *("cost_usd", "baseline_usd", "saved_usd"),
    )
    list_filter = ("tier", "day_date")
    list_select_related = ("workspace", "key")
    search_fields = ("=key__id", "model", "workspace__slug")
    ordering = ("-day_date", "-id")


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "workspace", "request_id", "rating", "actor", "model", "tier", "task")
    list_filter = ("rating", "tier", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("=request_id", "actor", "model")
    ordering = ("-created_at", "-id")


@admin.register(ShadowSample)
class ShadowSampleAdmin(ReadOnlyAdmin):
    list_display = (
        *("occurred_at", "workspace", "request_id", "task", "tier", "model_used", "model_compared"),
        *("verdict", "judge"),
    )
    list_filter = ("verdict", "tier", "occurred_at")
    list_select_related = ("workspace",)
    search_fields = ("=request_id", "model_used", "model_compared")
    ordering = ("-occurred_at", "-id")


@admin.register(CachePurge)
class CachePurgeAdmin(ReadOnlyAdmin):
    list_display = ("purged_at", "workspace", "identity")
    list_filter = ("purged_at",)
    list_select_related = ("workspace",)
    search_fields = ("=identity", "workspace__slug")
    ordering = ("-purged_at", "-id")


@admin.register(NeedShift)
class NeedShiftAdmin(ReadOnlyAdmin):
    list_display = ("task", "workspace", "log_odds", "verdicts", "updated_at")
    list_select_related = ("workspace",)
    search_fields = ("task", "workspace__slug")
    ordering = ("workspace__slug", "task", "id")
