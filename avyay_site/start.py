"""`manage.py up`: check, start everything, show where it is, keep it running. No Django in this process."""

from __future__ import annotations

import argparse
import errno
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from avyay_site import borrowing, embedded, env, places, plan, supervise
from avyay_site.embedded import Layout
from avyay_site.plan import Plan

WRONG_START = 2
"""Exit code when a variable, a port or a folder has to be changed first."""


class PortTaken(Exception):
    """Somebody else listens where we are to listen; the message names the variable to change."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `up`."""
    parser.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="write addresses as JSON to FILE (mode 0600) once everything is ready; at the first start "
        "also the generated password and API key",
    )
    parser.add_argument("--no-input", action="store_true", help="accepted for scripts; nothing is ever asked")


def main(arguments: Sequence[str]) -> int:
    """Run `manage.py up` with the arguments that follow it; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="manage.py up", description="Start the platform in the foreground; Ctrl-C or SIGTERM stops it."
    )
    add_arguments(parser)
    return run(parser.parse_args(arguments).ready_file)


def run(ready_file: Path | None) -> int:
    """Start, supervise until a signal, stop; return the exit code."""
    started_at = time.monotonic()
    try:
        wanted = plan.read()
        with borrowing.own(wanted.layout):
            check_port("AVYAY_HTTP_PORT", wanted.bind, wanted.web_port)
            check_port("MARGA_PORT", wanted.bind, wanted.gateway_port)
            _supervise(wanted, ready_file, started_at)
    except (env.WrongVariable, embedded.UnableToStart, PortTaken, supervise.WrongSetting) as exc:
        say(str(exc))
        return WRONG_START
    except supervise.UnableToStart as exc:
        say(str(exc))
        return 1
    say("stopped")
    return 0


def check_port(name: str, bind: str, number: int) -> None:
    """Raise PortTaken when the port is not free, WrongVariable when the address is not one of this machine."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            bind, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise PortTaken(f"Port {number} is taken by another program; set {name} to a free port.") from exc
        if exc.errno == errno.EACCES:
            raise PortTaken(
                f"Port {number} needs more rights than we have; set {name} to one above 1023."
            ) from exc
        raise env.WrongVariable(
            f"AVYAY_BIND is {bind!r}, which is not an address of this machine ({exc}); set it to 127.0.0.1 or 0.0.0.0."
        ) from exc


def say(words: str) -> None:
    """Tell the person at the terminal; standard output stays free for data."""
    sys.stderr.write(f"avyay: {words}\n")
    sys.stderr.flush()


def _supervise(wanted: Plan, ready_file: Path | None, started_at: float) -> None:
    layout = wanted.layout
    supervisor = supervise.Supervisor(
        plan.children(wanted),
        logs=None if wanted.logs_to_stderr else layout.logs,
        run=layout.run,
        mark=str(layout.var),
        say=say,
    )
    say(f"starting; state is in {layout.var}")
    places.forget(layout)
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)
    with _guard(layout):
        try:
            supervisor.run(lambda: _show(wanted, ready_file, time.monotonic() - started_at))
        finally:
            places.forget(layout)


@contextmanager
def _guard(layout: Layout) -> Iterator[None]:
    """Keep a process waiting that clears up should this one be killed."""
    command = (sys.executable, "-m", "avyay_site.guard", str(layout.var))
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, cwd=plan.BASE_DIR, start_new_session=True
    ) as guard:
        try:
            yield
        finally:
            if guard.stdin is not None:
                with suppress(BrokenPipeError):
                    guard.stdin.write(b"stopped in order")
                    guard.stdin.flush()


def _show(wanted: Plan, ready_file: Path | None, seconds: float) -> None:
    """Write platform.json and the ready file, print the table."""
    layout = wanted.layout
    here = places.Places(pid=os.getpid(), web=wanted.web, gateway=wanted.gateway, var=str(layout.var))
    places.write(layout, here)
    made = _take_first_start(layout)
    if ready_file is not None:
        places.write_private(ready_file.absolute(), json.dumps({**asdict(here), **made}, indent=2) + "\n")
    sys.stderr.write(table(wanted, made, seconds))
    sys.stderr.flush()


def table(wanted: Plan, made: dict[str, Any], seconds: float) -> str:
    """Return what the person needs to know: addresses, what was generated, a first request."""
    password, key = made.get("password"), made.get("api_key")
    rows = [
        ("dashboard", f"{wanted.web}/app"),
        ("admin", f"{wanted.web}/admin/"),
        ("API", f"{wanted.web}/api/docs"),
        ("gateway", f"{wanted.gateway}/v1"),
        ("logs", "this terminal" if wanted.logs_to_stderr else str(wanted.layout.logs)),
        ("sign in as", str(made.get("admin_email", ""))),
        *([("password", f"{password}   (shown once)")] if password else []),
        *([("API key", f"{key}   (shown once)")] if key else []),
    ]
    lines = "".join(f"  {name:<11} {value}\n" for name, value in rows)
    return f"\nAvyay is ready after {seconds:.1f} s.\n\n{lines}\n{_first_request(wanted, key)}\nCtrl-C stops it.\n"


def _first_request(wanted: Plan, key: str | None) -> str:
    return (
        f"  curl {wanted.gateway}/v1/chat/completions \\\n"
        f"    -H 'Authorization: Bearer {key or '<your API key>'}' -H 'Content-Type: application/json' \\\n"
        '    -d \'{"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}\'\n'
    )


def _take_first_start(layout: Layout) -> dict[str, Any]:
    """Return what `initial` reports, and remove it: secrets are shown once."""
    path = layout.run / places.FIRST_START
    try:
        made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    path.unlink()
    return made
