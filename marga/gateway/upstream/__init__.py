"""Sends calls to providers and reads their answers: HTTP/1.1 on the loop's own transports, with llhttp's parser.

A client library builds a request, a writer and a response anew for every call, and hands the content through a stream
of its own; that was most of what a call cost. Here a provider's head is written once, and an answer that comes in one
packet is one object.
"""

from __future__ import annotations

import ssl
from typing import NamedTuple

from avyay_site.addresses import Allowance
from marga.gateway.providers import Endpoint
from marga.gateway.upstream.answer import Answer
from marga.gateway.upstream.dialing import Dialer, Origin
from marga.gateway.upstream.failures import FAILURES, Broken, StaleConnection, Unreachable
from marga.gateway.upstream.heads import head_of, origin_of
from marga.gateway.upstream.pool import Pool

__all__ = ["FAILURES", "Answer", "Broken", "StaleConnection", "Unreachable", "Upstream"]

REMEMBERED_ENDPOINTS = 1_000


class _Route(NamedTuple):
    """What is the same for all calls to one endpoint."""

    pool: Pool
    origin: Origin
    head: bytes
    is_head: bool


class Upstream:
    """The connections to all providers; those that no operator vouches for have a pool whose addresses are checked."""

    def __init__(
        self, *, max_connections: int, allowance: Allowance, tls: ssl.SSLContext | None = None
    ) -> None:
        tls = tls or _tls()
        self._trusted = Pool(Dialer(tls, None), most=max_connections)
        self._checked = Pool(Dialer(tls, allowance), most=max_connections)
        self._routes: dict[Endpoint, _Route] = {}

    async def send(
        self, endpoint: Endpoint, body: bytes, more_headers: bytes = b"", *, is_kept: bool = True
    ) -> Answer:
        """Send body and return once the status line and the headers of the answer are there.

        more_headers: whole lines, each with its line end, of values that were checked. is_kept: whether the endpoint
        comes again, so that its head is worth remembering.
        Raises one of FAILURES; guard.NotReachable, one of them, for an address that the provider may not have;
        StaleConnection, another, when a kept connection turned out to have been closed.
        """
        pool, origin, start, is_head = self._routes.get(endpoint) or self._route(endpoint, is_kept=is_kept)
        head = b"%b%bContent-Length: %d\r\n\r\n" % (start, more_headers, len(body))
        connection = pool.kept(origin) or await pool.obtain(origin)
        asked = connection.ask(head, body, is_head=is_head)
        try:
            return await asked
        except BaseException:
            connection.leave(asked)
            raise

    @property
    def open_connections(self) -> int:
        """Return how many connections there are."""
        return self._trusted.open + self._checked.open

    async def close(self) -> None:
        """Close every connection."""
        self._trusted.close()
        self._checked.close()

    def _route(self, endpoint: Endpoint, *, is_kept: bool) -> _Route:
        pool = self._trusted if endpoint.provider.is_trusted else self._checked
        route = _Route(pool, origin_of(endpoint.url), head_of(endpoint), endpoint.method == "HEAD")
        if is_kept:
            if len(self._routes) >= REMEMBERED_ENDPOINTS:
                self._routes.clear()
            self._routes[endpoint] = route
        return route


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
