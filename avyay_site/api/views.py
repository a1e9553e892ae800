"""Base classes of the API. A list with reading by id takes three declarations:

    class ChannelViewSet(WorkspaceViewSet):
        queryset = Channel.objects.all()
        serializer_class = ChannelSerializer
        scope_prefix = "platform"

`Creating`, `Changing` and `Removing` add the writes: each names its body's serializer and makes one service call
in `make`, `change` or `remove`. Every POST takes an `Idempotency-Key`; unknown parameters and fields are refused.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, cast

from django.db.models import Model, QuerySet
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from avyay_site.accounts.access import Access
from avyay_site.api import pagination, throttling
from avyay_site.api.serializers import Empty, Filters, Strict, WrongParameter
from avyay_site.idempotency.api import run_once


class ApiMixin(APIView):
    """What every view of the API does around its own work."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    scope_prefix: ClassVar[str | None]
    """The product in the scope that a key needs; None where any valid key will do."""
    filters: ClassVar[type[Filters] | None] = None
    """Query parameters of the list; `filters_by_action` has those of other actions."""
    filters_by_action: ClassVar[dict[str, type[Filters]]] = {}

    @property
    def access(self) -> Access:
        """Who is asking; permissions have seen to it that there is somebody."""
        return cast(Access, self.request.auth)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.asked = self._read_parameters(request)
        if request.method == "POST" and "Idempotency-Key" in request.headers:
            handler = getattr(self, "post", self.http_method_not_allowed)
            setattr(self, "post", partial(run_once, handler))  # noqa: B010 - the framework looks it up by name

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if decision := getattr(request, "rate", None):
            throttling.add_headers(response, decision)
        response["Cache-Control"] = "no-store"
        return response

    def get_filters(self) -> type[Filters] | None:
        """Return the serializer of this action's query parameters."""
        action = getattr(self, "action", "list")
        return self.filters_by_action.get(action, self.filters if action == "list" else None)

    def body(self, serializer: type[Strict], **options: Any) -> dict[str, Any]:
        """Return the checked values of the request's body."""
        checked = serializer(data=self.request.data, context={"view": self}, **options)
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    def _read_parameters(self, request: Request) -> dict[str, Any]:
        filters = (self.get_filters() or Filters)()
        paging = pagination.PARAMETERS if getattr(self, "action", "") == "list" else ()
        known = [*filters.fields, *paging]
        wrong = {
            name: f"Unknown parameter; known: {', '.join(known) or 'none'}." for name in request.query_params
        }
        wrong = {name: words for name, words in wrong.items() if name not in known}
        wrong |= {name: "Give it once." for name, values in request.query_params.lists() if len(values) > 1}
        if wrong:
            raise WrongParameter(wrong)
        given = {name: value for name, value in request.query_params.items() if name not in paging}
        checked = type(filters)(data=given)
        if not checked.is_valid():
            raise WrongParameter(checked.errors)
        return dict(checked.validated_data)


class ApiView(ApiMixin):
    """A single resource that is not a list."""


class WorkspaceViewSet(ApiMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Any]):
    """A list of a workspace's rows, newest first, and one row by its id. Another workspace's rows are not found."""

    newest_by: ClassVar[str] = "created_at"
    lookup_value_regex = "[A-Za-z0-9_-]{1,64}"

    def get_queryset(self) -> QuerySet[Any]:
        queryset: Any = super().get_queryset()
        rows: QuerySet[Any] = queryset.visible_to(self.access)
        return rows

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**self.asked) if getattr(self, "action", "") == "list" else queryset

    def shown(self, row: Any) -> Response:
        """Answer with one row in its usual form."""
        return Response(self.get_serializer(row).data)

    def acted_on(self, serializer: type[Strict] = Empty) -> tuple[Any, dict[str, Any]]:
        """Return the row of an extra action and its body; the row first, so that another's is never found."""
        return self.get_object(), self.body(serializer)


class Creating(WorkspaceViewSet):
    """POST to the list."""

    create_serializer: ClassVar[type[Strict]]
    created_serializer: ClassVar[type[BaseSerializer[Any]] | None] = None
    """The form of the answer, where it shows more than a read does, such as a secret shown once."""

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        made = self.make(self.body(self.create_serializer))
        serializer = (self.created_serializer or self.get_serializer_class())(made, context={"view": self})
        return Response(
            serializer.data, status=201, headers={"Location": f"{request.path}/{serializer.data['id']}"}
        )

    def make(self, values: dict[str, Any]) -> Any:
        """Make a row by one service call."""
        raise NotImplementedError


class Changing(WorkspaceViewSet):
    """PATCH of one row; what the body leaves out stays."""

    change_serializer: ClassVar[type[Strict]]

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        return self.shown(self.change(row, self.body(self.change_serializer, partial=True)))

    def change(self, row: Any, values: dict[str, Any]) -> Model:
        """Change a row by one service call."""
        raise NotImplementedError


class Removing(WorkspaceViewSet):
    """DELETE of one row."""

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.remove(self.get_object())
        return Response(status=204)

    def remove(self, row: Any) -> None:
        """Remove a row by one service call."""
        raise NotImplementedError
