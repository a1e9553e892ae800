"""One log file a child under AVYAY_VAR/logs, kept small. No Django here."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import IO

MOST_BYTES = 10 * 1024 * 1024
EXCERPT_BYTES = 4000


def open_log(folder: Path, name: str) -> IO[bytes]:
    """Open a child's log for appending."""
    return _path(folder, name).open("ab")


def rotate(folder: Path, name: str, *, most_bytes: int = MOST_BYTES) -> bool:
    """Move a log that has grown too long to `<name>.log.1`; return whether it was.

    The child keeps its file open, so the content is copied and the file cut; it was opened for appending,
    so it goes on at the new end. A line written between the two steps may be lost.
    """
    path = _path(folder, name)
    if not path.exists() or path.stat().st_size <= most_bytes:
        return False
    shutil.copyfile(path, path.with_suffix(".log.1"))
    os.truncate(path, 0)
    return True


def size(folder: Path, name: str) -> int:
    """Return how long a child's log is, 0 without one."""
    path = _path(folder, name)
    return path.stat().st_size if path.exists() else 0


def excerpt(folder: Path, name: str, *, since: int = 0) -> str:
    """Return where a child's log is, and its last lines after `since` bytes, to follow a message."""
    lines = _end(folder, name, since).splitlines()[-12:]
    return (
        "\n".join([f" The end of {_path(folder, name)}:", *(f"  {line}" for line in lines)]) if lines else ""
    )


def complaint(folder: Path, name: str, *, since: int = 0) -> str:
    """Return the sentence of a WrongVariable that ended a child, empty if it ended otherwise."""
    found = re.findall(r"WrongVariable: (.+)", _end(folder, name, since))
    return str(found[-1]) if found else ""


def _end(folder: Path, name: str, since: int) -> str:
    path = _path(folder, name)
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(since, path.stat().st_size - EXCERPT_BYTES))
        return file.read().decode(errors="replace")


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.log"
