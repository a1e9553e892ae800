"""The `Idempotency-Key` header of every POST."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import APIException, ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site import problems
from avyay_site.accounts.access import Access
from avyay_site.idempotency import services
from avyay_site.idempotency.models import KeptAnswer

HEADER = "Idempotency-Key"
PATTERN = r"^[\x21-\x7e]{1,255}$"
KEPT_HEADERS = ("Location",)


class Busy(APIException):
    """The same request is still running."""

    status_code = 409
    wait = 1


problems.register(Busy, "idempotency-busy")
problems.register(services.OtherRequest, "idempotency-mismatch")


def run_once(
    handler: Callable[..., HttpResponseBase], request: Request, *args: Any, **kwargs: Any
) -> HttpResponseBase:
    """Run a handler, or give the answer that the same request got in the last 24 hours.

    Only success is kept: after a failure nothing has happened, and the same request may be tried again.
    """
    idempotency_key = request.headers[HEADER]
    if not re.fullmatch(PATTERN, idempotency_key):
        raise ParseError(f"{HEADER} must be 1 to 255 printable ASCII characters without spaces.")
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        try:
            kept, is_replay = services.claim(
                by=cast(Access, request.auth),
                idempotency_key=idempotency_key,
                fingerprint=fingerprint,
                now=timezone.now(),
            )
        except services.StillRunning as exc:
            raise Busy(str(exc)) from exc
        if is_replay:
            return _replayed(kept)
        response = handler(request, *args, **kwargs)
        if isinstance(response, Response) and response.status_code < 300:
            _keep(kept, response)
        else:
            kept.delete()
        return response


def _keep(kept: KeptAnswer, response: Response) -> None:
    body = "" if response.data is None else JSONRenderer().render(response.data).decode()
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    services.keep(kept, status=response.status_code, headers=headers, body=body)


def _replayed(kept: KeptAnswer) -> HttpResponse:
    headers = {**kept.headers, "Idempotent-Replayed": "true"}
    return HttpResponse(
        kept.body.reveal(), status=kept.status, headers=headers, content_type=JSONRenderer.media_type
    )


def _fingerprint(request: Request) -> str:
    """Return a digest of what is asked for; the order of a JSON object's members does not matter."""
    body = json.dumps(_plain(request.data), sort_keys=True)
    return hashlib.sha256(f"{request.method} {request.get_full_path()} {body}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, UploadedFile):
        digest = hashlib.sha256()
        for chunk in value.chunks():
            digest.update(chunk)
        value.seek(0)
        return [value.name, digest.hexdigest()]
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
