"""Jobs that misbehave, one function each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

Request = dict[str, Any]


def echo(request: Request) -> Request:
    return request


def fail(request: Request) -> None:
    raise ValueError("it does not work")


def hang(request: Request) -> None:
    time.sleep(600)


def hang_in_a_child(request: Request) -> None:
    """Start a program in a session of its own that would outlive its parent."""
    subprocess.Popen(["/bin/sleep", str(request["seconds"])], start_new_session=True)
    time.sleep(600)


def leave_a_child(request: Request) -> str:
    subprocess.Popen(["/bin/sleep", str(request["seconds"])], start_new_session=True)
    return "done"


def spin(request: Request) -> None:
    while True:
        pass


def eat_memory(request: Request) -> int:
    held = []
    while True:
        held.append(bytearray(16 * 1024 * 1024))


def fill_the_disk(request: Request) -> int:
    """Write until it is refused, and return the bytes written."""
    written = 0
    try:
        for number in range(1000):
            with open(f"/tmp/{number}", "wb", buffering=0) as file:  # noqa: S108
                for _ in range(8):
                    written += file.write(b"x" * 1024 * 1024)
    except OSError:
        return written
    return written


def write_one_large_file(request: Request) -> int:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    written = 0
    try:
        with open("/tmp/large", "wb", buffering=0) as file:  # noqa: S108
            while True:
                written += file.write(b"x" * 1024 * 1024)
    except OSError:
        return written


def fork_without_end(request: Request) -> int:
    """Fork until it is refused, and return how many there were."""
    count = 0
    try:
        while count < 5000:
            if os.fork() == 0:
                time.sleep(600)
            count += 1
    except OSError:
        return count
    return count


def talk_without_end(request: Request) -> str:
    return "x" * 200_000_000


def say_on_every_channel(request: Request) -> str:
    print("out")  # noqa: T201
    sys.stderr.write("err")
    return "answer"


def crash(request: Request) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
    os.abort()


def where(request: Request) -> list[str]:
    return [os.getcwd(), *sorted(os.listdir("."))]


def read(request: Request) -> str:
    return Path(request["path"]).read_text(encoding="utf-8")
