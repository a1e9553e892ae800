"""Stub models for the demonstration: a server on loopback that answers every chat call with filler of a given length."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILLER = "This is a stub model: it shows how requests are routed, and knows nothing. "
CHARACTERS_OF_A_TOKEN = 4


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        tokens = int(asked.get("max_tokens") or 100)
        read = sum(len(str(message.get("content"))) for message in asked["messages"]) // CHARACTERS_OF_A_TOKEN
        text = (FILLER * (tokens * CHARACTERS_OF_A_TOKEN // len(FILLER) + 1))[
            : tokens * CHARACTERS_OF_A_TOKEN
        ]
        body = json.dumps(
            {
                "id": "chatcmpl-demo",
                "object": "chat.completion",
                "created": 0,
                "model": asked["model"],
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": text},
                        "finish_reason": "stop",
                    }
                ],
                "usage": {
                    "prompt_tokens": read,
                    "completion_tokens": tokens,
                    "total_tokens": read + tokens,
                },
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the gateway has its own log."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve while the block runs; give the base address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="demo-models", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
