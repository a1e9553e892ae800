"""The gateway as an ASGI application: `granian --interface asgi marga.gateway.app:app` (see command.py)."""

from __future__ import annotations

from typing import Any

from marga.gateway import settings
from marga.gateway.core import Core
from marga.gateway.relay import serve_chat
from marga.gateway.views import PAGES, not_found, wrong_method

HEALTHY_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"15")],
}
HEALTHY_BODY = {"type": "http.response.body", "body": b'{"status":"ok"}', "more_body": False}
CHAT_PATHS = frozenset({"/v1/chat/completions", "/chat/completions"})


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
        if path not in PAGES and path not in CHAT_PATHS:
            path = path.rstrip("/") or "/"
        core = self._core
        if path in CHAT_PATHS:
            if scope["method"] == "POST":
                await serve_chat(core, scope, receive, send)
            else:
                await wrong_method(core, scope, send, b"POST")
            return
        page = PAGES.get(path)
        if page is None and path.startswith("/v1/models/"):
            page = PAGES["/v1/models/"]
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
