"""Dependencies over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from avyay_site.api.serializers import Filters, IdParameter, WordsParameter
from avyay_site.api.views import WorkspaceViewSet
from raksha.models import Dependency


class DependencySerializer(serializers.ModelSerializer[Dependency]):
    """A package of a project's lockfiles. via: one shortest path from a direct one, by name."""

    project_id = serializers.CharField(read_only=True)
    via = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Dependency
        fields: Any = (
            *(
                "id",
                "project_id",
                "ecosystem",
                "name",
                "version",
                "purl",
                "path",
                "line",
                "is_direct",
                "is_dev",
            ),
            *("via", "licence", "source"),
        )
        read_only_fields: Any = fields


class DependencyFilters(Filters):
    project = IdParameter("prj", source="project_id")
    ecosystem = WordsParameter()
    name = WordsParameter()
    is_direct = serializers.BooleanField()
    licence = WordsParameter(source="licence__icontains")


@extend_schema(tags=["raksha"])
class DependencyViewSet(WorkspaceViewSet):
    """Packages as the latest scan of each project read them."""

    queryset = Dependency.objects.all()
    serializer_class = DependencySerializer
    scope_prefix = "raksha"
    newest_by = "id"
    filters = DependencyFilters
