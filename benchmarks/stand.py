"""A gateway on one core, its provider and a small web process on the other."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from avyay_site.keys.format import generate
from benchmarks import common
from benchmarks.fake_web import PEPPER, one_provider
from marga.gateway.command import MEMORY, gateway_command

GATEWAY_CORE, OTHER_CORE = 0, 1
HOST = "127.0.0.1"
CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Stand:
    """What was started. process: the gateway's, whose children are the workers."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    upstream_port: int
    key: str
    caching_key: str

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def upstream_url(self) -> str:
        """Where the provider answers."""
        return f"http://{HOST}:{self.upstream_port}"

    @property
    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        return common.children(self.process.pid)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def upstream() -> Iterator[int]:
    """Run an instant provider; give its port."""
    port = free_port()
    process = common.start([sys.executable, "-m", "benchmarks.stub_upstream", str(port)], cores={OTHER_CORE})
    try:
        common.wait_for(f"http://{HOST}:{port}/")
        yield port
    finally:
        common.stop(process)


@contextmanager
def standing(
    upstream_port: int,
    snapshot: dict[str, Any] | None = None,
    keys: tuple[str, str] | None = None,
    *,
    workers: int = 1,
    cores: frozenset[int] = frozenset({GATEWAY_CORE}),
    **variables: str,
) -> Iterator[Stand]:
    """Run web process and gateway in a temporary folder. keys: an ordinary one, and one whose answers are kept."""
    key, caching_key = keys or (generate(), generate())
    with tempfile.TemporaryDirectory(prefix="avyay-bench-") as text, ExitStack() as stack:
        folder, port, web_port = Path(text), free_port(), free_port()
        held = folder / "snapshot.json"
        held.write_text(json.dumps(snapshot or one_provider(upstream_port, key, caching_key)))
        web = [sys.executable, "-m", "benchmarks.fake_web", str(web_port), str(held)]
        stack.callback(common.stop, common.start(web, cores={OTHER_CORE}))
        gateway = common.start(
            gateway_command(host=HOST, port=port, workers=workers),
            cores=cores,
            environment={
                **MEMORY,
                "AVYAY_VAR": str(folder / "var"),
                "AVYAY_INTERNAL_URL": f"http://{HOST}:{web_port}",
                "AVYAY_KEY_PEPPER": PEPPER,
                "AVYAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
                "AVYAY_OUTBOUND_ALLOW": "127.0.0.0/8",
                "MARGA_WORKERS": str(workers),
                "SECRET_KEY": "benchmarks",
                **variables,
            },
        )
        stack.callback(common.stop, gateway)
        common.wait_for(f"http://{HOST}:{port}/readyz", seconds=30)
        yield Stand(gateway, folder, port, upstream_port, key, caching_key)
