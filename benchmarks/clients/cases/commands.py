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


CASES = (plain, error_401, error_402) if KIND == "curl" else (plain, tools, error_401, error_402)

if __name__ == "__main__":
    run_cases(CASES)
