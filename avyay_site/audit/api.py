"""The audit log over REST: reading only."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from avyay_site.api.serializers import Filters, TimeField, WordsParameter
from avyay_site.api.views import WorkspaceViewSet
from avyay_site.audit.models import AuditEntry


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One act: who did what to what."""

    user_id = serializers.CharField(read_only=True, allow_null=True)
    detail = serializers.DictField(read_only=True)

    class Meta:
        model = AuditEntry
        fields = (
            *("id", "happened_at", "actor", "user_id", "key_id", "action"),
            *("target_type", "target_id", "target_name", "detail", "request_id"),
        )
        read_only_fields = fields


class AuditFilters(Filters):
    action = WordsParameter(help_text="Such as `key.revoke`.")
    target_type = WordsParameter()
    target_id = WordsParameter()
    happened_after = TimeField(source="happened_at__gte")
    happened_before = TimeField(source="happened_at__lt")


@extend_schema(tags=["audit"])
class AuditViewSet(WorkspaceViewSet):
    """What was done in the workspace, and by whom."""

    queryset = AuditEntry.objects.all()
    serializer_class = AuditEntrySerializer
    scope_prefix = "platform"
    filters = AuditFilters
    newest_by = "happened_at"
