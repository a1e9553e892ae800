"""A store that answers late or never, for tests of what the gateway does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SlowStore:
    """Speaks just enough of Redis to say PONG to everything; is_silent: take all and answer nothing."""

    def __init__(self) -> None:
        self.is_silent = False
        self.commands = 0
        self.url = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                for _ in range(data.count(b"\r\n*") + 1):
                    self.commands += 1
                    if not self.is_silent:
                        writer.write(b"+OK\r\n")
        except ConnectionError:
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[SlowStore]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        try:
            yield self
        finally:
            server.close()
