"""Notification channels and their deliveries over REST."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site import problems
from avyay_site.api.serializers import Filters, IdParameter, NameField, Strict, TimeField, WordsParameter
from avyay_site.api.views import Changing, Creating, Removing, WorkspaceViewSet
from avyay_site.notifications import event_types, services
from avyay_site.notifications.models import Channel, Delivery, Kind, Status

problems.register(services.UnableToChangeChannel, "conflict")
problems.register(services.UnableToSend, "conflict")


class ChannelSerializer(serializers.ModelSerializer[Channel]):
    """A receiver. The target of a Slack channel is shown without its secret part."""

    class Meta:
        model = Channel
        fields: Any = (
            *("id", "name", "kind", "target", "event_types", "is_enabled", "disabled_reason", "failures"),
            *("created_at", "updated_at"),
        )
        read_only_fields: Any = fields


class CreatedChannelSerializer(ChannelSerializer):
    """A channel with its fresh signing secret."""

    signing_secret = serializers.CharField(
        read_only=True,
        help_text="Verifies a webhook's messages (Standard Webhooks); shown this once, else empty.",
    )

    class Meta(ChannelSerializer.Meta):
        fields: Any = (*ChannelSerializer.Meta.fields, "signing_secret")
        read_only_fields: Any = fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        created: services.Created = instance
        created.channel.signing_secret = created.signing_secret  # type: ignore[attr-defined] # for this one answer
        return super().to_representation(created.channel)


class TypesField(serializers.ListField):
    """Event types that a channel asks for."""

    def __init__(self, **kwargs: Any) -> None:
        choices = list(event_types.all_types().items())
        super().__init__(child=serializers.ChoiceField(choices=choices), max_length=100, **kwargs)


class TargetField(serializers.CharField):
    """An e-mail address, or a URL beginning with http:// or https://."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=500, **kwargs)


class ChannelCreation(Strict):
    name = NameField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    target = TargetField()
    event_types = TypesField(required=False)


class ChannelChange(Strict):
    name = NameField()
    target = TargetField()
    event_types = TypesField()
    is_enabled = serializers.BooleanField()


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One message to one channel, and what became of it."""

    channel_id = serializers.CharField(read_only=True)
    data = serializers.DictField(read_only=True)  # type: ignore[assignment] # a field, collected by the metaclass

    class Meta:
        model = Delivery
        fields: Any = (
            *(
                "id",
                "channel_id",
                "event_type",
                "subject",
                "body",
                "data",
                "status",
                "attempts",
                "response_status",
            ),
            *("error", "created_at", "next_attempt_at", "delivered_at"),
        )
        read_only_fields: Any = fields


class DeliveryFilters(Filters):
    channel = IdParameter("chn", source="channel_id")
    status = serializers.ChoiceField(choices=Status.choices)
    event_type = WordsParameter(help_text="Such as `key.revoked`.")
    created_after = TimeField(source="created_at__gte")
    created_before = TimeField(source="created_at__lt")


CREATION = OpenApiExample(
    "A signed webhook",
    value={
        "name": "on-call",
        "kind": "webhook",
        "target": "https://example.org/hooks/avyay",
        "event_types": ["budget.threshold"],
    },
    request_only=True,
)


@extend_schema(tags=["notifications"])
class ChannelViewSet(Creating, Changing, Removing):
    """Where the workspace is notified."""

    queryset = Channel.objects.all()
    serializer_class = ChannelSerializer
    scope_prefix = "platform"
    create_serializer = ChannelCreation
    created_serializer = CreatedChannelSerializer
    change_serializer = ChannelChange

    @extend_schema(examples=[CREATION])
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a channel. For a webhook the answer holds its signing secret, which is never shown again."""
        return super().create(request, *args, **kwargs)

    def make(self, values: dict[str, Any]) -> services.Created:
        return services.create_channel(by=self.access, **values)

    def change(self, row: Channel, values: dict[str, Any]) -> Channel:
        return services.change_channel(by=self.access, channel=row, **values)

    def remove(self, row: Channel) -> None:
        services.delete_channel(by=self.access, channel=row)

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send a test message; its delivery tells what became of it."""
        channel, _ = self.acted_on()
        delivery = services.send_test(by=self.access, channel=channel, now=timezone.now())
        return Response(DeliverySerializer(delivery).data, status=202)

    @extend_schema(request=None, responses=CreatedChannelSerializer)
    @action(detail=True, methods=["post"])
    def roll_secret(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give a webhook a new signing secret; the old one is not used any more."""
        channel, _ = self.acted_on()
        created: Any = services.roll_secret(by=self.access, channel=channel)
        return Response(CreatedChannelSerializer(created).data)


@extend_schema(tags=["notifications"])
class DeliveryViewSet(WorkspaceViewSet):
    """What was sent in the latest 30 days, and what is waiting."""

    queryset = Delivery.objects.all()
    serializer_class = DeliverySerializer
    scope_prefix = "platform"
    filters = DeliveryFilters

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send a message once more, under the same id."""
        delivery, _ = self.acted_on()
        again = services.resend(by=self.access, delivery=delivery, now=timezone.now())
        return Response(DeliverySerializer(again).data, status=202)
