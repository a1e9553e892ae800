"""The control link: what the gateway asks of the web process. Not part of the public API.

The bearer token is derived from the encryption key that both processes hold. A database that is away is
answered with 503, so that a 200 or 304 always proves that it is up.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from avyay_site import crypto
from marga import configuring, hearing, publishing, receiving

log = structlog.get_logger(__name__)

BODY_MOST = 4 * 1024 * 1024
View = Callable[[HttpRequest], HttpResponse]


def for_gateway(view: View) -> View:
    """Let only the gateway in, and answer 503 while the database is away."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not _is_gateway(request):
            return JsonResponse({"error": "This address is for the gateway only."}, status=401)
        try:
            return view(request)
        except (OperationalError, InterfaceError) as exc:
            log.warning("control_link_without_database", error=type(exc).__name__)
            return JsonResponse({"error": "The database is away."}, status=503, headers={"Retry-After": "1"})

    return csrf_exempt(guarded)


@for_gateway
@require_GET
def snapshot(request: HttpRequest) -> HttpResponse:
    """Answer with all that the gateway needs, or 304 when it has that already."""
    configuring.follow_file()
    found = publishing.current_snapshot(request.headers.get("If-None-Match"), now=timezone.now())
    if found is None:
        return HttpResponse(status=304, headers={"ETag": request.headers["If-None-Match"]})
    return HttpResponse(found.body, content_type="application/json", headers={"ETag": found.etag})


@for_gateway
@require_POST
def usage(request: HttpRequest) -> HttpResponse:
    """Store a delivery of usage records; 200 means that they are committed."""
    if _size(request) > BODY_MOST:
        return _refuse(413, f"A delivery has at most {BODY_MOST} bytes.")
    content = _lists(request.body, ("records",))
    if content is None or "records" not in content:
        return _refuse(400, 'A delivery is {"records": […]}.')
    records = content["records"]
    if len(records) > receiving.MOST_RECORDS:
        return _refuse(413, f"A delivery has at most {receiving.MOST_RECORDS} records.")
    taken = receiving.take_usage(records, now=timezone.now())
    for stray in taken.rejected:
        log.error("usage_record_rejected", usage_request_id=stray.request_id, reason=stray.reason)
    return JsonResponse(
        {
            "inserted": taken.inserted,
            "duplicate": taken.duplicate,
            "rejected": [vars(stray) for stray in taken.rejected],
            "spent_usd": {key_id: format(spent, "f") for key_id, spent in taken.spent_usd.items()},
        }
    )


@for_gateway
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Note how credentials and models fare, and what the judge said."""
    if _size(request) > BODY_MOST:
        return _refuse(413, f"A report has at most {BODY_MOST} bytes.")
    content = _lists(request.body, hearing.KINDS)
    if content is None:
        return _refuse(400, f"A report holds lists: {', '.join(hearing.KINDS)}.")
    if any(len(rows) > hearing.MOST_ROWS for rows in content.values()):
        return _refuse(413, f"A list of a report has at most {hearing.MOST_ROWS} rows.")
    return JsonResponse(hearing.take_report(content, now=timezone.now()))


def _is_gateway(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").encode()
    return hmac.compare_digest(given, f"Bearer {crypto.internal_token(settings.ENCRYPTION_KEYS)}".encode())


def _size(request: HttpRequest) -> int:
    try:
        return int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return BODY_MOST + 1


def _lists(body: bytes, known: tuple[str, ...]) -> dict[str, list[Any]] | None:
    """Return the lists of a JSON object; None when it is anything else or holds unknown names."""
    try:
        content = json.loads(body)
    except ValueError:
        return None
    if not isinstance(content, dict) or not content.keys() <= set(known):
        return None
    return content if all(isinstance(rows, list) for rows in content.values()) else None


def _refuse(status: int, reason: str) -> HttpResponse:
    return JsonResponse({"error": reason}, status=status)
