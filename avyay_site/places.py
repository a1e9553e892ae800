"""Where a running platform is reached: AVYAY_VAR/run/platform.json, written by `manage.py up`. No Django here."""

from __future__ import annotations

import http.client
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from avyay_site.embedded import Layout

FIRST_START = "first-start.json"
"""File under AVYAY_VAR/run that hands what was made at the first start to `manage.py up`, which shows it once."""


@dataclass(frozen=True)
class Places:
    """Addresses of one running platform; pid is its supervisor's."""

    pid: int
    web: str
    gateway: str
    var: str


def write(layout: Layout, places: Places) -> None:
    """Replace platform.json in one step."""
    write_private(layout.addresses, json.dumps(asdict(places), indent=2) + "\n")


def forget(layout: Layout) -> None:
    """Remove platform.json: the platform stops."""
    layout.addresses.unlink(missing_ok=True)


def read(layout: Layout) -> Places | None:
    """Return what platform.json says, true or not; None without one."""
    try:
        return Places(**json.loads(layout.addresses.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def running(var: Path) -> Places | None:
    """Return the addresses of the platform that runs with this folder and answers, else None."""
    places = read(Layout(var))
    if places is None or not psutil.pid_exists(places.pid):
        return None
    return places if answers(f"{places.web}/healthz") else None


def is_alive(layout: Layout, name: str) -> bool:
    """Say whether the latest process of a child runs."""
    pid = pid_of(layout, name)
    return pid is not None and psutil.pid_exists(pid)


def pid_of(layout: Layout, name: str) -> int | None:
    """Return the number of a child's latest process."""
    try:
        return int((layout.run / f"{name}.pid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def answers(url: str, *, timeout_seconds: float = 1.0) -> bool:
    """Say whether an address of ours answers a GET with 2xx."""
    return status_of(url, timeout_seconds=timeout_seconds) in range(200, 300)


def status_of(url: str, *, timeout_seconds: float = 1.0, bearer: str = "") -> int:
    """Return the status that a GET gives, 0 without an answer. Plain HTTP on this machine, no proxy."""
    parts = urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_seconds)
    try:
        link.request(
            "GET", parts.path or "/", headers={"Authorization": f"Bearer {bearer}"} if bearer else {}
        )
        return link.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        link.close()


def write_private(path: Path, words: str) -> None:
    """Write a file that only its owner may read, in one step."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(words)
    draft.replace(path)
