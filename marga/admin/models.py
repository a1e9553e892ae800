"""Models and the history of their prices in the console."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from avyay_site.console import ReadOnlyAdmin
from marga import services
from marga.admin.serving import ServiceAdmin, ServiceForm, choices_field
from marga.models import PRICES, Capability, DeploymentHealth, Model, PriceVersion, Source


class ModelForm(ServiceForm):
    """A model of a provider; its workspace is the provider's."""

    capabilities = choices_field(
        Capability.choices, "None means that nobody knows, and then nothing is held against it."
    )

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


@admin.register(PriceVersion)
class PriceVersionAdmin(ReadOnlyAdmin):
    list_display = (
        "effective_at",
        "workspace",
        "provider_name",
        "model_name",
        "source",
        "priced_by",
        *PRICES,
    )
    list_filter = ("source", "effective_at")
    list_select_related = ("workspace",)
    search_fields = ("model_name", "provider_name", "priced_by", "workspace__slug", "=id")
    ordering = ("-effective_at", "-id")


@admin.register(DeploymentHealth)
class DeploymentHealthAdmin(ReadOnlyAdmin):
    list_display = (
        "model",
        "workspace",
        "state",
        "latency_ms",
        "ttft_ms",
        "requests",
        "errors",
        "reported_at",
    )
    list_filter = ("state",)
    list_select_related = ("model", "workspace")
    search_fields = ("model__name", "workspace__slug")
    ordering = ("workspace__slug", "model__name", "model_id")
