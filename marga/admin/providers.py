"""Providers and their credentials in the console. Keys of providers can be entered, never read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from marga import services
from marga.admin.serving import ELSEWHERE, ServiceAdmin, ServiceForm, choices_field, new_key_field
from marga.models import Credential, Protocol, Provider, Source

FIELDS = ("name", "kind", "base_url", "protocols", "is_shared", "is_enabled", "timeout_seconds")
CREDENTIAL_FIELDS = ("name", "bucket", "requests_per_minute", "tokens_per_minute", "is_enabled")


class ProviderForm(ServiceForm):
    """A provider, with a field for a new key that never shows the old one."""

    new_api_key = new_key_field()
    protocols = choices_field(Protocol.choices, "None means those that are usual for its kind.")

    class Meta:
        model = Provider
        fields = ("workspace", *FIELDS)

    def serve(self) -> Provider:
        values = self.changed_values(*FIELDS)
        if key := self.cleaned_data["new_api_key"]:
            values["api_key"] = key
        if self.instance._state.adding:
            return services.create_provider(
                by=self.by(self.cleaned_data["workspace"]),
                **({"name": self.cleaned_data["name"], "kind": self.cleaned_data["kind"]} | values),
            )
        provider = Provider.objects.select_related("workspace").get(pk=self.instance.pk)
        return services.change_provider(by=self.by(provider.workspace), provider=provider, **values)


@admin.register(Provider)
class ProviderAdmin(ServiceAdmin):
    form = ProviderForm
    list_display = (
        "name",
        "workspace",
        "kind",
        "source",
        "is_shared",
        "is_enabled",
        "health",
        "models",
        "checked_at",
    )
    list_filter = ("kind", "source", "health", "is_shared", "is_enabled")
    list_select_related = ("workspace",)
    search_fields = ("name", "base_url", "workspace__slug", "workspace__name")
    autocomplete_fields = ("workspace",)
    ordering = ("workspace__slug", "name", "id")
    actions = ("check_now", "switch_on", "switch_off")
    readonly_fields = ("source", "has_api_key", "is_trusted", "health", "health_detail", "latest_checked_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        rows: QuerySet[Provider] = super().get_queryset(request)
        return rows.annotate(model_count=Count("models"))

    def get_readonly_fields(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        return self.readonly_fields if obj is None else (*self.readonly_fields, "workspace")

    def has_delete_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        is_theirs = obj is not None and obj.source in ELSEWHERE
        return not is_theirs and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Provider) -> None:
        services.delete_provider(by=self.by(request, obj.workspace), provider=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        for provider in queryset.exclude(source__in=ELSEWHERE).select_related("workspace"):
            self.delete_model(request, provider)

    @admin.display(ordering="model_count")
    def models(self, provider: Any) -> int:
        return int(provider.model_count)

    @admin.display(description="checked", ordering="latest_checked_at")
    def checked_at(self, provider: Provider) -> Any:
        return provider.latest_checked_at

    @admin.display(description="API key", boolean=True)
    def has_api_key(self, provider: Provider) -> bool:
        return bool(provider.api_key)

    @admin.action(description="Ask whether they answer")
    def check_now(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        for provider in queryset.select_related("workspace")[:20]:
            found = services.check_provider(
                by=self.by(request, provider.workspace), provider=provider, now=timezone.now()
            )
            said = f"{found.name}: {found.get_health_display()}. {found.health_detail}"
            self.message_user(request, said, messages.INFO if not found.health_detail else messages.WARNING)

    @admin.action(description="Switch on")
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        self._switch(request, queryset, is_enabled=True)

    @admin.action(description="Switch off")
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        self._switch(request, queryset, is_enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Provider], *, is_enabled: bool) -> None:
        for provider in queryset.select_related("workspace"):
            try:
                services.change_provider(
                    by=self.by(request, provider.workspace), provider=provider, is_enabled=is_enabled
                )
            except services.UnableToChange as exc:
                self.message_user(request, f"{provider.name}: {exc}", messages.ERROR)


class CredentialForm(ServiceForm):
    """A credential of a provider; its workspace is the provider's."""

    new_api_key = new_key_field()

    class Meta:
        model = Credential
        fields = ("provider", *CREDENTIAL_FIELDS)

    def serve(self) -> Credential:
        values = self.changed_values(*CREDENTIAL_FIELDS)
        if key := self.cleaned_data["new_api_key"]:
            values["api_key"] = key
        if self.instance._state.adding:
            provider = self.cleaned_data["provider"]
            return services.create_credential(
                by=self.by(provider.workspace),
                provider=provider,
                **({"name": self.cleaned_data["name"]} | values),
            )
        credential = Credential.objects.select_related("provider__workspace").get(pk=self.instance.pk)
        return services.change_credential(
            by=self.by(credential.provider.workspace), credential=credential, **values
        )


@admin.register(Credential)
class CredentialAdmin(ServiceAdmin):
    form = CredentialForm
    list_display = (
        *("name", "provider", "workspace", "bucket", "requests_per_minute", "tokens_per_minute"),
        *("is_enabled", "state", "state_until"),
    )
    list_filter = ("state", "is_enabled", "bucket")
    list_select_related = ("provider", "workspace")
    search_fields = ("name", "bucket", "provider__name", "workspace__slug")
    autocomplete_fields = ("provider",)
    ordering = ("workspace__slug", "provider__name", "name", "id")
    readonly_fields = ("state", "state_until", "reported_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Credential | None = None) -> Any:
        return self.readonly_fields if obj is None else (*self.readonly_fields, "provider")

    def has_delete_permission(self, request: HttpRequest, obj: Credential | None = None) -> bool:
        is_theirs = obj is not None and obj.provider.source == Source.CONFIG
        return not is_theirs and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Credential) -> None:
        services.delete_credential(by=self.by(request, obj.workspace), credential=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Credential]) -> None:
        kept = queryset.exclude(provider__source=Source.CONFIG)
        for credential in kept.select_related("workspace", "provider"):
            self.delete_model(request, credential)
