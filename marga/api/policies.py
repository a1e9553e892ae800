"""Routing policies, and what each key may use, over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site.api.serializers import Count, Strict
from avyay_site.api.views import Changing, Creating, Removing, WorkspaceViewSet
from avyay_site.keys.models import ApiKey
from marga import services
from marga.api.fields import MODEL_NAME, ShareField
from marga.models import LONGEST_TTL_SECONDS, CacheMode, KeyRules, Policy, Tier
from marga.services.rules import MOST_NAMES

POLICY_NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"


class PolicySerializer(serializers.ModelSerializer[Policy]):
    """A routing policy; `auto:<name>` asks for it."""

    document = serializers.DictField(read_only=True)

    class Meta:
        model = Policy
        fields: Any = (
            *("id", "name", "document", "is_default", "is_shared", "source", "created_at", "updated_at"),
        )
        read_only_fields: Any = fields


@extend_schema_field({"type": "object", "additionalProperties": True})
class DocumentField(serializers.DictField):
    """A policy as `docs/marga.md` describes it."""


class PolicyChange(Strict):
    name = serializers.RegexField(POLICY_NAME, trim_whitespace=False)
    document = DocumentField()
    is_default = serializers.BooleanField(
        required=False, help_text="What plain `auto` means for keys that name no policy."
    )


class PolicyCheck(Strict):
    document = DocumentField()


class PolicyVerdictSerializer(serializers.Serializer[Any]):
    """What a check said. problem: which field is wrong and what it should hold; empty when nothing is."""

    is_valid = serializers.BooleanField()  # type: ignore[assignment] # a field, collected by the metaclass
    problem = serializers.CharField(allow_blank=True)


POLICY_EXAMPLE = OpenApiExample(
    "Reviews on one's own machine, the rest a little thriftier",
    value={
        "name": "thrifty",
        "document": {"tiers": {"mid": 0.5}, "tasks": {"review": {"tier": "local"}}},
        "is_default": True,
    },
    request_only=True,
)


@extend_schema(tags=["marga"])
class PolicyViewSet(Creating, Changing, Removing):
    """Policies that this workspace may name: its own and the shared ones. Only its own can be changed."""

    queryset = Policy.objects.all()
    serializer_class = PolicySerializer
    scope_prefix = "marga"
    create_serializer = PolicyChange
    change_serializer = PolicyChange

    def get_queryset(self) -> QuerySet[Any]:
        if self.action in ("list", "retrieve"):
            usable: QuerySet[Any] = Policy.objects.usable_by(self.access)
            return usable
        return super().get_queryset()

    @extend_schema(examples=[POLICY_EXAMPLE])
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a policy."""
        return super().create(request, *args, **kwargs)

    def make(self, values: dict[str, Any]) -> Policy:
        return services.create_policy(by=self.access, **values)

    def change(self, row: Policy, values: dict[str, Any]) -> Policy:
        return services.change_policy(by=self.access, policy=row, **values)

    def remove(self, row: Policy) -> None:
        services.delete_policy(by=self.access, policy=row)

    @extend_schema(request=PolicyCheck, responses=PolicyVerdictSerializer)
    @action(detail=False, methods=["post"], create_serializer=PolicyCheck)
    def check(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say what is wrong with a document, and change nothing."""
        problem = services.problem_of_policy("checked", self.body(PolicyCheck)["document"])
        return Response(PolicyVerdictSerializer({"is_valid": not problem, "problem": problem}).data)


class RulesSerializer(serializers.ModelSerializer[KeyRules]):
    """What the holder of a key may use."""

    id = serializers.CharField(source="key_id", read_only=True, help_text="The key's id.")

    class Meta:
        model = KeyRules
        fields: Any = ("id", *services.RULE_FIELDS)
        read_only_fields: Any = fields


class Rules(Strict):
    """Put in place of the rules before; what is left out has its usual value."""

    policy = serializers.RegexField(
        r"^([a-z0-9][a-z0-9_-]{0,39})?$",
        allow_blank=True,
        trim_whitespace=False,
        required=False,
        help_text="What `auto` means for this key; empty for the workspace's default.",
    )
    allowed_models = serializers.ListField(
        child=serializers.RegexField(MODEL_NAME, trim_whitespace=False),
        max_length=MOST_NAMES,
        required=False,
        help_text="Names or globs, such as `gpt-5*`; empty for all.",
    )
    lowest_tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    highest_tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    quality_target = ShareField(allow_null=True, required=False)
    fallbacks = serializers.ListField(
        child=serializers.RegexField(MODEL_NAME, trim_whitespace=False),
        max_length=MOST_NAMES,
        required=False,
        help_text="Models to try after the first, in this order.",
    )
    cache = serializers.ChoiceField(choices=CacheMode.choices, required=False)
    cache_ttl_seconds = Count(max_value=LONGEST_TTL_SECONDS, required=False)
    keeps_content = serializers.BooleanField(
        required=False, help_text="Whether prompts and answers may be stored; never by default."
    )


@extend_schema(tags=["marga"])
class RulesViewSet(WorkspaceViewSet):
    """Rules of keys, by the key's id. The list has the keys with rules of their own; a read tells what holds for any key."""

    queryset = KeyRules.objects.all()
    serializer_class = RulesSerializer
    scope_prefix = "marga"

    @extend_schema(responses=RulesSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read the rules that hold for a key."""
        return self.shown(services.rules_of(self.key()))

    @extend_schema(request=Rules, responses=RulesSerializer)
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put rules in place of those that a key has."""
        key = self.key()
        return self.shown(services.set_rules(by=self.access, key=key, **self.body(Rules)))

    def key(self) -> ApiKey:
        """Return the key that the address names."""
        self.queryset = ApiKey.objects.all()
        found: ApiKey = self.get_object()
        return found
