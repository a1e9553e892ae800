"""What the OpenAPI document says about every operation without being told by each view."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from avyay_site import problems
from avyay_site.api.serializers import Strict
from avyay_site.idempotency.api import HEADER, PATTERN

IDEMPOTENCY = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": PATTERN},
    OpenApiParameter.HEADER,
    description="Makes a repeated request harmless: within 24 hours it gets the first answer again.",
)
ALWAYS = (400, 401, 403, 404, 405, 406, 429, 503)
WITH_BODY = (409, 413, 415)
VERBS = {
    "list": "List",
    "retrieve": "Read one",
    "create": "Create one",
    "partial_update": "Change one",
    "destroy": "Remove one",
}
RATE_HEADERS = {
    "RateLimit-Policy": "The limit: requests `q` in `w` seconds.",
    "RateLimit": "What is left: `r` requests, all again in `t` seconds.",
}


class ProblemErrorSerializer(serializers.Serializer[Any]):
    """One wrong value: by JSON pointer into the body, or by query parameter."""

    pointer = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False)
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """An error in the form of RFC 9457."""

    type = serializers.CharField(help_text="A page that explains this kind of problem.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    request_id = serializers.CharField()
    errors = ProblemErrorSerializer(many=True)  # type: ignore[assignment] # a field, collected by the metaclass


class Schema(AutoSchema):
    """Adds problems, rate-limit headers, query parameters, the idempotency header and needed scopes."""

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = list(super().get_override_parameters())
        if self.method == "POST":
            parameters.append(IDEMPOTENCY)
        filters = self.view.get_filters() if hasattr(self.view, "get_filters") else None
        return [*parameters, filters] if filters and self.method == "GET" else parameters

    def get_request_serializer(self) -> Any:
        name = {"POST": "create_serializer", "PATCH": "change_serializer"}.get(self.method, "")
        return getattr(self.view, name, None) or super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        made = getattr(self.view, "created_serializer", None) if self.method == "POST" else None
        return made or super().get_response_serializers()

    def get_description(self) -> str:  # type: ignore[override]
        words = super().get_description()
        prefix = getattr(self.view, "scope_prefix", None)
        if prefix is None:
            return f"{words}\n\nAny valid key may ask."
        return f"{words}\n\nNeeds the scope `{prefix}:{'read' if self.method == 'GET' else 'write'}`."

    def get_summary(self) -> str:
        """Return the first sentence of what the action says of itself, else the verb and the kind of row."""
        action = getattr(self.view, "action", self.method.lower())
        own_words = get_doc(getattr(self.view, action, None))
        queryset = getattr(self.view, "queryset", None)
        if own_words or action not in VERBS or queryset is None:
            return re.split(r"\.\s|\.$", own_words or super().get_description())[0]
        names = queryset.model._meta
        return f"{VERBS[action]} {names.verbose_name_plural if action == 'list' else names.verbose_name}"

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        answers = super()._get_response_bodies(direction)
        for answer in answers.values():
            answer["headers"] = {**answer.get("headers", {}), **_rate_headers()}
        for status in self._problem_statuses():
            answers.setdefault(str(status), self._problem(status))
        return answers

    def _problem_statuses(self) -> tuple[int, ...]:
        if self.method == "POST":
            return (*ALWAYS, *WITH_BODY, 422)
        return (*ALWAYS, *WITH_BODY) if self.method in ("PATCH", "PUT", "DELETE") else ALWAYS

    def _problem(self, status: int) -> dict[str, Any]:
        kind = problems.BY_STATUS[status]
        example = OpenApiExample(kind.title, value=_example(kind), response_only=True)
        component = self.resolve_serializer(ProblemSerializer, "response")
        return {
            "description": kind.title,
            "content": {
                problems.MEDIA_TYPE: {
                    "schema": component.ref,
                    "examples": {kind.slug: {"value": example.value}},
                }
            },
        }

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        mapped: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, Strict):
            mapped["additionalProperties"] = False
        return mapped


def _rate_headers() -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in RATE_HEADERS.items()}


def _example(kind: problems.Kind) -> dict[str, Any]:
    return {
        "type": f"/api/docs/problems#{kind.slug}",
        "title": kind.title,
        "status": kind.status.value,
        "detail": kind.advice,
        "instance": "/api/v1/keys",
        "request_id": "req_01KB3QJ5W8Q7M4F0T1X2Y3Z4A5",
        "errors": [],
    }


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """An API key, in either of two headers."""

    target_class = "avyay_site.keys.auth.KeyAuthentication"
    name = ["bearer", "header"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        return [{"bearer": []}, {"header": []}]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key: `avy_live_…`"},
            {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
        ]


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The dashboard's session."""

    target_class = "avyay_site.keys.auth.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "Signed in to the dashboard; changes need the CSRF token in `X-CSRFToken`.",
        }
