"""What a hostile program would try from inside the walls, so that tests and benchmarks can see each attempt fail.

Runs as a job ("raksha.sandbox.tests.probe:run") or as a plain program for the control without walls.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from raksha.sandbox import kernel


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Try everything; request names a port on loopback, files and folders of others, and processes of others."""
    return {
        "connected": [name for name, reach in _ways_out(request).items() if _tried(reach)],
        "read": [path for path in request["secrets"] if _reads(path)],
        "listed": {path: names for path in request["folders"] if (names := _names(path))},
        "written": [path for path in request["places"] if _writes(path)],
        "signalled": [pid for pid in request["processes"] if _signals(pid)],
        "seen": _processes(),
        "environment": sorted(os.environ),
        "gained": [name for name, gain in _GAINS.items() if _gains(gain)] if request["gains"] else [],
        "user": os.getuid(),
        "input": sys.stdin.read() if sys.stdin else "",
        "open": _open_files(),
    }


def _ways_out(request: dict[str, Any]) -> dict[str, Callable[[], None]]:
    port, name = request["port"], request["abstract"]
    return {
        "tcp": lambda: _connect(port),
        "udp": lambda: _send(socket.AF_INET, ("127.0.0.1", port)),
        "udp6": lambda: _send(socket.AF_INET6, ("::1", port)),
        "dns": lambda: _send(socket.AF_INET, ("192.0.2.1", 53)),
        "unix": lambda: _connect_local(f"\0{name}"),
        "raw": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
    }


def _connect(port: int) -> None:
    with socket.socket() as channel:
        channel.connect(("127.0.0.1", port))


def _send(family: int, address: tuple[str, int]) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"canary", address)


def _connect_local(name: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.connect(name)


def _become_root() -> None:
    os.setuid(0)


def _new_user_namespace() -> None:
    kernel.unshare(kernel.CLONE_NEWUSER)


def _new_network() -> None:
    kernel.unshare(kernel.CLONE_NEWNET)


def _mount() -> None:
    """Ask for a mount of no kind at all: who may mount is told that there is no such kind, and nothing happens."""
    try:
        kernel.mount("none", "/", "no-such-kind", 0)
    except OSError as exc:
        if exc.errno != errno.ENODEV:
            raise


def _change_root() -> None:
    os.chroot("/")


_GAINS: dict[str, Callable[[], None]] = {
    "root": _become_root,
    "user namespace": _new_user_namespace,
    "network namespace": _new_network,
    "mount": _mount,
    "chroot": _change_root,
}


def _gains(attempt: Callable[[], None]) -> bool:
    """Try it in a process of its own, so that what is gained is lost again at once."""
    child = os.fork()
    if not child:
        os._exit(0 if _tried(attempt) else 1)
    return os.waitpid(child, 0)[1] == 0


def _tried(attempt: Callable[[], None]) -> bool:
    with contextlib.suppress(OSError):
        attempt()
        return True
    return False


def _ignore(_: object) -> None:
    """Want nothing of a value."""


def _reads(path: str) -> bool:
    return _tried(lambda: _ignore(Path(path).read_bytes()))


def _names(path: str) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(os.listdir(path))
    return []


def _writes(path: str) -> bool:
    return _tried(lambda: _ignore(Path(path).write_bytes(b"canary")))


def _signals(pid: int) -> bool:
    return _tried(lambda: os.kill(pid, 0))


def _processes() -> int:
    with contextlib.suppress(OSError):
        return sum(name.isdigit() for name in os.listdir("/proc"))
    return 0


def _open_files() -> list[int]:
    found = []
    for number in range(3, 256):
        with contextlib.suppress(OSError):
            os.fstat(number)
            found.append(number)
    return found


if __name__ == "__main__":
    print(json.dumps(run(json.load(sys.stdin))))  # noqa: T201
