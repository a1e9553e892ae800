"""Requests to addresses that users name: none of them may reach our own network."""

from __future__ import annotations

import datetime as dt
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from avyay_site import addresses, outbound

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Canary:
    """A listener on loopback that counts connections and answers what the test says."""

    def __init__(
        self, answer: bytes | Callable[[socket.socket], None] = OK, wrap: ssl.SSLContext | None = None
    ):
        self.answer, self.wrap = answer, wrap
        self.hits, self.heard = 0, b""
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self.server.accept()
                self.hits += 1
                with closing(link), suppress(OSError):
                    self._answer(link)

    def _answer(self, link: socket.socket) -> None:
        stream = self.wrap.wrap_socket(link, server_side=True) if self.wrap else link
        stream.settimeout(2)
        with closing(stream):
            while not self.heard.endswith(b"}"):
                self.heard += stream.recv(65536)
            if callable(self.answer):
                self.answer(stream)
            else:
                stream.sendall(self.answer)


@pytest.fixture
def canary() -> Iterator[Canary]:
    canary = Canary()
    yield canary
    canary.server.close()


@pytest.fixture
def names(monkeypatch):
    """A resolver of the test's own: name → the answers of each look-up in turn (the last one repeats)."""
    real = socket.getaddrinfo
    table: dict[str, list[list[str]]] = {}

    def look_up(host, port, *args, **kwargs):
        answers = table.get(host)
        if answers is None:
            if not any(c.isdigit() for c in str(host)) and ":" not in str(host):
                raise socket.gaierror("unknown name")
            return real(host, port, *args, **kwargs)
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return [item for text in now for item in real(text, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return table


def post(url: str) -> outbound.Answer:
    return outbound.post(url, body=b"{}", headers={})


HOSTS = [
    # loopback and its other spellings
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1",
    "0x7f.1", "017700000001", "0177.0.0.1", "0177.1", "00000177.0.0.1", "127.0.0.1.", "0", "0.0.0.0", "0x0", "00",  # noqa: S104 - never bound
    "127.000.000.001", "4294967295", "127.0.0.0x1", "0300.0250.1.1", "3232235777", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "１２７.0.0.1", "%31%32%37.0.0.1", "localhost%00.example.org", "localhost.", "LOCALHOST", "localhost",
    # IPv6
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]",
    "[fe80::1%25lo]", "[::1%25lo]", "[fd00:ec2::254]", "[fc00::1]", "[ff02::1]", "[2001:0:7f00:1::]", "[::ffff:0:127.0.0.1]",
    # private, link-local, CGNAT, metadata
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    # names that lead inside
    "inside.test", "metadata.test", "mixed.test", "sixmapped.test", "nat64.test", "rebinding.test", "unknown.test",
]  # fmt: skip
WHOLE_URLS = [
    "gopher://127.0.0.1:{port}/_x", "file:///etc/passwd", "ftp://127.0.0.1:{port}/", "dict://127.0.0.1:{port}/",
    "ldap://127.0.0.1:{port}/", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "//127.0.0.1:{port}/",
    "http:127.0.0.1:{port}", "http:///127.0.0.1:{port}", "http://", "http://:{port}/", "http://example.org@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@example.org/", "http://example.org:80@127.0.0.1:{port}/", "http://a:b@127.0.0.1:{port}/",
    "http://example.org\\@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@example.org/", "http://127.0.0.1:{port}#@example.org/",
    "http://127.0.0.1:{port}?@example.org/", "http://127.0.0.1\t:{port}/", "http://127.0.0.1 :{port}/", "\nhttp://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nHost: x", "http://1.1.1.1 &@127.0.0.1:{port}# @3.3.3.3/", "http://127.0.0.1:{port}:80/",
    "http://127.0.0.1:99999/", "http://127.0.0.1:22/", "http://[127.0.0.1]:{port}/", "http://[::1:{port}/", "HTTP://LOCALHOST:{port}/",
    "https://127.0.0.1:{port}/", "https://inside.test:{port}/", "javascript:alert(1)", "", "localhost:{port}",
]  # fmt: skip
ANSWERS: dict[str, list[list[str]]] = {
    "inside.test": [["127.0.0.1"]],
    "metadata.test": [["169.254.169.254"]],
    "mixed.test": [["93.184.215.14", "127.0.0.1"]],
    "sixmapped.test": [["::ffff:127.0.0.1"]],
    "nat64.test": [["64:ff9b::7f00:1"]],
    "localhost": [["127.0.0.1"]],
    "unknown.test": [[]],
}
PAYLOADS = [f"http://{host}:{{port}}/" for host in HOSTS] + WHOLE_URLS


def test_there_are_at_least_eighty_payloads():
    assert len(set(PAYLOADS)) >= 80


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_reaches_the_canary(payload, canary, names):
    names |= {name: [list(answer) for answer in answers] for name, answers in ANSWERS.items()}
    # The first answer passes the check; only a second look-up would lead inside.
    names["rebinding.test"] = [["192.0.2.1"], ["127.0.0.1"]]

    with pytest.raises((outbound.Refused, outbound.Unreachable)):
        post(payload.format(port=canary.port))

    assert canary.hits == 0


def test_without_the_check_the_same_payloads_reach_the_canary(canary, names, monkeypatch):
    """The positive control: the canary can be hit, and it is the check that keeps the payloads from it."""
    names |= {name: [list(answer) for answer in answers] for name, answers in ANSWERS.items()}
    monkeypatch.setattr(addresses, "is_public", lambda address: True)
    monkeypatch.setattr(outbound, "_NUMERIC_END", re.compile("never^"))
    hosts = ("127.0.0.1", "inside.test", "localhost", "127.1", "2130706433", "0x7f000001")

    for host in hosts:
        canary.heard = b""
        assert post(f"http://{host}:{canary.port}/").status == 200

    assert canary.hits == len(hosts)


def test_a_second_answer_of_the_dns_is_never_asked_for(canary, names, monkeypatch):
    """Rebinding: the connection goes to the address that was checked."""
    asked, connected = [], []
    real = socket.getaddrinfo

    def look_up(host, *args, **kwargs):
        asked.append(host)
        return real("93.184.215.14" if len(asked) == 1 else "127.0.0.1", *args, **kwargs)

    def connect(self, host, port, **_):
        connected.append(host)
        raise httpcore.ConnectError("not in a test")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)

    with pytest.raises(outbound.Unreachable):
        post(f"http://rebinding.test:{canary.port}/")

    assert asked == ["rebinding.test"]
    assert connected == ["93.184.215.14"]


