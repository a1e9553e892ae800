"""Notifications in the console: switch channels on and off, test them, send messages again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from avyay_site.console import ReadOnlyAdmin, operator
from avyay_site.notifications import services
from avyay_site.notifications.models import Channel, Delivery


@admin.register(Channel)
class ChannelAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "target", "workspace", "is_enabled", "failures", "disabled_reason")
    list_filter = ("kind", "is_enabled", ("workspace", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("workspace",)
    search_fields = ("name", "target", "workspace__slug")
    ordering = ("-created_at", "id")
    exclude = ("secret",)
    actions = ("switch_on", "switch_off", "send_test")
    refusals = (services.UnableToChangeChannel, services.UnableToSend)

    @admin.action(description="Switch on", permissions=["operate"])
    def switch_on(self, request: HttpRequest, queryset: Any) -> None:
        self._switch(request, queryset, is_enabled=True)

    @admin.action(description="Switch off", permissions=["operate"])
    def switch_off(self, request: HttpRequest, queryset: Any) -> None:
        self._switch(request, queryset, is_enabled=False)

    @admin.action(description="Send a test message", permissions=["operate"])
    def send_test(self, request: HttpRequest, queryset: Any) -> None:
        now = timezone.now()

        def act(channel: Channel) -> None:
            services.send_test(by=operator(request, channel.workspace), channel=channel, now=now)

        self.each(request, queryset.select_related("workspace"), act, "Queued")

    def _switch(self, request: HttpRequest, queryset: Any, *, is_enabled: bool) -> None:
        def act(channel: Channel) -> None:
            by = operator(request, channel.workspace)
            services.change_channel(by=by, channel=channel, is_enabled=is_enabled)

        self.each(
            request,
            queryset.select_related("workspace"),
            act,
            "Switched on" if is_enabled else "Switched off",
        )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "event_type",
        "subject",
        "channel",
        "status",
        "attempts",
        "response_status",
        "error",
    )
    list_filter = ("status", "event_type", "channel__kind", ("workspace", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("channel", "workspace")
    search_fields = ("=id", "subject", "channel__name")
    ordering = ("-created_at", "-id")
    actions = ("resend",)
    refusals = (services.UnableToSend,)

    @admin.action(description="Send again", permissions=["operate"])
    def resend(self, request: HttpRequest, queryset: Any) -> None:
        now = timezone.now()

        def act(delivery: Delivery) -> None:
            services.resend(by=operator(request, delivery.workspace), delivery=delivery, now=now)

        self.each(request, queryset.select_related("channel", "workspace"), act, "Queued")
