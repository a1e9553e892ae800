"""Who am I, the workspace, its members and invitations over REST."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site.accounts import services
from avyay_site.accounts.models import Invitation, Membership, Role, User, Workspace
from avyay_site.api.serializers import NameField, Strict
from avyay_site.api.views import ApiView, Changing, Creating, Removing


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "email", "name")
        read_only_fields = fields


class WorkspaceSerializer(serializers.ModelSerializer[Workspace]):
    class Meta:
        model = Workspace
        fields = ("id", "name", "slug", "created_at")
        read_only_fields = fields


class WorkspaceChange(Strict):
    name = NameField()


class KeyInUseSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    display = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class MeSerializer(serializers.Serializer[Any]):
    """Who is asking: either a key or a person, in one workspace."""

    workspace = WorkspaceSerializer()
    role = serializers.ChoiceField(choices=Role.choices)
    scopes = serializers.ListField(child=serializers.CharField(), help_text="Of the key; empty for a person.")
    key = KeyInUseSerializer(allow_null=True)
    user = UserSerializer(allow_null=True)


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """A person in the workspace."""

    user = UserSerializer(read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "user", "role", "created_at")
        read_only_fields = fields


class MemberChange(Strict):
    role = serializers.ChoiceField(choices=Role.choices)


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """A link by which somebody may join."""

    invited_by_id = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Invitation
        fields: Any = ("id", "email", "role", "invited_by_id", "created_at", "expires_at", "accepted_at")
        read_only_fields: Any = fields


class InvitedSerializer(InvitationSerializer):
    """A new invitation with its link."""

    link = serializers.CharField(read_only=True, help_text="Works once; shown this once, and mailed.")
    is_mailed = serializers.BooleanField(read_only=True, help_text="False: hand the link over yourself.")

    class Meta(InvitationSerializer.Meta):
        fields: Any = (*InvitationSerializer.Meta.fields, "link", "is_mailed")
        read_only_fields: Any = fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        invited: services.Invited = instance
        row: Any = invited.invitation
        row.link, row.is_mailed = invited.link, invited.is_mailed
        return super().to_representation(row)


class InvitationCreation(Strict):
    email = serializers.CharField(min_length=3, max_length=254, help_text="Where the link is mailed to.")
    role = serializers.ChoiceField(choices=Role.choices, required=False)


@extend_schema(tags=["workspace"])
class MeView(ApiView):
    scope_prefix = None

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Say who is asking, in which workspace, with which role and scopes."""
        return Response(MeSerializer(self.access).data)


@extend_schema(tags=["workspace"])
class WorkspaceView(ApiView):
    scope_prefix = "platform"

    @extend_schema(operation_id="workspace", responses=WorkspaceSerializer)
    def get(self, request: Request) -> Response:
        """Return the workspace that the key or session is in."""
        return Response(WorkspaceSerializer(self.access.workspace).data)

    @extend_schema(operation_id="workspace_rename", request=WorkspaceChange, responses=WorkspaceSerializer)
    def patch(self, request: Request) -> Response:
        """Rename the workspace; its slug stays."""
        values = self.body(WorkspaceChange, partial=True)
        name = values.get("name", self.access.workspace.name)
        return Response(WorkspaceSerializer(services.rename_workspace(by=self.access, name=name)).data)


@extend_schema(tags=["members"])
class MemberViewSet(Changing, Removing):
    """The people of the workspace."""

    queryset = Membership.objects.select_related("user")
    serializer_class = MemberSerializer
    scope_prefix = "platform"
    change_serializer = MemberChange

    def change(self, row: Membership, values: dict[str, Any]) -> Membership:
        role = values.get("role", row.role)
        return services.change_role(by=self.access, membership=row, role=role)

    def remove(self, row: Membership) -> None:
        services.remove_member(by=self.access, membership=row)


@extend_schema(tags=["members"])
class InvitationViewSet(Creating, Removing):
    """Invitations into the workspace."""

    queryset = Invitation.objects.all()
    serializer_class = InvitationSerializer
    scope_prefix = "platform"
    create_serializer = InvitationCreation
    created_serializer = InvitedSerializer

    def make(self, values: dict[str, Any]) -> services.Invited:
        return services.invite_member(by=self.access, now=timezone.now(), **values)

    def remove(self, row: Invitation) -> None:
        services.cancel_invitation(by=self.access, invitation=row)
