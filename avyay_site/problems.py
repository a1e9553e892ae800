"""Errors of the API as RFC 9457 problems: one table from exceptions to answers.

Domain code raises its own errors and knows no status; the table says what a program gets to see.
A product adds its errors where its API is defined: `problems.register(UnableToScan, "conflict")`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core import exceptions as django_errors
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from avyay_site.accounts.access import NotAllowed
from avyay_site.accounts.services import UnableToChangeMember, UnableToCreateWorkspace, UnableToInvite
from avyay_site.keys.services import UnableToChangeKey
from avyay_site.redaction import redact

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
Error = dict[str, str]


@dataclass(frozen=True)
class Kind:
    """A sort of problem. advice: what the caller can do; it stands on the page that `type` names."""

    slug: str
    status: HTTPStatus
    title: str
    advice: str

    @property
    def uri(self) -> str:
        return f"{settings.PUBLIC_URL}/api/docs/problems#{self.slug}"


KINDS = {
    kind.slug: kind
    for kind in (
        Kind(
            "invalid-request",
            HTTPStatus.BAD_REQUEST,
            "The request has wrong values",
            "Mend the fields or parameters that errors names. Unknown fields and parameters are refused too.",
        ),
        Kind(
            "malformed-body",
            HTTPStatus.BAD_REQUEST,
            "The body cannot be read",
            "Send one JSON value in UTF-8, at most 100 levels deep.",
        ),
        Kind(
            "unauthorized",
            HTTPStatus.UNAUTHORIZED,
            "No valid key or session",
            "Send a key as Authorization: Bearer … or X-API-Key. Unknown, expired and revoked keys look the same.",
        ),
        Kind(
            "forbidden",
            HTTPStatus.FORBIDDEN,
            "Not allowed",
            "Use a key with the scope, or a member with the role, that detail names.",
        ),
        Kind(
            "not-found",
            HTTPStatus.NOT_FOUND,
            "Nothing is here",
            "Check the address and the id. What belongs to another workspace is not found either.",
        ),
        Kind(
            "method-not-allowed",
            HTTPStatus.METHOD_NOT_ALLOWED,
            "Method not allowed",
            "Use a method that the Allow header lists.",
        ),
        Kind(
            "not-acceptable",
            HTTPStatus.NOT_ACCEPTABLE,
            "Not available in that form",
            "Accept application/json.",
        ),
        Kind(
            "conflict",
            HTTPStatus.CONFLICT,
            "Not possible as things stand",
            "Read detail: the state of the resource does not permit this.",
        ),
        Kind(
            "idempotency-busy",
            HTTPStatus.CONFLICT,
            "The same request is still running",
            "Wait as long as Retry-After says, then send the same request with the same Idempotency-Key.",
        ),
        Kind(
            "too-large",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "The body is too large",
            "Send less at once; AVYAY_MAX_BODY_MB sets the limit.",
        ),
        Kind(
            "unsupported-media-type",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Content type not supported",
            "Send Content-Type: application/json.",
        ),
        Kind(
            "idempotency-mismatch",
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The Idempotency-Key was used for another request",
            "Make a new key for each new request; repeat a key only with the same address and body.",
        ),
        Kind(
            "too-many-requests",
            HTTPStatus.TOO_MANY_REQUESTS,
            "Too many requests",
            "Wait as long as Retry-After says.",
        ),
        Kind(
            "server-error",
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "Something broke on our side",
            "Try again; if it stays, report the request id.",
        ),
        Kind(
            "unavailable",
            HTTPStatus.SERVICE_UNAVAILABLE,
            "The database does not answer",
            "Try again after Retry-After seconds; nothing was changed.",
        ),
    )
}

BY_STATUS = {kind.status.value: kind for kind in reversed(KINDS.values())}

_table: dict[type[Exception], str] = {
    # domain errors
    NotAllowed: "forbidden",
    UnableToChangeKey: "conflict",
    UnableToChangeMember: "conflict",
    UnableToCreateWorkspace: "conflict",
    UnableToInvite: "conflict",
    # the framework's
    drf.ValidationError: "invalid-request",
    drf.ParseError: "malformed-body",
    drf.NotAuthenticated: "unauthorized",
    drf.AuthenticationFailed: "unauthorized",
    drf.PermissionDenied: "forbidden",
    drf.NotFound: "not-found",
    drf.MethodNotAllowed: "method-not-allowed",
    drf.NotAcceptable: "not-acceptable",
    drf.UnsupportedMediaType: "unsupported-media-type",
    drf.Throttled: "too-many-requests",
    Http404: "not-found",
    django_errors.PermissionDenied: "forbidden",
    django_errors.RequestDataTooBig: "too-large",
    django_errors.SuspiciousOperation: "malformed-body",
    UnreadablePostError: "malformed-body",
    OperationalError: "unavailable",
    InterfaceError: "unavailable",
}
_silent = {"unauthorized", "not-found", "unavailable"}
"""Kinds whose detail is fixed: the exception's own words could tell too much, or differ between cases."""


