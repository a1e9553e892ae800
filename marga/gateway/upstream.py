"""Posts to providers over aiohttp's connections and parser, without its session.

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
from marga.gateway.snapshot import Provider

CONNECT_SECONDS = 3
READ_BUFFER_BYTES = 1 << 16
REMEMBERED_PROVIDERS = 1_000
WRITTEN_FOR_EACH_CALL = frozenset({"content-length", "transfer-encoding"})
FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError)
"""What can go wrong on the way to a provider and back."""

_TIMEOUT = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)


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
    def is_event_stream(self) -> bool:
        """Tell whether the content is server-sent events."""
        return self.headers.get("Content-Type", "").split(";", 1)[0].strip().lower() == "text/event-stream"

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
        self._routes: dict[Provider, tuple[ClientRequest, bytes]] = {}

    async def post(self, provider: Provider, body: bytes) -> Answer:
        """Send body to the provider and return once its status line and headers are there.

        Raises one of FAILURES; guard.NotReachable, one of them, for an address that the provider may not have.
        """
        connector = self._trusted
        if not provider.is_trusted:
            guard.check_literal(provider.chat_url, self._allowance)
            connector = self._checked
        template, head = self._routes.get(provider) or self._remember(provider)
        connection = await connector.connect(template, [], _TIMEOUT)
        try:
            protocol, transport = connection.protocol, connection.transport
            if protocol is None or transport is None:
                raise aiohttp.ServerDisconnectedError
            protocol.set_response_params(read_until_eof=True, read_bufsize=READ_BUFFER_BYTES)
            transport.write(b"%b%d\r\n\r\n%b" % (head, len(body), body))
            message, content = await protocol.read()
            while 100 <= message.code < 200:
                if message.code == 101:
                    raise aiohttp.ClientPayloadError("the provider wants another protocol")
                message, content = await protocol.read()
        except BaseException:
            connection.close()
            raise
        content.on_eof(connection.release)
        return Answer(connection, message.code, message.headers, content)

    async def close(self) -> None:
        """Close every connection."""
        await self._trusted.close()
        await self._checked.close()

    def _remember(self, provider: Provider) -> tuple[ClientRequest, bytes]:
        """Write the head of all requests to provider, up to the value of Content-Length."""
        template = ClientRequest(
            "POST",
            provider.chat_url,
            headers=provider.headers,
            skip_auto_headers=("Accept",),
            loop=self._loop,
        )
        lines = [f"POST {provider.chat_url.raw_path_qs} HTTP/1.1"]
        for name, value in template.headers.items():
            if name.lower() not in WRITTEN_FOR_EACH_CALL:
                lines.append(f"{name}: {value}")
        head = "\r\n".join([*lines, "Content-Length: "]).encode("ascii")
        if len(self._routes) >= REMEMBERED_PROVIDERS:
            self._routes.clear()
        self._routes[provider] = (template, head)
        return template, head
