"""The operators' console of the gateway: providers and models. Keys of providers can be entered, never read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from avyay_site.accounts.access import Access, NotAllowed
from avyay_site.accounts.models import Role, Workspace
from marga import services
from marga.models import Model, Provider, Source

ELSEWHERE = (Source.CONFIG, Source.ENVIRONMENT)


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg] # generic in the stubs only
    """A form that saves through the service, so that its rules hold here too and its refusals stand at the form.

    The admin runs the whole request in one transaction, and never asks these forms to save.
    """

    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.instance = self.serve()
            except (services.UnableToChange, NotAllowed) as exc:
                raise forms.ValidationError(str(exc)) from exc
        return cleaned

    def serve(self) -> Any:
        """Make or change the row by one service call and return it."""
        raise NotImplementedError

    def changed_values(self, *known: str) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in known if name in self.changed_data}

    def by(self, workspace: Workspace) -> Access:
        """Return what an operator may do in the row's workspace: all."""
        return Access(workspace=workspace, role=Role.OWNER, user=self.request.user)  # type: ignore[arg-type]


class ProviderForm(ServiceForm):
    """A provider, with a field for a new key that never shows the old one."""

    new_api_key = forms.RegexField(
        r"^[!-~]{1,500}$",
        label="New API key",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Stored encrypted. Leave it empty to keep the key that is there.",
    )

    class Meta:
        model = Provider
        fields = ("workspace", "name", "kind", "base_url", "is_shared", "is_enabled", "timeout_seconds")

    def serve(self) -> Provider:
        values = self.changed_values("name", "kind", "base_url", "is_shared", "is_enabled", "timeout_seconds")
        if key := self.cleaned_data["new_api_key"]:
            values["api_key"] = key
        if self.instance._state.adding:
            return services.create_provider(
                by=self.by(self.cleaned_data["workspace"]),
                **({"name": self.cleaned_data["name"], "kind": self.cleaned_data["kind"]} | values),
            )
        provider = Provider.objects.select_related("workspace").get(pk=self.instance.pk)
        return services.change_provider(by=self.by(provider.workspace), provider=provider, **values)


class ModelForm(ServiceForm):
    """A model of a provider; its workspace is the provider's."""

    class Meta:
        model = Model
        fields = ("provider", *services.MODEL_FIELDS)

    def serve(self) -> Model:
        values = self.changed_values(*services.MODEL_FIELDS)
        if self.instance._state.adding:
            provider = self.cleaned_data["provider"]
            return services.create_model(
                by=self.by(provider.workspace),
                provider=provider,
                **({"name": self.cleaned_data["name"]} | values),
            )
        model = Model.objects.select_related("provider__workspace").get(pk=self.instance.pk)
        return services.change_model(by=self.by(model.provider.workspace), model=model, **values)


class ServiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Hands the request to the form, which saves by itself."""

    list_per_page = 50
    show_full_result_count = False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave the saving to the form."""

    def by(self, request: HttpRequest, workspace: Workspace) -> Access:
        return Access(workspace=workspace, role=Role.OWNER, user=request.user)  # type: ignore[arg-type]


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


@admin.register(Model)
class ModelAdmin(ServiceAdmin):
    form = ModelForm
    list_display = (
        *("name", "provider", "workspace", "tier", "input_usd_per_mtok", "output_usd_per_mtok", "is_enabled"),
    )
    list_filter = ("tier", "is_enabled", "provider__kind", "provider__source")
    list_select_related = ("provider", "workspace")
    search_fields = ("name", "upstream_name", "provider__name", "workspace__slug")
    autocomplete_fields = ("provider",)
    ordering = ("workspace__slug", "provider__name", "name", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return () if obj is None else ("provider",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_theirs = obj is not None and obj.provider.source == Source.CONFIG
        return not is_theirs and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        services.delete_model(by=self.by(request, obj.workspace), model=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        for model in queryset.exclude(provider__source=Source.CONFIG).select_related("workspace", "provider"):
            self.delete_model(request, model)
