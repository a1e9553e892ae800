from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
from contextlib import asynccontextmanager, suppress
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from avyay_site.addresses import Allowance
from marga.gateway.guard import NotReachable
from marga.gateway.tests.harness import until
from marga.gateway.upstream import dialing
from marga.gateway.upstream.connection import Connection
from marga.gateway.upstream.dialing import Dialer, Origin, in_turns
from marga.gateway.upstream.failures import Unreachable
from marga.gateway.upstream.names import REMEMBER_SECONDS, Names

PLAIN_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Resolver:
    """Stands in for the loop's look-ups."""

    def __init__(self, monkeypatch, *addresses):
        self.addresses = addresses
        self.asked = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure = None
        loop = asyncio.get_running_loop()
        self.now = loop.time()
        monkeypatch.setattr(loop, "getaddrinfo", self.getaddrinfo)

    async def getaddrinfo(self, host, port, **more):
        self.asked.append(host)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in self.addresses]


def known_as(dialer, monkeypatch, *addresses):
    """Let every name lead to addresses."""

    async def find(host):
        return addresses

    monkeypatch.setattr(dialer._names, "find", find)


def made():
    return Connection(asyncio.get_running_loop(), memoryview(bytearray(100)), lambda connection: None)


async def test_names_are_looked_up_once_for_all_who_ask_at_the_same_time(monkeypatch):
    resolver, names = Resolver(monkeypatch, "192.0.2.1", "192.0.2.1", "192.0.2.2"), Names()
    resolver.gate.clear()
    asking = [asyncio.create_task(names.find("a")) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    resolver.gate.set()

    assert await asyncio.gather(*asking[1:]) == [("192.0.2.1", "192.0.2.2")] * 4
    assert await names.find("a") == ("192.0.2.1", "192.0.2.2")
    assert resolver.asked == ["a"]


async def test_an_old_name_is_served_while_it_is_looked_up_again_and_stays_when_that_fails(monkeypatch):
    resolver, names = Resolver(monkeypatch, "192.0.2.1"), Names()
    await names.find("a")
    names._known["a"] = (names._known["a"][0] - REMEMBER_SECONDS - 1, ("192.0.2.1",))
    resolver.addresses = ("192.0.2.9",)
    resolver.failure = socket.gaierror(-3, "try again")

    assert await names.find("a") == ("192.0.2.1",)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    resolver.failure = None
    assert await names.find("a") == ("192.0.2.1",)
    for _ in range(5):
        await asyncio.sleep(0)
    assert await names.find("a") == ("192.0.2.9",)


async def test_a_name_without_addresses_fails_for_everybody_and_is_asked_again(monkeypatch):
    resolver, names = Resolver(monkeypatch), Names()
    resolver.failure = socket.gaierror(-2, "unknown")
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            await names.find("a")
    assert resolver.asked == ["a", "a"]


async def test_few_look_ups_run_at_once(monkeypatch):
    resolver, names = Resolver(monkeypatch, "192.0.2.1"), Names()
    resolver.gate.clear()
    asking = [asyncio.create_task(names.find(name)) for name in "abcde"]
    for _ in range(5):
        await asyncio.sleep(0)
    assert resolver.asked == ["a", "b"]

    names.close()
    await asyncio.gather(*asking, return_exceptions=True)
    assert all(task.cancelled() for task in asking)


@given(st.lists(st.sampled_from([*"abcdef", *(f"{n}::" for n in range(6))]), unique=True))
def test_addresses_keep_their_order_within_a_family_and_take_turns(addresses):
    found = in_turns(addresses)

    for is_six in (False, True):
        assert [a for a in found if (":" in a) == is_six] == [a for a in addresses if (":" in a) == is_six]
    assert found[:1] == addresses[:1]
    kinds = [":" in a for a in found]
    both = 2 * min(kinds.count(True), kinds.count(False))
    assert all(one != two for one, two in zip(kinds[:both], kinds[1:both], strict=False))


@asynccontextmanager
async def served(**more):
    """Accept connections on a port of 127.0.0.1 until all are closed."""
    writers = []

    async def ignore(reader, writer):
        writers.append(writer)
        with suppress(OSError):
            await reader.read()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        writers.remove(writer)

    server = await asyncio.start_server(ignore, "127.0.0.1", 0, **more)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await until(lambda: not writers)


async def test_an_address_that_refuses_gives_way_to_the_next_one(monkeypatch):
    dialer = Dialer(PLAIN_TLS, None)
    known_as(dialer, monkeypatch, "::1", "127.0.0.1")

    async with served() as port:
        connection = await dialer.open(Origin("two", port, is_tls=False), made)
        transport = cast(asyncio.Transport, connection.transport)
        found = transport.get_extra_info("socket")

        assert transport.get_extra_info("peername")[0] == "127.0.0.1"
        assert found.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        connection.close()


async def test_an_address_that_says_nothing_is_overtaken_and_nothing_of_it_is_left(monkeypatch):
    monkeypatch.setattr(dialing, "STAGGER_SECONDS", 0.01)
    dialer, tried, left = Dialer(PLAIN_TLS, None), [], []
    known_as(dialer, monkeypatch, "192.0.2.1", "192.0.2.2", "192.0.2.3")

    async def one(origin, address, made):
        tried.append(address)
        if address != "192.0.2.2":
            try:
                await asyncio.Event().wait()
            finally:
                left.append(address)
        return made()

    monkeypatch.setattr(dialer, "_one", one)
    await dialer.open(Origin("slow", 443, is_tls=True), made)
    await asyncio.sleep(0)

    assert tried == ["192.0.2.1", "192.0.2.2"]
    assert left == ["192.0.2.1"]


async def test_when_no_address_takes_us_the_latest_reason_is_told_and_the_name_asked_anew(monkeypatch):
    async with served() as port:
        """Nobody listens there afterwards."""
    dialer = Dialer(PLAIN_TLS, None)
    known_as(dialer, monkeypatch, "::1", "127.0.0.1")
    dialer._names._known["two"] = (9e9, ("127.0.0.1",))

    with pytest.raises(ConnectionRefusedError):
        await dialer.open(Origin("two", port, is_tls=False), made)
    assert "two" not in dialer._names._known


async def test_a_provider_that_does_not_take_connections_is_given_up(monkeypatch):
    monkeypatch.setattr(dialing, "CONNECT_SECONDS", 0.01)
    dialer = Dialer(PLAIN_TLS, None)
    known_as(dialer, monkeypatch, "192.0.2.1")

    async def one(origin, address, made):
        await asyncio.Event().wait()

    monkeypatch.setattr(dialer, "_one", one)
    with pytest.raises(Unreachable):
        await dialer.open(Origin("hole", 443, is_tls=True), made)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..b"])
async def test_what_is_no_name_is_unreachable(host):
    with pytest.raises(Unreachable):
        await Dialer(PLAIN_TLS, None).open(Origin(host, 80, is_tls=False), made)


async def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    origin = Origin("rebind.example", 443, is_tls=True)
    answers = [("93.184.216.34",), ("127.0.0.1",)]
    dialer = Dialer(PLAIN_TLS, Allowance())

    async def find(host):
        return answers.pop(0)

    async def one(origin, address, made):
        went_to.append(address)
        return made()

    went_to: list[str] = []
    monkeypatch.setattr(dialer._names, "find", find)
    monkeypatch.setattr(dialer, "_one", one)
    await dialer.open(origin, made)
    with pytest.raises(NotReachable):
        await dialer.open(origin, made)
    assert went_to == ["93.184.216.34"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a certificate for models.example, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "models.example")])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    found = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=10))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("models.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "models.pem"
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, form, plain) + found.public_bytes(pem))
    return path


@pytest.mark.parametrize(
    ("host", "is_right"), [("models.example", True), ("models.example.", True), ("other.example", False)]
)
async def test_the_certificate_must_be_the_hosts_and_the_host_is_named_in_the_handshake(
    monkeypatch, certificate, host, is_right
):
    named = []
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate)
    ours.sni_callback = lambda _socket, name, _context: named.append(name)
    dialer = Dialer(ssl.create_default_context(cafile=str(certificate)), None)
    known_as(dialer, monkeypatch, "127.0.0.1")

    async with served(ssl=ours) as port:
        origin = Origin(host, port, is_tls=True)
        if is_right:
            connection = await dialer.open(origin, made)
            assert connection.is_usable()
            connection.close()
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                await dialer.open(origin, made)
    assert named == [host.rstrip(".")]


async def test_a_certificate_that_nobody_vouches_for_is_refused(monkeypatch, certificate):
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate)
    dialer = Dialer(ssl.create_default_context(), None)
    known_as(dialer, monkeypatch, "127.0.0.1")

    async with served(ssl=ours) as port:
        with pytest.raises(ssl.SSLError):
            await dialer.open(Origin("models.example", port, is_tls=True), made)
