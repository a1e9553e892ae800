"""Put the peers into environments of their own under var/peers, as pinned in versions/."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.common import ROOT

FOLDER = ROOT / "var" / "peers"
VERSIONS = Path(__file__).resolve().parent / "versions"
PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
NPM = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]

GO_MODULE = "module relay\n\ngo 1.21\n"
GO_PROGRAM = """// A relay of the standard library, with as many idle connections as the load has.
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	target, err := url.Parse(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	relay := &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) { request.SetURL(target) },
		Transport: &http.Transport{
			MaxIdleConns:        1024,
			MaxIdleConnsPerHost: 1024,
			DisableCompression:  true,
		},
	}
	log.Fatal(http.ListenAndServe(os.Args[1], relay))
}
"""


def install() -> dict[str, str]:
    """Install what is missing or was pinned anew; return by environment what could not be installed, and why."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    faults = {
        "litellm": _once("litellm", (VERSIONS / "litellm.txt").read_bytes(), _python),
        "node": _once("node", (VERSIONS / "package-lock.json").read_bytes(), _node),
        "go": _once("go", (GO_MODULE + GO_PROGRAM).encode(), _go),
    }
    return {name: fault for name, fault in faults.items() if fault}


def _once(name: str, pins: bytes, build: Callable[[Path], None]) -> str:
    """Build an environment unless it was built from the same pins; return what went wrong, if anything."""
    mark = hashlib.sha256(pins).hexdigest()
    stamp = FOLDER / f"{name}.stamp"
    if stamp.exists() and stamp.read_text() == mark:
        return ""
    print(f"installing {name} (a minute or two the first time)", file=sys.stderr)
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    (FOLDER / name).mkdir()
    try:
        build(FOLDER / name)
    except FileNotFoundError as exc:
        return f"{exc.filename} is not installed"
    except subprocess.CalledProcessError as exc:
        return f"installing it failed: {exc}"
    stamp.write_text(mark)
    return ""


def _python(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "python"), *PIP, str(VERSIONS / "litellm.txt")], check=True)


def _node(folder: Path) -> None:
    """Install without the packages' own scripts; nothing that is measured here needs them."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(VERSIONS / name, folder)
    subprocess.run(NPM, cwd=folder, check=True)


def _go(folder: Path) -> None:
    (folder / "go.mod").write_text(GO_MODULE)
    (folder / "main.go").write_text(GO_PROGRAM)
    subprocess.run(["go", "build", "-o", "relay", "."], cwd=folder, check=True)
