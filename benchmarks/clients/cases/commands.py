"""The command lines: `codex exec` and `claude -p` do a task of two turns in a folder of their own, and curl asks.

python -m benchmarks.clients.cases.commands [CASE …], with AVYAY_CLIENTS_COMMAND=codex|claude|curl
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.clients.places import CLAUDE, CODEX
from benchmarks.clients.target import QUESTION, TEXT, NotPossible, Target, check, run_cases

KIND = os.environ.get("AVYAY_CLIENTS_COMMAND", "curl")
TASK = "[[run echo hello-from-the-tool > hello.txt && cat hello.txt]]"
SAID = "hello-from-the-tool"
CODEX_CONFIG = """\
model = "{model}"
model_provider = "marga"
[model_providers.marga]
name = "MARGA"
base_url = "{url}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
"""


def tools(target: Target) -> None:
    """The file that the tool was told to write is there, and its result came back in the second turn."""
    with tempfile.TemporaryDirectory(prefix="avyay-clients-") as folder:
        said = _task(target, Path(folder), TASK)
        written = Path(folder) / "work" / "hello.txt"
        check(written.exists(), "the tool wrote no file", said[-1500:])
        check("The tools said: " in said and SAID in said.partition("The tools said: ")[2], said[-1500:])


def plain(target: Target) -> None:
    with tempfile.TemporaryDirectory(prefix="avyay-clients-") as folder:
        said = _task(target, Path(folder), QUESTION)
        check(TEXT in said, said[-1500:])


def error_401(target: Target) -> None:
    with tempfile.TemporaryDirectory(prefix="avyay-clients-") as folder:
        said = _task(target, Path(folder), QUESTION, key="avy_live_wrong", is_failing=True)
        check("401" in said or "authentication" in said.lower() or "API key" in said, said[-1500:])


def error_402(target: Target) -> None:
    if not target.poor_key:
        raise NotPossible("the stub knows no budgets")
    with tempfile.TemporaryDirectory(prefix="avyay-clients-") as folder:
        said = _task(target, Path(folder), QUESTION, key=target.poor_key, is_failing=True)
        check("402" in said or "budget" in said.lower(), said[-1500:])


def _task(target: Target, folder: Path, task: str, *, key: str = "", is_failing: bool = False) -> str:
    work, home = folder / "work", folder / "home"
    work.mkdir()
    home.mkdir()
    argv, environment = _command(target, home, task, key or target.key)
    done = subprocess.run(
        argv,
        cwd=work,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    check((done.returncode != 0) == is_failing, f"exit code {done.returncode}", said[-1500:])
    return said


def _command(target: Target, home: Path, task: str, key: str) -> tuple[Sequence[str], Mapping[str, str]]:
    if KIND == "codex":
        return _codex(target, home, task, key)
    if KIND == "claude":
        return _claude(target, task, key)
    return _curl(target, task, key)


def _codex(target: Target, home: Path, task: str, key: str) -> tuple[Sequence[str], Mapping[str, str]]:
    if not CODEX.exists():
        raise NotPossible("its package is not installed")
    (home / "config.toml").write_text(CODEX_CONFIG.format(model=target.model, url=target.url))
    argv = [
        "node",
        str(CODEX),
        "exec",
        "--skip-git-repo-check",
        "--dangerously-bypass-approvals-and-sandbox",
        task,
    ]
    return argv, {"CODEX_HOME": str(home), "OPENAI_API_KEY": key}


def _claude(target: Target, task: str, key: str) -> tuple[Sequence[str], Mapping[str, str]]:
    if not CLAUDE.exists():
        raise NotPossible("its package is not installed")
    argv = ["node", str(CLAUDE), "-p", "--model", target.model, "--dangerously-skip-permissions", task]
    environment = {
        "ANTHROPIC_BASE_URL": target.url,
        "ANTHROPIC_API_KEY": key,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "IS_SANDBOX": "1",  # it refuses to skip permissions as root elsewhere
    }
    return argv, environment


def _curl(target: Target, task: str, key: str) -> tuple[Sequence[str], Mapping[str, str]]:
    body: dict[str, Any] = {"model": target.model, "messages": [{"role": "user", "content": task}]}
    headers = ["-H", f"Authorization: Bearer {key}", "-H", "Content-Type: application/json"]
    address = f"{target.url}/v1/chat/completions"
    return ["curl", "-sS", "--fail-with-body", *headers, "-d", json.dumps(body), address], {}


def aliases(target: Target) -> None:
    """Paths work without `/v1` and with two of it, for clients whose base URL has one too few or too many."""
    if not target.is_marga:
        raise NotPossible("the stub has no second names")
    chat = {"model": target.model, "messages": [{"role": "user", "content": QUESTION}]}
    for path in ("/chat/completions", "/v1/v1/chat/completions", "/v1//chat/completions"):
        check(TEXT in _post(target, path, chat), path)
    for path in ("/messages", "/v1/v1/messages", "/v1/messages?beta=true"):
        check(TEXT in _post(target, path, {**chat, "max_tokens": 100}), path)
    for path in ("/responses", "/v1/responses/"):
        check(TEXT in _post(target, path, {"model": target.model, "input": QUESTION}), path)


def compact(target: Target) -> None:
    """Codex's two extras are answered at once: compaction, and a WebSocket that is not to be had."""
    if not target.is_marga:
        raise NotPossible("the stub has neither")
    said = _post(
        target, "/v1/responses/compact", {"model": target.model, "input": QUESTION}, "-w", "%{http_code}"
    )
    check(said[-3:] in ("200", "404", "501"), said)
    upgrade = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13"]
    argv = [
        "curl",
        "-sS",
        "-m",
        "5",
        "-w",
        "%{http_code}",
        "-H",
        f"Authorization: Bearer {target.key}",
        *upgrade,
    ]
    argv += ["-H", "Sec-WebSocket-Key: c3R1YnN0dWJzdHVic3R1Yg==", f"{target.url}/v1/responses"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    check(done.returncode == 0 and done.stdout[-3:-2] == "4", done.stdout, done.stderr)


def _post(target: Target, path: str, body: dict[str, Any], *options: str) -> str:
    headers = ["-H", f"x-api-key: {target.key}", "-H", "Content-Type: application/json", *options]
    argv = ["curl", "-sS", "-m", "20", *headers, "-d", json.dumps(body), f"{target.url}{path}"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


CASES = (
    (plain, aliases, compact, error_401, error_402)
    if KIND == "curl"
    else (plain, tools, error_401, error_402)
)

if __name__ == "__main__":
    run_cases(CASES)
