"""Run one client against one target, in a process of its own, and read what became of its cases."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.clients.places import ROOT
from benchmarks.clients.registry import Client
from benchmarks.clients.target import VARIABLE, Outcome, Target

SUITE = Path(__file__).resolve().parent / "langchain_suite"
MOST_SECONDS = 900


def drive(client: Client, target: Target) -> list[Outcome]:
    """Return the outcome of each case; a client that cannot run has one, `start`."""
    if client.missing:
        return [Outcome("start", "not possible", client.missing)]
    with tempfile.TemporaryDirectory(prefix="avyay-clients-") as home:
        report = Path(home) / "report.xml"
        argv = ["-m", client.module] if client.module else _suite(report)
        done = subprocess.run(
            [str(client.python), *argv],
            cwd=ROOT,
            env=_environment(client, target, home),
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
            check=False,
        )
        outcomes = _printed(done.stdout) if client.module else _reported(report)
    return outcomes or [Outcome("start", "failed", (done.stdout + done.stderr)[-1500:])]


def _environment(client: Client, target: Target, home: str) -> dict[str, str]:
    """The person's own keys and settings stay out."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "PYTHONDONTWRITEBYTECODE": "1",
        VARIABLE: target.as_text(),
        **client.variables,
    }


def _suite(report: Path) -> list[str]:
    options = ["-c", str(SUITE / "pytest.ini"), f"--confcutdir={SUITE}", "-p", "no:cacheprovider", "-q"]
    return ["-m", "pytest", *options, "--tb=short", f"--junitxml={report}", str(SUITE / "test_suites.py")]


def _printed(text: str) -> list[Outcome]:
    return [Outcome(**json.loads(line)) for line in text.splitlines() if line.startswith('{"case"')]


def _reported(report: Path) -> list[Outcome]:
    if not report.exists():
        return []
    tests = ElementTree.parse(report).iter("testcase")  # noqa: S314 - written by the run above
    return [_outcome(test) for test in tests]


def _outcome(test: ElementTree.Element) -> Outcome:
    word, reason = "ok", ""
    for found in test:
        if found.tag in ("failure", "error"):
            word, reason = "failed", f"{found.get('message')} … {(found.text or '')[-600:]}"
        elif found.tag == "skipped":
            word, reason = "not possible", found.get("message") or ""
    seconds = round(float(test.get("time") or 0), 2)
    return Outcome((test.get("name") or "").removeprefix("test_"), word, reason[:2000], seconds)
