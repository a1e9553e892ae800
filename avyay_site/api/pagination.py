"""Pages of a list by cursor: stable while rows are added, and as fast on the last page as on the first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from avyay_site.api.serializers import WrongParameter

if TYPE_CHECKING:  # at run time the framework's views are still being imported when they ask for this module
    from rest_framework.views import APIView

DEFAULT_LIMIT = 50
MOST = 200
PARAMETERS = ("limit", "cursor")


class NewestFirst(BasePagination):
    """Newest rows first, by the view's `newest_by` column and the primary key.

    A cursor is the signed place of the last row that was seen; it opens nothing but the same list.
    """

    def paginate_queryset(
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        self.request = request
        self.newest_by: str = view.newest_by  # type: ignore[union-attr]
        self.salt = f"cursor:{request.path}"
        self.limit = _limit(request.query_params.get("limit", str(DEFAULT_LIMIT)))
        queryset = queryset.order_by(f"-{self.newest_by}", "-pk")
        if cursor := request.query_params.get("cursor"):
            queryset = queryset.filter(self._after(cursor))
        rows = list(queryset[: self.limit + 1])
        self.has_more = len(rows) > self.limit
        self.page = rows[: self.limit]
        return self.page

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        cursor = self._cursor(self.page[-1]) if self.has_more else None
        headers = {}
        if cursor:
            url = replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)
            headers["Link"] = f'<{url}>; rel="next"'
        return Response({"data": data, "next_cursor": cursor, "has_more": self.has_more}, headers=headers)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["data", "next_cursor", "has_more"],
            "properties": {
                "data": schema,
                "next_cursor": {"type": ["string", "null"], "example": None},
                "has_more": {"type": "boolean"},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}
        return [
            {"name": "limit", "in": "query", "description": "Rows on a page.", "schema": limit},
            {
                "name": "cursor",
                "in": "query",
                "description": "`next_cursor` of the page before; without it, the newest rows.",
                "schema": {"type": "string", "format": "cursor"},
            },
        ]

    def _cursor(self, row: Model) -> str:
        place: date | datetime | str = getattr(row, self.newest_by)
        text = place if isinstance(place, str) else place.isoformat()
        return signing.dumps([text, row.pk], salt=self.salt)

    def _after(self, cursor: str) -> Q:
        try:
            place, pk = signing.loads(cursor, salt=self.salt)
        except signing.BadSignature as exc:
            raise WrongParameter(
                {"cursor": "Not a cursor of this list; take next_cursor of a page."}
            ) from exc
        column = self.newest_by
        # The first half lets the index find the place; the second half settles rows of the same moment.
        return Q(**{f"{column}__lte": place}) & (Q(**{f"{column}__lt": place}) | Q(pk__lt=pk))


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST):
        raise WrongParameter({"limit": f"Give a whole number from 1 to {MOST}."})
    return int(text)
