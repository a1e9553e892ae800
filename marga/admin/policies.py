"""Policies, rules of keys and what holds for all, in the console."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from avyay_site.console import ReadOnlyAdmin
from marga import services
from marga.admin.serving import ServiceAdmin, ServiceForm
from marga.models import Defaults, KeyRules, Policy, Source


class PolicyForm(ServiceForm):
    """A policy, refused with the field of its document that is wrong."""

    class Meta:
        model = Policy
        fields = ("workspace", *services.POLICY_FIELDS)

    def serve(self) -> Policy:
        if self.instance._state.adding:
            values = {name: self.cleaned_data[name] for name in services.POLICY_FIELDS}
            values["document"] = values["document"] or {}
            return services.create_policy(by=self.by(self.cleaned_data["workspace"]), **values)
        policy = Policy.objects.select_related("workspace").get(pk=self.instance.pk)
        values = self.changed_values(*services.POLICY_FIELDS)
        return services.change_policy(by=self.by(policy.workspace), policy=policy, **values)


@admin.register(Policy)
class PolicyAdmin(ServiceAdmin):
    form = PolicyForm
    list_display = ("name", "workspace", "is_default", "is_shared", "source", "updated_at")
    list_filter = ("source", "is_default", "is_shared")
    list_select_related = ("workspace",)
    search_fields = ("name", "workspace__slug", "workspace__name")
    autocomplete_fields = ("workspace",)
    ordering = ("workspace__slug", "name", "id")
    readonly_fields = ("source",)

    def get_readonly_fields(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        return self.readonly_fields if obj is None else (*self.readonly_fields, "workspace")

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        is_theirs = obj is not None and obj.source == Source.CONFIG
        return not is_theirs and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        services.delete_policy(by=self.by(request, obj.workspace), policy=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Policy]) -> None:
        for policy in queryset.exclude(source=Source.CONFIG).select_related("workspace"):
            self.delete_model(request, policy)


class RulesForm(ServiceForm):
    """What the holder of a key may use."""

    class Meta:
        model = KeyRules
        fields = ("key", *services.RULE_FIELDS)

    def serve(self) -> KeyRules:
        adding = self.instance._state.adding
        key = self.cleaned_data["key"] if adding else KeyRules.objects.get(pk=self.instance.pk).key
        values = {name: self.cleaned_data[name] for name in services.RULE_FIELDS}
        return services.set_rules(by=self.by(key.workspace), key=key, **values)


@admin.register(KeyRules)
class KeyRulesAdmin(ServiceAdmin):
    form = RulesForm
    list_display = (
        *("key", "workspace", "policy", "lowest_tier", "highest_tier", "quality_target"),
        *("cache", "keeps_content"),
    )
    list_filter = ("cache", "keeps_content", "lowest_tier", "highest_tier")
    list_select_related = ("key", "workspace")
    search_fields = ("key__name", "=key__id", "policy", "workspace__slug")
    autocomplete_fields = ("key",)
    ordering = ("workspace__slug", "key__name", "key_id")

    def get_readonly_fields(self, request: HttpRequest, obj: KeyRules | None = None) -> Any:
        return () if obj is None else ("key",)


@admin.register(Defaults)
class DefaultsAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "baseline", "tariff_usd_per_kwh", "updated_at")
