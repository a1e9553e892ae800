"""The bell socket: who may listen, to what, and how bursts, slow tabs and outages are borne."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.conf import settings as real
from django.test import Client

from avyay_site import consumers, health, live
from avyay_site.accounts.access import for_system
from avyay_site.accounts.services import remove_member
from avyay_site.accounts.tests.factories import MembershipFactory
from avyay_site.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
HOST = (b"host", b"testserver")
ORIGIN = (b"origin", b"http://testserver")


class Socket(ApplicationCommunicator):
    """The browser's end of the socket; Channels' own needs a server that we do not install."""

    def __init__(self, *headers: tuple[bytes, bytes]) -> None:
        scope = {"type": "websocket", "path": "/live", "query_string": b"", "subprotocols": []}
        super().__init__(application, {**scope, "headers": list(headers)})

    async def connect(self) -> tuple[bool, Any]:
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(5)
        return answer["type"] == "websocket.accept", answer.get("code")

    async def say(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def hear(self) -> Any:
        return json.loads((await self.receive_output(3))["text"])

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(3)


@pytest.fixture(autouse=True)
def _quick(settings, monkeypatch):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    monkeypatch.setattr(consumers, "COALESCE_SECONDS", 0.02)
    live.forget_outage()


@pytest.fixture
def member():
    return MembershipFactory.create()


def socket_of(user, *headers):
    client = Client()
    if user is not None:
        client.force_login(user)
    name = real.SESSION_COOKIE_NAME
    session = client.cookies[name].value if name in client.cookies else ""
    cookie = (b"cookie", f"{name}={session}".encode())
    return Socket(*(headers or (HOST, ORIGIN)), cookie)


async def opened(user):
    socket = await sync_to_async(socket_of)(user)
    is_connected, _ = await socket.connect()
    assert is_connected
    return socket


async def ring(workspace, topic):
    await sync_to_async(live.ring)(workspace.pk, topic)


async def test_a_member_hears_the_bells_of_the_workspace(member):
    socket = await opened(member.user)

    await ring(member.workspace, "keys")

    assert await socket.hear() == {"topic": "keys"}
    await socket.disconnect()


async def test_another_workspaces_bells_are_not_heard(member):
    other = await sync_to_async(MembershipFactory.create)()
    socket = await opened(member.user)

    await ring(other.workspace, "keys")

    assert await socket.receive_nothing(0.15)
    await socket.disconnect()


async def test_nobody_listens_without_signing_in():
    socket = await sync_to_async(socket_of)(None)

    is_connected, code = await socket.connect()

    assert (is_connected, code) == (False, 4401)


@pytest.mark.parametrize(
    "headers",
    [
        (HOST, (b"origin", b"https://evil.example")),
        (HOST, (b"origin", b"http://testserver:9999")),
        (HOST, (b"origin", b"http://testserver.evil.example")),
        (HOST, (b"origin", b"null")),
        (HOST, (b"origin", b"")),
        (HOST,),
    ],
)
async def test_a_page_of_another_site_opens_no_socket(member, headers):
    socket = await sync_to_async(socket_of)(member.user, *headers)

    is_connected, _ = await socket.connect()

    assert not is_connected


async def test_a_trusted_origin_opens_a_socket(member, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://avyay.example.org"]
    socket = await sync_to_async(socket_of)(member.user, HOST, (b"origin", b"https://avyay.example.org"))

    is_connected, _ = await socket.connect()

    assert is_connected
    await socket.disconnect()


async def test_a_burst_becomes_one_bell_and_the_last_is_not_lost(member):
    socket = await opened(member.user)

    for _ in range(100):
        await ring(member.workspace, "usage")
    heard = [await socket.hear()]
    while not await socket.receive_nothing(0.1):
        heard.append(await socket.hear())
    await ring(member.workspace, "usage")

    assert len(heard) < 20
    assert await socket.hear() == {"topic": "usage"}
    await socket.disconnect()


async def test_what_the_client_says_is_ignored(member):
    socket = await opened(member.user)

    await socket.say("not json")
    await socket.say('{"group": "ws.other"}')
    await ring(member.workspace, "keys")

    assert await socket.hear() == {"topic": "keys"}
    await socket.disconnect()


async def test_whoever_is_taken_out_of_a_workspace_hears_it_no_more(member):
    second = await sync_to_async(MembershipFactory.create)(workspace=member.workspace)
    socket = await opened(second.user)

    await sync_to_async(remove_member)(by=for_system(member.workspace), membership=second)
    assert await socket.hear() == {"topic": "members"}
    await ring(member.workspace, "keys")

    assert await socket.receive_nothing(0.15)
    await socket.disconnect()


async def test_with_too_many_topics_the_page_is_told_to_fetch_everything(member, monkeypatch):
    monkeypatch.setattr(consumers, "MOST_TOPICS", 3)
    monkeypatch.setattr(consumers, "COALESCE_SECONDS", 5)
    socket = await opened(member.user)
    layer = get_channel_layer()
    assert layer is not None

    for number in range(4):
        await layer.group_send(live.group(member.workspace_id), {"type": "bell", "topic": f"scan-{number}"})

    assert await socket.receive_output() == {"type": "websocket.close", "code": 1013}


async def test_with_redis_away_the_socket_closes_so_that_the_page_polls(member, monkeypatch):
    monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(health, "check_redis", lambda: "down")
    socket = await opened(member.user)

    message = await asyncio.wait_for(socket.receive_output(), 2)

    assert (message["type"], message["code"]) == ("websocket.close", 1013)


async def test_with_redis_away_from_the_beginning_the_socket_does_not_open(member, settings, tmp_path):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [f"unix://{tmp_path}/none.sock"]},
        }
    }
    socket = await sync_to_async(socket_of)(member.user)

    is_connected, _ = await socket.connect()

    assert not is_connected
