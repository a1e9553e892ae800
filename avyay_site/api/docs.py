"""The OpenAPI document, the pages that show it, and the page that explains problems. Nothing is loaded from elsewhere."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from avyay_site import problems


@functools.cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document; it only changes with the code."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return generated


class PlainJson(JSONRenderer):
    """The document as ordinary JSON, for tools that do not know the OpenAPI media type."""

    format = "plain"


class PlainYaml(OpenApiYamlRenderer):
    """The document as ordinary YAML (RFC 9512)."""

    media_type = "application/yaml"
    format = "plain-yaml"


class SchemaView(APIView):
    """The OpenAPI 3.1 document, as JSON or YAML by the Accept header."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes: tuple[type[BaseRenderer], ...] = (
        PlainJson,
        PlainYaml,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
    )

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(document())


class YamlSchemaView(SchemaView):
    """The same as YAML, for links."""

    renderer_classes = (PlainYaml,)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from the sidecar package; page and script are apart, so that the CSP holds."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    url_name = "api-schema"
    template_name = "api/docs.html"


def problem_page(request: HttpRequest) -> HttpResponse:
    """Explain each kind of problem; `type` of a problem leads here."""
    return render(request, "api/problems.html", {"kinds": problems.KINDS.values()})
