"""A small provider that speaks OpenAI's wire format, plain and streamed, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = ("The ", "river ", "is ", "long.")
USAGE = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}


class Upstream:
    """What the provider was asked: bodies of chat calls, and the credentials that came with them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[dict[str, Any]] = []
        self.credentials: list[str] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: Upstream

    def do_GET(self) -> None:
        self._send({"object": "list", "data": [{"id": "river-1", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.upstream.asked.append(body)
        self.upstream.credentials.append(self.headers.get("Authorization", ""))
        if body.get("stream"):
            self._stream(body)
        else:
            message = {"role": "assistant", "content": "".join(WORDS)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._send({**_head(body, "chat.completion"), "choices": [choice], "usage": USAGE})

    def _send(self, content: dict[str, Any]) -> None:
        text = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _stream(self, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        head = _head(body, "chat.completion.chunk")
        for word in WORDS:
            self._event(
                {**head, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
            )
        self._event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if body.get("stream_options", {}).get("include_usage"):
            self._event({**head, "choices": [], "usage": USAGE})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _event(self, content: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(content)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1700000000, "model": body["model"]}


@contextlib.contextmanager
def running_upstream() -> Iterator[Upstream]:
    """Give a provider on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    upstream = Upstream(f"http://127.0.0.1:{server.server_port}/v1")
    server.RequestHandlerClass = type("Bound", (Handler,), {"upstream": upstream})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
