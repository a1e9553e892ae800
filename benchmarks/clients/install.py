"""Put the clients' packages into environments of their own under var/clients, as pinned in versions/."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.clients.places import FOLDER, VERSIONS

PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
NPM = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]


def install() -> list[str]:
    """Install what is missing or was pinned anew; return what could not be installed, with the reason."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    faults = [_once(name, [VERSIONS / f"{name}.txt"], _python) for name in ("langchain", "litellm")]
    faults.append(_once("npm", [VERSIONS / "package.json", VERSIONS / "package-lock.json"], _node))
    return [fault for fault in faults if fault]


def _once(name: str, pins: list[Path], build: Callable[[Path, list[Path]], None]) -> str:
    """Build an environment unless it was built from the same pins; return what went wrong, if anything."""
    mark = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()
    stamp = FOLDER / f"{name}.stamp"
    if stamp.exists() and stamp.read_text() == mark:
        return ""
    print(f"installing {name} (a minute or two the first time)", file=sys.stderr)
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    try:
        build(FOLDER / name, pins)
    except (OSError, subprocess.CalledProcessError) as exc:
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        return f"{name}: {exc}"
    stamp.write_text(mark)
    return ""


def _python(folder: Path, pins: list[Path]) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "python"), *PIP, str(pins[0])], check=True)


def _node(folder: Path, pins: list[Path]) -> None:
    """Install without the packages' own scripts; nothing that is driven here needs them."""
    folder.mkdir(parents=True)
    for pin in pins:
        shutil.copy(pin, folder)
    subprocess.run(NPM, cwd=folder, check=True)
