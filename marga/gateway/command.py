"""The command line that runs the gateway: used by `manage.py up`, the tests and the benchmarks alike.

ASGI rather than RSGI: Granian's RSGI stream has no back-pressure (a reader that stands still let 1 GB pile up in
three seconds), its ASGI `send` waits for the socket. The Rust task runner (`--task-impl rust`) answers a fifth faster,
but in Granian 2.8.7 it never lets go of a task that waited in `receive`: each call that lasts leaks one.
"""

from __future__ import annotations

import sys

HEADER_TIMEOUT_MILLISECONDS = 10_000
HEADER_BYTES = 65_536
WAITING_CONNECTIONS = 4_096
OPEN_CONNECTIONS = 16_384


MEMORY = {
    # After a rush of 10,000 calls CPython's own arenas stay scattered and kept; the system's allocator gives whole
    # pages back when it is trimmed (core.py does), for a few per cent of the throughput.
    "PYTHONMALLOC": "malloc",
    # Granian's allocator otherwise gives back only while it is busy.
    "_RJEM_MALLOC_CONF": "background_thread:true,narenas:1,dirty_decay_ms:50,muzzy_decay_ms:0",
}
"""Environment of the gateway's process, read by its two memory allocators before it runs."""


def gateway_command(*, host: str, port: int, workers: int = 1) -> list[str]:
    """Return argv; Granian answers 431 beyond 100 headers or HEADER_BYTES, and hangs up on slow headers."""
    return [
        sys.executable,
        "-m",
        "granian",
        *("--interface", "asgi"),
        *("--host", host),
        *("--port", str(port)),
        *("--workers", str(workers)),
        *("--http", "1"),
        "--no-ws",
        *("--loop", "uvloop"),
        *("--runtime-mode", "st"),
        *("--backlog", str(WAITING_CONNECTIONS)),
        *("--backpressure", str(OPEN_CONNECTIONS)),
        *("--http1-buffer-size", str(HEADER_BYTES)),
        *("--http1-header-read-timeout", str(HEADER_TIMEOUT_MILLISECONDS)),
        *("--workers-kill-timeout", "8"),
        *("--log-level", "error"),
        "marga.gateway.app:app",
    ]
