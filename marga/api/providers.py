"""Providers and their credentials over REST."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site import problems
from avyay_site.api.serializers import Count, Filters, IdParameter, Strict
from avyay_site.api.views import Changing, Creating, Removing
from marga import services
from marga.api.fields import AddressField
from marga.models import Credential, CredentialState, Kind, Protocol, Provider

problems.register(services.UnableToChange, "conflict")
problems.register(services.InvalidValue, "invalid-request")

SLUG = r"^[a-zA-Z0-9_-]{1,60}$"
VISIBLE = r"^[!-~]{1,500}$"


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    """A server that answers model calls. Its API key can be set, never read."""

    has_api_key = serializers.SerializerMethodField()

    class Meta:
        model = Provider
        fields: Any = (
            *("id", "name", "kind", "base_url", "has_api_key", "source", "is_shared", "is_enabled"),
            *(
                "protocols",
                "timeout_seconds",
                "health",
                "health_detail",
                "latest_checked_at",
                "created_at",
                "updated_at",
            ),
        )
        read_only_fields: Any = fields

    @extend_schema_field(serializers.BooleanField())
    def get_has_api_key(self, provider: Provider) -> bool:
        return bool(provider.api_key)


class ProviderChange(Strict):
    name = serializers.RegexField(SLUG, trim_whitespace=False)
    base_url = AddressField()
    api_key = serializers.RegexField(
        VISIBLE, write_only=True, trim_whitespace=False, help_text="Stored encrypted; never shown."
    )
    protocols = serializers.ListField(
        child=serializers.ChoiceField(choices=Protocol.choices),
        max_length=len(Protocol.values),
        required=False,
        help_text="What the server understands; empty for what is usual for its kind.",
    )
    is_enabled = serializers.BooleanField()
    timeout_seconds = serializers.FloatField(
        min_value=1, max_value=3600, help_text="From the request to the first byte of the answer."
    )


class ProviderCreation(ProviderChange):
    kind = serializers.ChoiceField(choices=Kind.choices)
    base_url = AddressField(required=False, help_text="The maker's own address by default.")
    api_key = serializers.RegexField(
        VISIBLE,
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


class CredentialSerializer(serializers.ModelSerializer[Credential]):
    """One of several keys of a provider. The key can be set, never read; `state` is as the gateway last reported."""

    provider_id = serializers.CharField(read_only=True)
    provider = serializers.CharField(source="provider.name", read_only=True)

    class Meta:
        model = Credential
        fields: Any = (
            *("id", "name", "provider_id", "provider", "bucket", "requests_per_minute", "tokens_per_minute"),
            *("is_enabled", "state", "state_until", "reported_at", "created_at", "updated_at"),
        )
        read_only_fields: Any = fields


class CredentialChange(Strict):
    name = serializers.RegexField(SLUG, trim_whitespace=False)
    api_key = serializers.RegexField(
        VISIBLE, write_only=True, trim_whitespace=False, help_text="Stored encrypted; never shown."
    )
    bucket = serializers.RegexField(
        r"^[a-zA-Z0-9_-]{0,40}$",
        trim_whitespace=False,
        allow_blank=True,
        required=False,
        help_text="Whose calls use it; empty serves every bucket without a credential of its own.",
    )
    requests_per_minute = Count(allow_null=True, required=False)
    tokens_per_minute = Count(allow_null=True, required=False)
    is_enabled = serializers.BooleanField(required=False)


class CredentialCreation(CredentialChange):
    provider_id = IdParameter("prov")


class CredentialFilters(Filters):
    provider = IdParameter("prov", source="provider_id")
    bucket = serializers.SlugField(max_length=40)
    state = serializers.ChoiceField(choices=CredentialState.choices)


@extend_schema(tags=["marga"])
class CredentialViewSet(Creating, Changing, Removing):
    """More keys of a provider, each with its own limits there, so that two buckets never share one."""

    queryset = Credential.objects.select_related("provider")
    serializer_class = CredentialSerializer
    scope_prefix = "marga"
    filters = CredentialFilters
    create_serializer = CredentialCreation
    change_serializer = CredentialChange

    def make(self, values: dict[str, Any]) -> Credential:
        wanted = values.pop("provider_id")
        provider = Provider.objects.visible_to(self.access).filter(pk=wanted).first()
        if provider is None:
            raise serializers.ValidationError({"provider_id": "This workspace has no such provider."})
        return services.create_credential(by=self.access, provider=provider, **values)

    def change(self, row: Credential, values: dict[str, Any]) -> Credential:
        return services.change_credential(by=self.access, credential=row, **values)

    def remove(self, row: Credential) -> None:
        services.delete_credential(by=self.access, credential=row)
