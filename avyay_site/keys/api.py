"""API keys over REST: issue, change, roll, revoke."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site.api.serializers import Count, Filters, MoneyField, NameField, Strict, TimeField
from avyay_site.api.views import Changing, Creating
from avyay_site.keys import services
from avyay_site.keys.models import ApiKey, Scope, State

LIMITS = tuple(services.Limits.__dataclass_fields__)
LONGEST_OVERLAP = timedelta(days=30)


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key as it may be shown: never its secret."""

    display = serializers.CharField(read_only=True, help_text="The part that may be shown.")
    state = serializers.SerializerMethodField()
    created_by_id = serializers.CharField(read_only=True, allow_null=True)
    successor_id = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = ApiKey
        fields: Any = (
            *("id", "name", "display", "state", "scopes", "bucket", *LIMITS, "created_by_id", "successor_id"),
            *("created_at", "updated_at", "expires_at", "revoked_at", "latest_used_at"),
        )
        read_only_fields: Any = fields

    @extend_schema_field(serializers.ChoiceField(choices=State.choices))
    def get_state(self, key: ApiKey) -> str:
        return key.state(timezone.now())


class IssuedKeySerializer(KeySerializer):
    """A new key with its secret."""

    secret = serializers.CharField(read_only=True, help_text="Shown this once; only its digest is kept.")

    class Meta(KeySerializer.Meta):
        fields: Any = (*KeySerializer.Meta.fields, "secret")
        read_only_fields: Any = fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        issued: services.Issued = instance
        issued.key.secret = issued.secret  # type: ignore[attr-defined] # for this one answer, never saved
        return super().to_representation(issued.key)


class KeyLimits(Strict):
    """What a key may use; null takes a limit away."""

    requests_per_minute = Count(allow_null=True, required=False)
    tokens_per_minute = Count(allow_null=True, required=False)
    concurrency = Count(allow_null=True, required=False)
    monthly_budget_usd = MoneyField(allow_null=True, required=False)


class KeyCreation(KeyLimits):
    name = NameField()
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), min_length=1, max_length=len(Scope.values)
    )
    bucket = serializers.SlugField(max_length=40, required=False)
    expires_at = TimeField(allow_null=True, required=False)


class KeyChange(KeyLimits):
    name = NameField()
    bucket = serializers.SlugField(max_length=40)


class KeyRoll(Strict):
    overlap_seconds = Count(
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds()),
        required=False,
        help_text="How long the old key goes on working; a day by default.",
    )


class KeyFilters(Filters):
    bucket = serializers.SlugField(max_length=40)
    created_after = TimeField(source="created_at__gte")
    created_before = TimeField(source="created_at__lt")


CREATION = OpenApiExample(
    "A key for agents, with a budget",
    value={
        "name": "nightly agents",
        "scopes": ["marga:call"],
        "bucket": "agents",
        "monthly_budget_usd": "25.00",
    },
    request_only=True,
)


@extend_schema(tags=["keys"])
class KeyViewSet(Creating, Changing):
    """API keys of the workspace."""

    queryset = ApiKey.objects.all()
    serializer_class = KeySerializer
    scope_prefix = "platform"
    filters = KeyFilters
    create_serializer = KeyCreation
    created_serializer = IssuedKeySerializer
    change_serializer = KeyChange

    @extend_schema(examples=[CREATION])
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Issue a key. The answer holds its secret, which is never shown again."""
        return super().create(request, *args, **kwargs)

    def make(self, values: dict[str, Any]) -> services.Issued:
        limits = services.Limits(**{name: values.pop(name) for name in LIMITS if name in values})
        return services.issue_key(by=self.access, limits=limits, now=timezone.now(), **values)

    def change(self, row: ApiKey, values: dict[str, Any]) -> ApiKey:
        limits = services.Limits(**{name: values.get(name, getattr(row, name)) for name in LIMITS})
        name, bucket = values.get("name", row.name), values.get("bucket", row.bucket)
        return services.change_key(by=self.access, key=row, name=name, bucket=bucket, limits=limits)

    @extend_schema(request=KeyRoll, responses={201: IssuedKeySerializer})
    @action(detail=True, methods=["post"])
    def roll(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Issue a successor with the same settings; the old key goes on working for the overlap."""
        key, values = self.acted_on(KeyRoll)
        seconds = values.get("overlap_seconds", services.DEFAULT_OVERLAP.total_seconds())
        issued = services.roll_key(
            by=self.access, key=key, overlap=timedelta(seconds=seconds), now=timezone.now()
        )
        location = self.reverse_action("detail", args=[issued.key.pk])
        shown: Any = IssuedKeySerializer(cast(Any, issued))
        return Response(shown.data, status=201, headers={"Location": location})

    @extend_schema(request=None, responses=KeySerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stop a key for good, at once. Revoking it again changes nothing."""
        key, _ = self.acted_on()
        services.revoke_key(by=self.access, key=key, now=timezone.now())
        key.refresh_from_db()
        return self.shown(key)
