"""The gateway as an ASGI application: `granian --interface asgi marga.gateway.app:app` (see command.py)."""

from __future__ import annotations

from typing import Any

from marga.gateway import counting, passthrough, settings
from marga.gateway.core import Core
from marga.gateway.relay import serve
from marga.gateway.surfaces import SURFACES, canonical
from marga.gateway.views import PAGES, not_found, not_supported, wrong_method

HEALTHY_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"15")],
}
HEALTHY_BODY = {"type": "http.response.body", "body": b'{"status":"ok"}', "more_body": False}
COUNT_TOKENS = frozenset({"/v1/messages/count_tokens", "/messages/count_tokens"})
RESPONSES_PREFIXES = ("/v1/responses/", "/responses/")


class Application:
    """Hands each request to its handler; made at import, alive from lifespan startup to shutdown."""

    def __init__(self) -> None:
        self._core: Core

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._live(receive, send)
            return
        path = scope["path"]
        if path == "/healthz":
            await send(HEALTHY_START)
            await send(HEALTHY_BODY)
            return
        core = self._core
        surface = SURFACES.get(path)
        if surface is not None and scope["method"] == "POST":
            await serve(core, surface, scope, receive, send)
            return
        await self._elsewhere(core, canonical(path), scope, receive, send)

    async def _elsewhere(self, core: Core, path: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve what is not the straight way: odd spellings, pages, and what is carried as it is."""
        method = scope["method"]
        surface, family = SURFACES.get(path), passthrough.surface_of(path)
        if surface is not None:
            if method == "POST":
                await serve(core, surface, scope, receive, send)
            else:
                await wrong_method(core, scope, send, b"POST")
        elif path in COUNT_TOKENS:
            if method == "POST":
                await serve(core, counting.SURFACE, scope, receive, send, counting.carry)
            else:
                await wrong_method(core, scope, send, b"POST")
        elif family is not None:
            allowed = passthrough.methods_of(family)
            if method in allowed:
                await serve(core, family, scope, receive, send, passthrough.carry)
            else:
                await wrong_method(core, scope, send, ", ".join(sorted(allowed)).encode())
        elif path.startswith(RESPONSES_PREFIXES):
            await not_supported(core, scope, send)
        else:
            await self._page(core, path, scope, send)

    async def _page(self, core: Core, path: str, scope: dict[str, Any], send: Any) -> None:
        page = PAGES.get(path)
        if page is None and path.startswith(("/v1/models/", "/models/")):
            page = PAGES["/v1/models"]
        if page is None:
            await not_found(core, scope, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await wrong_method(core, scope, send, b"GET, HEAD")
        else:
            await page(core, scope, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._core = Core(settings.load())
        await self._core.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._core.close()
        await send({"type": "lifespan.shutdown.complete"})


app = Application()
