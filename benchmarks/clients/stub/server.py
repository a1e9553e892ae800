"""The stub as a server on loopback, in a thread of the process that asks.

python -m benchmarks.clients.stub.server PORT
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from benchmarks.clients.stub import behaviour, chat, embeddings, messages, responses
from benchmarks.clients.stub.words import Answer, Asked, Refused

SECRET = "sk-stub-credential-7d1f"  # noqa: S105 - the stub's own
MODELS = ("stub-small", "stub-large", "stub-embed")


@dataclass
class Stub:
    """What the stub was asked. left: answers whose reader went away."""

    url: str = ""
    asked: list[Seen] = field(default_factory=list)
    left: int = 0
    failures: behaviour.Failures = field(default_factory=behaviour.Failures)


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def do_HEAD(self) -> None:
        self._send(404, {})

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        entry = {"object": "model", "type": "model", "created": chat.CREATED, "owned_by": "stub"}
        entry |= {"created_at": "2023-11-14T22:13:20Z"}
        if path == "/stub/left":
            self._send(200, {"left": self.stub.left})
        elif path == "/v1/models":
            data = [{"id": name, "display_name": name, **entry} for name in MODELS]
            self._send(200, {"object": "list", "data": data, "has_more": False})
        elif path.removeprefix("/v1/models/") in MODELS:
            self._send(200, {"id": path.removeprefix("/v1/models/"), **entry})
        else:
            self._send(404, {"error": {"message": "Not found", "type": "invalid_request_error"}})

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        speak = {
            "/v1/chat/completions": self._chat,
            "/v1/messages": self._messages,
            "/v1/messages/count_tokens": self._count,
            "/v1/responses": self._responses,
            "/v1/embeddings": self._embeddings,
        }.get(path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = self._body(path, raw)
            if speak is None:
                raise Refused(404, "not_found_error", f"Unknown request URL: POST {path}.")
            self._check_credential(path)
            self._check_model(body)
            speak(body)
        except Refused as exc:
            self._refuse(path, exc)
        except OSError:
            self.stub.left += 1
            self.close_connection = True

    def _body(self, path: str, raw: bytes) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = json.loads(raw)
        except ValueError:
            raise Refused(400, "invalid_request_error", "We could not parse the JSON body.") from None
        self.stub.asked.append(Seen(self.path, headers, body))
        if not isinstance(body, dict):
            raise Refused(400, "invalid_request_error", "The body must be an object.")
        return body

    def _check_credential(self, path: str) -> None:
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        given = self.headers.get("x-api-key") or bearer
        if given != SECRET:
            raise Refused(401, "authentication_error", "invalid x-api-key", code="invalid_api_key")
        if path.startswith("/v1/messages") and not self.headers.get("anthropic-version"):
            raise Refused(400, "invalid_request_error", "anthropic-version: header is required")

    def _check_model(self, body: dict[str, Any]) -> None:
        if not str(body.get("model", "stub")).startswith("stub"):
            message = f"The model `{body['model']}` does not exist or you do not have access to it."
            raise Refused(404, "not_found_error", message, code="model_not_found", param="model")

    def _chat(self, body: dict[str, Any]) -> None:
        asked = chat.read(body)
        answer = self._answer(asked)
        if asked.is_stream:
            self._stream(chat.events(answer, asked), answer.pause_seconds, is_named=False)
        else:
            self._send(200, chat.whole(answer))

    def _messages(self, body: dict[str, Any]) -> None:
        asked = messages.read(body, has_beta=bool(self.headers.get("anthropic-beta")))
        answer = self._answer(asked)
        if asked.is_stream:
            self._stream(messages.events(answer), answer.pause_seconds, is_named=True)
        else:
            self._send(200, messages.whole(answer))

    def _responses(self, body: dict[str, Any]) -> None:
        asked = responses.read(body)
        answer = self._answer(asked)
        if asked.is_stream:
            self._stream(responses.events(answer, body), answer.pause_seconds, is_named=True)
        else:
            self._send(200, responses.whole(answer, body))

    def _count(self, body: dict[str, Any]) -> None:
        asked = messages.read(body, has_beta=True, counts_only=True)
        self._send(200, {"input_tokens": behaviour.answer(asked).usage.input})

    def _embeddings(self, body: dict[str, Any]) -> None:
        self._send(200, embeddings.answer(body))

    def _answer(self, asked: Asked) -> Answer:
        self.stub.failures.check(asked)
        return behaviour.answer(asked)

    def _refuse(self, path: str, refusal: Refused) -> None:
        text = str(refusal)
        if path.startswith("/v1/messages"):
            error: dict[str, Any] = {"type": refusal.kind, "message": text}
            body = {"type": "error", "error": error, "request_id": "req_stub"}
        else:
            kind = refusal.code if refusal.status >= 429 else "invalid_request_error"
            error = {"message": text, "type": kind, "param": refusal.param, "code": refusal.code}
            body = {"error": error}
        # Anthropic says so, and Claude Code goes on asking where nobody does.
        is_final = refusal.status < 500 and refusal.status != 429
        self._send(
            refusal.status, body, {**({"x-should-retry": "false"} if is_final else {}), **refusal.headers}
        )

    def _send(self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        text = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in {"x-request-id": "req_stub", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else text)

    def _stream(self, events: Iterator[dict[str, Any]], pause_seconds: float, *, is_named: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events:
            name = f"event: {event['type']}\n" if is_named else ""
            self._chunk(f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
            time.sleep(pause_seconds)
        if not is_named:
            self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that break off; everything else is a fault of the stub."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def running_stub(port: int = 0) -> Iterator[Stub]:
    """Give a stub on a free port of loopback. url: without `/v1`."""
    stub = Stub()
    server = Server(("127.0.0.1", port), type("Bound", (Handler,), {"stub": stub}))
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    with running_stub(int(sys.argv[1])) as stub:
        print(stub.url, flush=True)
        threading.Event().wait()
