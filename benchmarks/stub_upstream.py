"""An instant provider: answers every request with one constant chat completion, as cheaply as Python can.

python -m benchmarks.stub_upstream PORT [CORE]

Streams are sent at once; a prompt with [paced] gets its pieces one by one, one with [flood] ten megabytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import uvloop

from benchmarks.framing import END, EVENT_STREAM, Framing, piece, whole

SENTENCE = "The answer is forty-two. "
USAGE = {"prompt_tokens": 60, "completion_tokens": 48, "total_tokens": 108}
PACED, FLOOD = b"[paced]", b"[flood]"
PACE_SECONDS = 0.25
PACED_PIECES = 20
FLOOD_BYTES = 10 << 20


def _chunk(delta: dict[str, str], **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    body = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "bench",
        "choices": [choice],
        **more,
    }
    return piece(b"data: " + json.dumps(body).encode() + b"\n\n")


ANSWER = whole(
    json.dumps(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "bench",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": SENTENCE * 8},
                    "finish_reason": "stop",
                }
            ],
            "usage": USAGE,
        }
    ).encode()
)
FIRST = EVENT_STREAM + _chunk({"role": "assistant", "content": ""})
TOKEN = _chunk({"content": SENTENCE})
LONG_TOKEN = _chunk({"content": "x" * 4_000})
LAST = (
    _chunk({}, choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    + _chunk({}, choices=[], usage=USAGE)
    + piece(b"data: [DONE]\n\n")
    + END
)
STREAM = FIRST + TOKEN * 8 + LAST


class Instant(Framing):
    """Knows three kinds of streams and one plain answer."""

    def asked(self, head: bytes, body: bytes) -> None:
        if b'"stream":true' not in body and b'"stream": true' not in body:
            self.transport.write(ANSWER)
        elif PACED in body:
            self.work(asyncio.create_task(self._pace()))
        elif FLOOD in body:
            self.work(asyncio.create_task(self._flood()))
        else:
            self.transport.write(STREAM)

    async def _pace(self) -> None:
        self.transport.write(FIRST)
        for _ in range(PACED_PIECES):
            self.transport.write(TOKEN)
            await asyncio.sleep(PACE_SECONDS)
        self.transport.write(LAST)

    async def _flood(self) -> None:
        self.transport.write(FIRST)
        for _ in range(FLOOD_BYTES // len(LONG_TOKEN)):
            self.transport.write(LONG_TOKEN)
            await self.drained()
            await asyncio.sleep(0)
        self.transport.write(LAST)


async def serve(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Instant, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        os.sched_setaffinity(0, {int(sys.argv[2])})
    uvloop.run(serve(int(sys.argv[1])))