def test_an_allowed_network_is_reached_with_the_host_header_of_the_url(canary, names, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    names["inside.test"] = [["127.0.0.1"]]

    answer = outbound.post(
        f"http://inside.test:{canary.port}/a?b=c", body=b'{"x":1}', headers={"webhook-id": "msg_1"}
    )

    assert (answer.status, answer.body) == (200, b"ok")
    assert canary.heard.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert f"Host: inside.test:{canary.port}\r\n".encode() in canary.heard
    assert b"webhook-id: msg_1" in canary.heard


def test_a_redirect_is_an_answer_and_is_not_followed(canary, names, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    canary.answer = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{canary.port}/\r\nContent-Length: 0\r\n\r\n".encode()

    assert post(f"http://127.0.0.1:{canary.port}/").status == 302
    assert canary.hits == 1


def test_only_the_start_of_a_long_answer_is_read(canary, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    canary.answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000

    assert len(post(f"http://127.0.0.1:{canary.port}/").body) == outbound.MOST_ANSWER_BYTES


def test_a_receiver_that_drips_is_cut_off_at_the_deadline(canary, settings, monkeypatch):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    monkeypatch.setattr(outbound, "DEADLINE_SECONDS", 0.6)

    def drip(stream: socket.socket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(40):
            stream.sendall(b"x")
            threading.Event().wait(0.1)

    canary.answer = drip
    started = time.monotonic()

    with pytest.raises(outbound.Unreachable):
        post(f"http://127.0.0.1:{canary.port}/")

    assert time.monotonic() - started < 2


def test_a_resolver_that_hangs_is_not_waited_for(names, monkeypatch):
    def hang(*_: object, **__: object) -> list[object]:
        threading.Event().wait(0.5)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    with pytest.raises(outbound.Unreachable):
        outbound.resolve("slow.test", 443, timeout_seconds=0.05)


def test_tls_is_checked_against_the_name_of_the_url(names, settings, monkeypatch, tmp_path):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    names |= {"right.test": [["127.0.0.1"]], "wrong.test": [["127.0.0.1"]]}
    server, client, spoken = tls_for("right.test", tmp_path)
    monkeypatch.setattr(outbound, "_tls", lambda: client)
    canary = Canary(wrap=server)

    assert post(f"https://right.test:{canary.port}/").status == 200
    with pytest.raises(outbound.Unreachable, match="certificate"):
        post(f"https://wrong.test:{canary.port}/")

    assert spoken == ["right.test", "wrong.test"]
    canary.server.close()


def tls_for(name: str, folder) -> tuple[ssl.SSLContext, ssl.SSLContext, list[str]]:
    """Return a server and a client context for a self-signed name, and the list of names that clients ask for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain, pem = serialization.NoEncryption(), serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "both.pem"
    path.write_bytes(secret + certificate.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    spoken: list[str] = []
    server.sni_callback = lambda _, spoken_name, __: spoken.append(str(spoken_name))
    return server, ssl.create_default_context(cadata=certificate.public_bytes(pem).decode()), spoken
