"""Models and the history of their prices over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from avyay_site.api.serializers import Count, Filters, IdParameter, Strict, TimeField, WordsParameter
from avyay_site.api.views import Changing, Creating, Removing, WorkspaceViewSet
from marga import services
from marga.api.fields import MODEL_NAME, PriceField, ShareField, WattsField
from marga.models import (
    PRICES,
    Capability,
    DeploymentHealth,
    Model,
    PriceSource,
    PriceVersion,
    Provider,
    Tier,
)


class HealthSerializer(serializers.ModelSerializer[DeploymentHealth]):
    """How a model fares at its provider: moving averages in milliseconds, counts since the gateway began."""

    class Meta:
        model = DeploymentHealth
        fields: Any = ("state", "latency_ms", "ttft_ms", "requests", "errors", "reported_at")
        read_only_fields: Any = fields


class ModelSerializer(serializers.ModelSerializer[Model]):
    """A model as clients name it. Prices are USD per million tokens; null means unknown."""

    provider_id = serializers.CharField(read_only=True)
    provider = serializers.CharField(source="provider.name", read_only=True)
    health = serializers.SerializerMethodField(
        help_text="As the gateway last reported; null before any call."
    )
    is_callable = serializers.SerializerMethodField(help_text="Both the model and its provider are enabled.")

    class Meta:
        model = Model
        fields: Any = (
            *("id", "name", "provider_id", "provider", "upstream_name", "tier", "capabilities"),
            *("context_window", "max_output_tokens", *PRICES, "quality"),
            *("is_enabled", "is_callable", "health", "created_at", "updated_at"),
        )
        read_only_fields: Any = fields

    @extend_schema_field(serializers.BooleanField())
    def get_is_callable(self, model: Model) -> bool:
        return model.is_enabled and model.provider.is_enabled

    @extend_schema_field(HealthSerializer(allow_null=True))
    def get_health(self, model: Model) -> Any:
        health = getattr(model, "deployment_health", None)
        return None if health is None else HealthSerializer(health).data


class ModelChange(Strict):
    name = serializers.RegexField(MODEL_NAME, max_length=200, trim_whitespace=False)
    upstream_name = serializers.RegexField(
        MODEL_NAME,
        max_length=200,
        trim_whitespace=False,
        required=False,
        help_text="What the provider calls it.",
    )
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    capabilities = serializers.ListField(
        child=serializers.ChoiceField(choices=Capability.choices),
        max_length=len(Capability.values),
        required=False,
        help_text="What it can do; empty when nobody knows, and then nothing is held against it.",
    )
    context_window = Count(allow_null=True, required=False, help_text="In tokens.")
    max_output_tokens = Count(allow_null=True, required=False, help_text="Of one answer.")
    input_usd_per_mtok = PriceField(allow_null=True, required=False)
    output_usd_per_mtok = PriceField(allow_null=True, required=False)
    cached_input_usd_per_mtok = PriceField(allow_null=True, required=False)
    cache_write_usd_per_mtok = PriceField(allow_null=True, required=False)
    reasoning_usd_per_mtok = PriceField(allow_null=True, required=False)
    watts = WattsField(allow_null=True, required=False)
    quality = ShareField(allow_null=True, required=False, help_text="How often its answers do.")
    is_enabled = serializers.BooleanField(required=False)


class ModelCreation(ModelChange):
    provider_id = IdParameter("prov")


class ModelFilters(Filters):
    provider = IdParameter("prov", source="provider_id")
    tier = serializers.ChoiceField(choices=Tier.choices)
    name = WordsParameter()


@extend_schema(tags=["marga"])
class ModelViewSet(Creating, Changing, Removing):
    """Models that this workspace may call: its own and the shared ones. Only its own can be changed."""

    queryset = Model.objects.select_related("provider", "deployment_health")
    serializer_class = ModelSerializer
    scope_prefix = "marga"
    filters = ModelFilters
    create_serializer = ModelCreation
    change_serializer = ModelChange

    def get_queryset(self) -> QuerySet[Any]:
        if self.action in ("list", "retrieve"):
            usable: QuerySet[Any] = Model.objects.usable_by(self.access).select_related(
                "provider", "deployment_health"
            )
            return usable
        return super().get_queryset()

    def make(self, values: dict[str, Any]) -> Model:
        wanted = values.pop("provider_id")
        provider = Provider.objects.visible_to(self.access).filter(pk=wanted).first()
        if provider is None:
            raise serializers.ValidationError({"provider_id": "This workspace has no such provider."})
        return services.create_model(by=self.access, provider=provider, **values)

    def change(self, row: Model, values: dict[str, Any]) -> Model:
        return services.change_model(by=self.access, model=row, **values)

    def remove(self, row: Model) -> None:
        services.delete_model(by=self.access, model=row)


class PriceSerializer(serializers.ModelSerializer[PriceVersion]):
    """The prices of a model from a moment on: USD per million tokens; watts cost watts × seconds × usd_per_kwh."""

    model_id = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = PriceVersion
        fields: Any = (
            *("id", "model_id", "model_name", "provider_name", "effective_at", "source", "priced_by"),
            *(*PRICES, "usd_per_kwh"),
        )
        read_only_fields: Any = fields


class PriceFilters(Filters):
    model = IdParameter("model", source="model_id")
    source = serializers.ChoiceField(choices=PriceSource.choices)  # type: ignore[assignment] # a field, not a source
    effective_after = TimeField(source="effective_at__gte")
    effective_before = TimeField(source="effective_at__lt")


@extend_schema(tags=["marga"])
class PriceViewSet(WorkspaceViewSet):
    """The history of prices: of this workspace's models and of the shared ones."""

    queryset = PriceVersion.objects.all()
    serializer_class = PriceSerializer
    scope_prefix = "marga"
    filters = PriceFilters
    newest_by = "effective_at"

    def get_queryset(self) -> QuerySet[Any]:
        usable = Q(workspace_id=self.access.workspace_id) | Q(model__provider__is_shared=True)
        found: QuerySet[Any] = PriceVersion.objects.filter(usable)
        return found
