"""Sends to providers over aiohttp's connections and parser, without its session.

The session builds a request, a writer and a response object anew for every call, which was a third of the gateway's
work. A provider's head never changes, so it is written once; pool, TLS, DNS and the parser in C stay aiohttp's.
"""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import ClientTimeout
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDictProxy

from avyay_site.addresses import Allowance
from marga.gateway import guard
from marga.gateway.providers import Endpoint

CONNECT_SECONDS = 3
READ_BUFFER_BYTES = 1 << 16
REMEMBERED_ENDPOINTS = 1_000
WRITTEN_FOR_EACH_CALL = frozenset({"content-length", "transfer-encoding"})
FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError)
"""What can go wrong on the way to a provider and back."""

_TIMEOUT = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)


class StaleConnection(aiohttp.ServerDisconnectedError):
    """A kept connection was closed by the provider before it said anything: trying anew costs nothing."""


class Answer:
    """What a provider answers; content is read piece by piece, and reading less holds the provider back."""

    __slots__ = ("_connection", "content", "headers", "status")

    def __init__(
        self,
        connection: Connection,
        status: int,
        headers: CIMultiDictProxy[str],
        content: aiohttp.StreamReader,
    ) -> None:
        self._connection = connection
        self.status = status
        self.headers = headers
        self.content = content

    @property
    def kind(self) -> str:
        """Return the content type, without parameters."""
        return self.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()

    @property
    def is_event_stream(self) -> bool:
        """Tell whether the content is server-sent events."""
        return self.kind == "text/event-stream"

    def close(self) -> None:
        """Give the connection back if all was read, else close it, so that the provider stops; safe to repeat."""
        if self.content.at_eof():
            self._connection.release()
        else:
            self._connection.close()


class Upstream:
    """The connections to all providers; those that no operator vouches for have a pool whose look-ups are checked."""

    def __init__(self, *, max_connections: int, allowance: Allowance) -> None:
        self._loop = asyncio.get_running_loop()
        self._allowance = allowance
        self._trusted = aiohttp.TCPConnector(limit=max_connections, ttl_dns_cache=60)
        self._checked = aiohttp.TCPConnector(
            limit=max_connections, ttl_dns_cache=60, resolver=guard.CheckedResolver(allowance)
        )
        self._heads: dict[Endpoint, tuple[ClientRequest, bytes]] = {}

    async def send(
        self, endpoint: Endpoint, body: bytes, more_headers: bytes = b"", *, is_kept: bool = True
    ) -> Answer:
        """Send body and return once the status line and the headers of the answer are there.

        more_headers: whole lines, each with its line end, of values that were checked. is_kept: whether the endpoint
        comes again, so that its head is worth remembering.
        Raises one of FAILURES; guard.NotReachable, one of them, for an address that the provider may not have;
        StaleConnection, another, when nothing can have reached it.
        """
        connector = self._trusted
        if not endpoint.provider.is_trusted:
            guard.check_literal(endpoint.url, self._allowance)
            connector = self._checked
        template, head = self._heads.get(endpoint) or self._written(endpoint, is_kept=is_kept)
        connection = await connector.connect(template, [], _TIMEOUT)
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None:
            connection.close()
            raise StaleConnection
        is_reused = protocol._parser is not None  # set by the first call that it carries
        try:
            protocol.set_response_params(read_until_eof=True, read_bufsize=READ_BUFFER_BYTES)
            transport.write(b"%b%bContent-Length: %d\r\n\r\n%b" % (head, more_headers, len(body), body))
            message, content = await protocol.read()
            while 100 <= message.code < 200:
                if message.code == 101:
                    raise aiohttp.ClientPayloadError("the provider wants another protocol")
                message, content = await protocol.read()
        except (aiohttp.ServerDisconnectedError, ConnectionResetError, BrokenPipeError) as exc:
            connection.close()
            if is_reused:
                raise StaleConnection from exc
            raise
        except BaseException:
            connection.close()
            raise
        content.on_eof(connection.release)
        return Answer(connection, message.code, message.headers, content)

    async def close(self) -> None:
        """Close every connection."""
        await self._trusted.close()
        await self._checked.close()

    def _written(self, endpoint: Endpoint, *, is_kept: bool) -> tuple[ClientRequest, bytes]:
        """Write the head of all requests to endpoint, up to the value of Content-Length."""
        template = ClientRequest(
            endpoint.method,
            endpoint.url,
            headers=endpoint.headers,
            skip_auto_headers=("Accept",),
            loop=self._loop,
        )
        lines = [f"{endpoint.method} {endpoint.url.raw_path_qs} HTTP/1.1"]
        for name, value in template.headers.items():
            if name.lower() not in WRITTEN_FOR_EACH_CALL:
                lines.append(f"{name}: {value}")
        head = "\r\n".join([*lines, ""]).encode("ascii")
        if is_kept:
            if len(self._heads) >= REMEMBERED_ENDPOINTS:
                self._heads.clear()
            self._heads[endpoint] = (template, head)
        return template, head
