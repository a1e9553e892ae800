"""Projects over REST."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from avyay_site.api.serializers import Filters, NameField, Strict, WordsParameter
from avyay_site.api.views import Changing, Creating, Removing
from raksha import services
from raksha.models import Mission, Project


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """A code base that is scanned again and again. has_token: whether a token for its repository is kept."""

    has_token = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields: Any = (
            *("id", "name", "url", "default_revision", "mission", "has_token", "created_at", "updated_at"),
        )
        read_only_fields: Any = fields

    def get_has_token(self, row: Project) -> bool:
        return bool(row.token)


class ProjectFilters(Filters):
    name = WordsParameter()
    url = WordsParameter()


class ProjectChange(Strict):
    name = NameField(max_length=100)
    url = serializers.CharField(
        max_length=500, allow_blank=True, required=False, help_text="https address of the repository."
    )
    default_revision = serializers.CharField(max_length=250, allow_blank=True, required=False)
    mission = serializers.ChoiceField(choices=Mission.choices, required=False)
    token = serializers.CharField(
        max_length=500, allow_blank=True, required=False, write_only=True,
        help_text="For a private repository; kept encrypted, never shown. Empty removes it.",
    )  # fmt: skip


@extend_schema(tags=["raksha"])
class ProjectViewSet(Creating, Changing, Removing):
    """Projects with their findings; removing one removes its scans and findings too."""

    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    scope_prefix = "raksha"
    filters = ProjectFilters
    create_serializer = ProjectChange
    change_serializer = ProjectChange

    def make(self, values: dict[str, Any]) -> Project:
        return services.create_project(by=self.access, **values)

    def change(self, row: Project, values: dict[str, Any]) -> Project:
        return services.change_project(by=self.access, project=row, now=timezone.now(), **values)

    def remove(self, row: Project) -> None:
        services.delete_project(by=self.access, project=row)
