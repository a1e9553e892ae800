"""Writes what every request to an endpoint begins with, once."""

from __future__ import annotations

import base64

from yarl import URL

from marga.gateway.providers import Endpoint
from marga.gateway.upstream.dialing import Origin
from marga.gateway.upstream.failures import Unreachable

WRITTEN_FOR_EACH_CALL = frozenset({"host", "content-length", "transfer-encoding", "connection"})


def origin_of(url: URL) -> Origin:
    """Return where url leads.

    Raises Unreachable for what is no HTTP address.
    """
    if url.scheme not in ("http", "https") or not url.raw_host or not url.port:
        raise Unreachable("the provider's address is not one of HTTP")
    return Origin(url.raw_host, url.port, url.scheme == "https")


def head_of(endpoint: Endpoint) -> bytes:
    """Write the head of all requests to endpoint, up to what is written for each call.

    Raises Unreachable when it holds what would end a line, or the head.
    """
    url = endpoint.url
    lines = [f"{endpoint.method} {url.raw_path_qs} HTTP/1.1", f"Host: {url.host_port_subcomponent}"]
    lines += [
        f"{name}: {value}"
        for name, value in endpoint.headers.items()
        if name.lower() not in WRITTEN_FOR_EACH_CALL
    ]
    if url.user is not None and "Authorization" not in endpoint.headers:
        given = f"{url.user}:{url.password or ''}".encode()
        lines.append(f"Authorization: Basic {base64.b64encode(given).decode('ascii')}")
    if lines[0].count(" ") != 2 or not all(line.isascii() and line.isprintable() for line in lines):
        raise Unreachable("the provider's address or credential holds characters that no request can carry")
    return "\r\n".join([*lines, ""]).encode("ascii")