def register(error: type[Exception], slug: str) -> None:
    """Add a product's error to the table; its message becomes the `detail`."""
    if slug not in KINDS:
        raise ValueError(f"{slug!r} is not a kind of problem: {', '.join(KINDS)}.")
    _table[error] = slug


def handle(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an exception of an API view; None for what nobody expected, which is then logged as a failure."""
    kind = kind_of(exc)
    if kind is None:
        return None
    set_rollback()
    body = describe(context["request"], kind, detail=_detail(exc, kind), errors=_errors(exc))
    return Response(body, status=kind.status.value, headers=_headers(exc, kind), content_type=MEDIA_TYPE)


def kind_of(exc: Exception) -> Kind | None:
    """Return what the table says about an exception or its nearest base."""
    for base in type(exc).__mro__:
        if base in _table:
            return KINDS[_table[base]]
    return None


def describe(request: Any, kind: Kind, *, detail: str = "", errors: Sequence[Error] = ()) -> dict[str, Any]:
    """Return the members of a problem."""
    return {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status.value,
        "detail": detail or kind.advice,
        "instance": redact(request.path),
        "request_id": getattr(request, "request_id", ""),
        "errors": list(errors),
    }


def answer(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Return a problem outside of an API view."""
    response = JsonResponse(describe(request, kind), status=kind.status.value, content_type=MEDIA_TYPE)
    if kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _headers(exc: Exception, kind: Kind) -> dict[str, str]:
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = str(getattr(exc, "auth_header"))  # noqa: B009 - set by the framework at run time
    wait = getattr(exc, "wait", None)
    if wait is None and kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
        wait = RETRY_AFTER_SECONDS
    if wait is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    return headers


def _detail(exc: Exception, kind: Kind) -> str:
    if kind.slug in _silent:
        return ""
    if isinstance(exc, drf.ValidationError):
        count = len(_errors(exc))
        return f"{count} value{'s are' if count != 1 else ' is'} wrong; see errors."
    if isinstance(exc, drf.APIException):
        return str(exc.detail)
    return "" if isinstance(exc, django_errors.SuspiciousOperation) else str(exc)


def _errors(exc: Exception) -> list[Error]:
    if not isinstance(exc, drf.ValidationError):
        # A product's error may name the field that it is about.
        field = getattr(exc, "field", "")
        return [{"pointer": f"#/{field}", "detail": str(exc)}] if field else []
    if getattr(exc, "is_about_parameters", False) and isinstance(exc.detail, dict):
        return [
            {"parameter": name, "detail": error["detail"]}
            for name, found in exc.detail.items()
            for error in _walk(found, "")
        ]
    return list(_walk(exc.detail, "#"))


def _walk(found: Any, pointer: str) -> Iterator[Error]:
    """Yield each message of a nested validation error with its JSON pointer (RFC 6901, as a URI fragment)."""
    if isinstance(found, dict):
        for name, inner in found.items():
            is_whole = name == "non_field_errors"
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from _walk(inner, pointer if is_whole else f"{pointer}/{step}")
    elif isinstance(found, list):
        for inner in found:
            yield from _walk(inner, pointer)
    else:
        yield {"pointer": pointer, "detail": str(found)}
