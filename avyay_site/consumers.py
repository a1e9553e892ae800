"""The one WebSocket consumer: it joins the groups of the signed-in user's workspaces and passes bells on."""

from __future__ import annotations

import asyncio
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from avyay_site import live
from avyay_site.accounts.models import Membership

COALESCE_SECONDS = 0.25


class BellConsumer(AsyncJsonWebsocketConsumer):
    """Send `{"topic": …}` for each bell; a burst of bells on one topic becomes one, sent at its end.

    The Origin header is checked in asgi.py. The client cannot choose what it hears.
    """

    async def connect(self) -> None:
        self.pending: dict[str, asyncio.Task[None]] = {}
        self.groups_joined: list[str] = []
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close(code=4401)
            return
        for workspace_id in await self._workspaces(user.pk):
            name = live.group(workspace_id)
            await self.channel_layer.group_add(name, self.channel_name)
            self.groups_joined.append(name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        for task in self.pending.values():
            task.cancel()
        for name in self.groups_joined:
            await self.channel_layer.group_discard(name, self.channel_name)

    async def receive_json(self, content: Any, **_: Any) -> None:
        """Ignore what the client says: bells go one way."""

    async def bell(self, message: dict[str, str]) -> None:
        """Handle a ring from `live.ring`."""
        topic = message["topic"]
        if topic not in self.pending:
            self.pending[topic] = asyncio.create_task(self._pass_on(topic))

    async def _pass_on(self, topic: str) -> None:
        await asyncio.sleep(COALESCE_SECONDS)
        self.pending.pop(topic, None)
        await self.send_json({"topic": topic})

    @database_sync_to_async
    def _workspaces(self, user_id: str) -> list[str]:
        return list(Membership.objects.filter(user_id=user_id).values_list("workspace_id", flat=True))
