"""Providers, models and requests of the gateway over REST."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site import problems
from avyay_site.api.serializers import (
    Count,
    Filters,
    IdParameter,
    NumberParameter,
    Strict,
    TimeField,
    WordsParameter,
)
from avyay_site.api.views import Changing, Creating, Removing, WorkspaceViewSet
from avyay_site.usage.api import UsageRecordSerializer
from avyay_site.usage.models import UsageRecord
from marga import services
from marga.models import Kind, Model, Provider, Tier

problems.register(services.UnableToChange, "conflict")

MODEL_NAME = r"^[!-~]([ -~]{0,198}[!-~])?$"
PRICE = r"^[0-9]{1,6}(\.[0-9]{1,6})?$"


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    """A server that answers model calls. Its API key can be set, never read."""

    has_api_key = serializers.SerializerMethodField()

    class Meta:
        model = Provider
        fields: Any = (
            *("id", "name", "kind", "base_url", "has_api_key", "source", "is_shared", "is_enabled"),
            *("timeout_seconds", "health", "health_detail", "latest_checked_at", "created_at", "updated_at"),
        )
        read_only_fields: Any = fields

    @extend_schema_field(serializers.BooleanField())
    def get_has_api_key(self, provider: Provider) -> bool:
        return bool(provider.api_key)


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 500, "pattern": "^https?://[!-~]+$"})
class AddressField(serializers.RegexField):
    """A base URL: http or https, without user name, query and fragment."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^https?://[!-~]+$", max_length=500, trim_whitespace=False, **kwargs)


class ProviderChange(Strict):
    name = serializers.RegexField(r"^[a-zA-Z0-9_-]{1,60}$", trim_whitespace=False)
    base_url = AddressField()
    api_key = serializers.RegexField(
        r"^[!-~]{1,500}$", write_only=True, trim_whitespace=False, help_text="Stored encrypted; never shown."
    )
    is_enabled = serializers.BooleanField()
    timeout_seconds = serializers.FloatField(
        min_value=1, max_value=3600, help_text="From the request to the first byte of the answer."
    )


class ProviderCreation(ProviderChange):
    kind = serializers.ChoiceField(choices=Kind.choices)
    base_url = AddressField(required=False, help_text="The maker's own address by default.")
    api_key = serializers.RegexField(
        r"^[!-~]{1,500}$",
        write_only=True,
        required=False,
        trim_whitespace=False,
        help_text="Stored encrypted; never shown.",
    )
    is_enabled = serializers.BooleanField(required=False)
    timeout_seconds = serializers.FloatField(min_value=1, max_value=3600, required=False)


CREATION = OpenApiExample(
    "An OpenAI-compatible server",
    value={"name": "mine", "kind": "openai", "base_url": "https://models.example.org/v1", "api_key": "sk-…"},
    request_only=True,
)


@extend_schema(tags=["marga"])
class ProviderViewSet(Creating, Changing, Removing):
    """Servers that answer model calls for this workspace. What is changed here reaches the gateway within two seconds."""

    queryset = Provider.objects.all()
    serializer_class = ProviderSerializer
    scope_prefix = "marga"
    create_serializer = ProviderCreation
    change_serializer = ProviderChange

    @extend_schema(examples=[CREATION])
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a provider; its models are added one by one."""
        return super().create(request, *args, **kwargs)

    def make(self, values: dict[str, Any]) -> Provider:
        return services.create_provider(by=self.access, **values)

    def change(self, row: Provider, values: dict[str, Any]) -> Provider:
        return services.change_provider(by=self.access, provider=row, **values)

    def remove(self, row: Provider) -> None:
        services.delete_provider(by=self.access, provider=row)

    @extend_schema(request=None, responses=ProviderSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask the provider whether it answers; `health` says what came of it."""
        provider, _ = self.acted_on()
        return self.shown(services.check_provider(by=self.access, provider=provider, now=timezone.now()))


class ModelSerializer(serializers.ModelSerializer[Model]):
    """A model as clients name it. Prices are USD per million tokens; null means unknown."""

    provider_id = serializers.CharField(read_only=True)
    provider = serializers.CharField(source="provider.name", read_only=True)
    is_callable = serializers.SerializerMethodField(help_text="Both the model and its provider are enabled.")

    class Meta:
        model = Model
        fields: Any = (
            *("id", "name", "provider_id", "provider", "upstream_name", "tier", "context_window"),
            *("input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok"),
            *("is_enabled", "is_callable", "created_at", "updated_at"),
        )
        read_only_fields: Any = fields

    @extend_schema_field(serializers.BooleanField())
    def get_is_callable(self, model: Model) -> bool:
        return model.is_enabled and model.provider.is_enabled


@extend_schema_field({"type": "string", "pattern": PRICE, "example": "0.25"})
class PriceField(serializers.DecimalField):
    """USD per million tokens as a string of digits, so that no float rounds it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=6, min_value=Decimal(0), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not re.fullmatch(PRICE, data, re.ASCII):
            raise serializers.ValidationError('Give the price as a string, such as "0.25".')
        return super().to_internal_value(data)


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
    context_window = Count(allow_null=True, required=False, help_text="In tokens.")
    input_usd_per_mtok = PriceField(allow_null=True, required=False)
    output_usd_per_mtok = PriceField(allow_null=True, required=False)
    cached_input_usd_per_mtok = PriceField(allow_null=True, required=False)
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

    queryset = Model.objects.select_related("provider")
    serializer_class = ModelSerializer
    scope_prefix = "marga"
    filters = ModelFilters
    create_serializer = ModelCreation
    change_serializer = ModelChange

    def get_queryset(self) -> QuerySet[Any]:
        if self.action in ("list", "retrieve"):
            usable: QuerySet[Any] = Model.objects.usable_by(self.access).select_related("provider")
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


class RequestFilters(Filters):
    key = IdParameter("key", source="key_id")
    model = WordsParameter(source="model_used", help_text="The model that answered.")
    provider = WordsParameter()
    status = NumberParameter(min_value=100, max_value=599)
    occurred_after = TimeField(source="occurred_at__gte")
    occurred_before = TimeField(source="occurred_at__lt")


@extend_schema(tags=["marga"])
class RequestViewSet(WorkspaceViewSet):
    """Calls that went through the gateway, without their content."""

    queryset = UsageRecord.objects.all()
    serializer_class = UsageRecordSerializer
    scope_prefix = "marga"
    filters = RequestFilters
    newest_by = "occurred_at"
    lookup_field = "request_id"

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(product="marga")
