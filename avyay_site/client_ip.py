"""The address of the client, behind as many proxies as AVYAY_TRUSTED_PROXIES says."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """Return the client's address.

    Each trusted proxy appends one address to `X-Forwarded-For`; what stands further left was written by the
    client and proves nothing. Without trusted proxies the header is not read at all.
    """
    count: int = settings.TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if count and len(hops) >= count:
        return hops[-count]
    return str(request.META.get("REMOTE_ADDR", ""))
