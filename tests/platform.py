"""A real platform in a folder of its own, on free ports, for journeys and browser tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil

from avyay_site import places
from avyay_site.embedded import Layout

BASE_DIR = Path(__file__).resolve().parent.parent
START_SECONDS = 120.0
CHILDREN = ("postgres", "redis", "gateway", "web", "worker", "beat")
OWN_VARIABLES = (
    "AVYAY_",
    "MARGA_",
    "OPENAI_",
    "ANTHROPIC_",
    "OLLAMA_",
    "DJANGO_",
    "DATABASE_URL",
    "REDIS_URL",
)


class Platform:
    """Start, ask, harm and stop one platform.

    started: what its ready file said at the latest start; api_key and password come from the first.
    """

    def __init__(
        self, folder: Path, *, root: Path = BASE_DIR, environment: Mapping[str, str] | None = None
    ) -> None:
        self.layout = Layout(folder / "var")
        self.ready_file = folder / "ready.json"
        self.root = root
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)},
            "AVYAY_VAR": str(self.layout.var),
            "AVYAY_HTTP_PORT": str(free_port()),
            "MARGA_PORT": str(free_port()),
            **(environment or {}),
        }
        self.started: dict[str, Any] = {}
        self.api_key = ""
        self.password = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self, command: tuple[str, ...] = (sys.executable, "manage.py", "up")) -> float:
        """Start and wait until all is ready; return the seconds it took."""
        self.ready_file.unlink(missing_ok=True)
        began_at = time.monotonic()
        self.process = subprocess.Popen(
            [*command, "--ready-file", str(self.ready_file)],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: self.ready_file.exists() or self._has_ended(), START_SECONDS)
        if self._has_ended():
            raise AssertionError(f"the platform ended: {self.process.communicate()[1]}")
        self.started = json.loads(self.ready_file.read_text())
        self.api_key = self.started.get("api_key") or self.api_key
        self.password = self.started.get("password") or self.password
        return time.monotonic() - began_at

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Signal the supervisor and wait for its end; return the seconds it took."""
        if self.process is None:
            return 0
        began_at = time.monotonic()
        self.process.send_signal(number)
        self.process.communicate(timeout=30)
        return time.monotonic() - began_at

    @property
    def web(self) -> str:
        return str(self.started["web"])

    @property
    def gateway(self) -> str:
        return str(self.started["gateway"])

    def pid(self, child: str) -> int | None:
        return places.pid_of(self.layout, child)

    def processes(self) -> list[psutil.Process]:
        """Return everything that belongs to this platform, its supervisor and guard too."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def ask(self, content: str = "Hello", *, api_key: str | None = None, **more: Any) -> httpx.Response:
        """Send one chat request through the gateway."""
        body = {"model": "auto", "messages": [{"role": "user", "content": content}], **more}
        headers = {"Authorization": f"Bearer {api_key or self.api_key}"}
        return httpx.post(f"{self.gateway}/v1/chat/completions", json=body, headers=headers, timeout=10)

    def usage(self) -> list[dict[str, Any]]:
        """Return the latest usage records of the first key's workspace."""
        answer = httpx.get(
            f"{self.web}/api/v1/usage", headers={"Authorization": f"Bearer {self.api_key}"}, timeout=10
        ).raise_for_status()
        records: list[dict[str, Any]] = answer.json()["data"]
        return records

    def log(self, child: str) -> str:
        return (self.layout.logs / f"{child}.log").read_text(errors="replace")

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _owns(self, process: psutil.Process) -> bool:
        """Servers rewrite their environment, so those are known by their working folder."""
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            mine = {str(self.layout.postgres_data), str(self.layout.redis_data)}
            return process.environ().get("AVYAY_VAR") == str(self.layout.var) or process.cwd() in mine
        return False


@contextlib.contextmanager
def running_platform(folder: Path, **more: Any) -> Iterator[Platform]:
    """Give a started platform, and leave nothing of it."""
    platform = Platform(folder, **more)
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_true: Callable[[], object], seconds: float = 20.0, *, every: float = 0.05) -> float:
    """Wait for a condition; return the seconds it took, fail when it takes too long."""
    began_at = time.monotonic()
    while not is_true():
        assert time.monotonic() - began_at < seconds, "waited in vain"
        time.sleep(every)
    return time.monotonic() - began_at
