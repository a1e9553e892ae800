"""A git server on loopback, over TLS, that answers honestly or as a hostile one would; and repositories for it."""

from __future__ import annotations

import datetime as dt
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from raksha.intake.git import Remote

BACKEND = "/usr/lib/git-core/git-http-backend"
HOME = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
Answer = Callable[[BaseHTTPRequestHandler], bool]


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    """Run git in a folder, as its owner would."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=HOME, input=given, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def commit(folder: Path, files: dict[str, bytes]) -> str:
    """Make a repository with one commit of files, and return the commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", "first")
    return git(folder, "rev-parse", "HEAD")


def commit_tree(folder: Path, entries: list[tuple[str, str, str]]) -> str:
    """Commit a tree of entries (mode, object, path) that need not exist on disk, and return the commit."""
    lines = "".join(f"{mode} {digest}\t{path}\0" for mode, digest, path in entries)
    git(folder, "update-index", "-z", "--add", "--index-info", given=lines.encode())
    git(folder, "commit", "-q", "-m", "more")
    return git(folder, "rev-parse", "HEAD")


def blob(folder: Path, content: bytes) -> str:
    """Put content into a repository's objects and return its name."""
    return git(folder, "hash-object", "-w", "--stdin", given=content)


@dataclass
class Server:
    """Where it listens, whom it knows, and what it was asked."""

    port: int
    ca_file: Path
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def remote(self, path: str, *, token: str = "") -> Remote:
        """Return the address of a repository here, with the pin of a name that no resolver knows."""
        host = "git.avyay.example"
        return Remote(
            f"https://{host}:{self.port}{path}.git", f"{host}:{self.port}:127.0.0.1", token, str(self.ca_file)
        )


@contextmanager
def serving(root: Path, answer: Answer = lambda _: False) -> Iterator[Server]:
    """Serve the repositories below root; answer may take a request over by returning True."""
    certificate = _certificate(root)
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            if not answer(self):
                _backend(self, root)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: clients break off here on purpose."""

    listener = Listener(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Server(listener.server_port, certificate, asked)
    finally:
        listener.shutdown()
        listener.server_close()


def drips(handler: BaseHTTPRequestHandler) -> bool:
    """Answer with one byte a second."""
    _start(handler)
    try:
        while True:
            handler.wfile.write(b"0")
            handler.wfile.flush()
            time.sleep(1)
    except OSError:
        return True


def pack_without_end(size: int) -> Answer:
    """Return an answer that gives a pack of random bytes that says it is far larger."""

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        if "git-upload-pack" not in handler.path or handler.command == "GET":
            return False
        body = _body(handler)
        if b"command=ls-refs" in body:
            handler.body = body  # type: ignore[attr-defined]
            return False
        _start(handler, "application/x-git-upload-pack-result")
        try:
            handler.wfile.write(_line(b"packfile\n"))
            handler.wfile.write(_line(b"\x01PACK\0\0\0\x02\0\x0f\xff\xff"))
            sent = 0
            while sent < size:
                # One stored blob after another, as a deflate stream without compression.
                handler.wfile.write(_line(b"\x01" + _entry()))
                sent += 60_000
        except OSError:
            pass
        return True

    return answer


def _entry() -> bytes:
    import zlib

    content = os.urandom(60_000)
    size = len(content)
    header, rest = [(3 << 4) | (size & 15)], size >> 4
    while rest:
        header[-1] |= 128
        header.append(rest & 127)
        rest >>= 7
    return bytes(header) + zlib.compress(content, 0)


def _line(content: bytes) -> bytes:
    return f"{len(content) + 4:04x}".encode() + content


def redirects(where: str) -> Answer:
    """Return an answer that leads elsewhere."""

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(301)
        handler.send_header("Location", where + handler.path)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    return answer


def _start(
    handler: BaseHTTPRequestHandler, kind: str = "application/x-git-upload-pack-advertisement"
) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.end_headers()


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    import gzip

    if "chunked" in handler.headers.get("Transfer-Encoding", ""):
        body = b""
        while size := int(handler.rfile.readline(), 16):
            body += handler.rfile.read(size)
            handler.rfile.readline()
    else:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    return gzip.decompress(body) if handler.headers.get("Content-Encoding") == "gzip" else body


def _backend(handler: BaseHTTPRequestHandler, root: Path) -> None:
    path, _, query = handler.path.partition("?")
    environment = {
        **HOME,
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path.replace(".git/", "/.git/", 1),
        "QUERY_STRING": query,
        "REQUEST_METHOD": handler.command,
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    body = getattr(handler, "body", None) or _body(handler)
    done = subprocess.run([BACKEND], env=environment, input=body, capture_output=True, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n") if line)
    handler.send_response(int(headers.pop(b"Status", b"200").split()[0]))
    for name, value in headers.items():
        handler.send_header(name.decode(), value.decode())
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "git.avyay.example")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("git.avyay.example"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path.chmod(0o644)
    return path
