"""The one WebSocket consumer: it joins the groups of the signed-in user's workspaces and passes bells on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from redis.exceptions import RedisError

from avyay_site import health, live
from avyay_site.accounts.models import Membership

log = structlog.get_logger(__name__)

COALESCE_SECONDS = 0.25
CHECK_SECONDS = 5.0
MOST_TOPICS = 200
NOT_SIGNED_IN, TRY_AGAIN_LATER = 4401, 1013

Application = Callable[..., Awaitable[Any]]


class SameOrigin:
    """Refuse a socket that a page of another site opens: cookies come along, wherever the page is from.

    The Origin must name the host and port that the request was sent to, or be one of AVYAY_TRUSTED_ORIGINS.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin, host = headers.get(b"origin", ""), headers.get(b"host", "")
        is_ours = bool(host) and urlsplit(origin).netloc == host
        if origin and (is_ours or origin in settings.CSRF_TRUSTED_ORIGINS):
            return await self.application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


class BellConsumer(AsyncJsonWebsocketConsumer):
    """Send `{"topic": …}` for each bell; a burst of bells on one topic becomes one, sent at its end.

    The client cannot choose what it hears. What waits for a slow client is a set of topics, so it cannot grow;
    with too many topics, or with Redis away, the socket is closed: the page then polls, and fetches everything
    when it is connected again.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except (RedisError, OSError) as exc:
            log.warning("bell_socket_lost", error=type(exc).__name__)
            with suppress(RuntimeError):  # closed already
                await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})

    async def connect(self) -> None:
        self.waiting: dict[str, None] = {}
        self.rung = asyncio.Event()
        self.names: set[str] = set()
        self.sender: asyncio.Task[None] | None = None
        user = self.scope["user"]
        if user is None or not user.is_authenticated:
            await self.close(code=NOT_SIGNED_IN)
            return
        self.user_id = user.pk
        try:
            await asyncio.wait_for(self._join(), CHECK_SECONDS)
        except (RedisError, OSError, TimeoutError):
            await self.close(code=TRY_AGAIN_LATER)
            return
        await self.accept()
        self.sender = asyncio.create_task(self._send_for_ever())

    async def disconnect(self, code: int) -> None:
        if self.sender is not None:
            self.sender.cancel()
        for name in self.names:
            with suppress(RedisError, OSError):
                await self.channel_layer.group_discard(name, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """Ignore what the client says: bells go one way."""

    async def bell(self, message: dict[str, str]) -> None:
        """Handle a ring from `live.ring`."""
        if message["topic"] == live.MEMBERS:
            await self._join()
        self.waiting[message["topic"]] = None
        self.rung.set()
        if len(self.waiting) > MOST_TOPICS:
            await self.close(code=TRY_AGAIN_LATER)

    async def _send_for_ever(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self.rung.wait(), CHECK_SECONDS)
            except TimeoutError:
                if not await _redis_answers():
                    await self.close(code=TRY_AGAIN_LATER)
                    return
                continue
            await asyncio.sleep(COALESCE_SECONDS)
            topics, self.waiting = self.waiting, {}
            self.rung.clear()
            for topic in topics:
                await self.send_json({"topic": topic})

    async def _join(self) -> None:
        """Join the groups of the user's workspaces, and leave those that they were taken out of."""
        wanted = {live.group(workspace_id) for workspace_id in await self._workspaces()}
        for name in wanted - self.names:
            await self.channel_layer.group_add(name, self.channel_name)
        for name in self.names - wanted:
            await self.channel_layer.group_discard(name, self.channel_name)
        self.names = wanted

    @database_sync_to_async
    def _workspaces(self) -> list[str]:
        mine = Membership.objects.filter(user_id=self.user_id, user__is_active=True)
        return list(mine.values_list("workspace_id", flat=True))


class _Answer:
    checked_at = -CHECK_SECONDS
    is_up = True


async def _redis_answers() -> bool:
    """Ask once for all sockets of this process."""
    if time.monotonic() - _Answer.checked_at >= CHECK_SECONDS / 2:
        _Answer.checked_at = time.monotonic()
        _Answer.is_up = await asyncio.to_thread(health.check_redis) == "ok"
    return _Answer.is_up
