"""The gateway's page cannot drift: what the code says to clients and operators, the page names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from marga.gateway.metrics import PREFIX

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "marga.md").read_text(encoding="utf-8")
GATEWAY = sorted((ROOT / "marga" / "gateway").glob("*.py"))
ROUTING = sorted((ROOT / "marga" / "routing").glob("*.py"))
REQUESTS = sorted((ROOT / "marga" / "protocols").glob("requests/*.py"))
NAME = re.compile(r"[a-z0-9_.]{3,}")


def calls(paths: list[Path], *names: str) -> Iterator[ast.Call]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in names:
                yield node


def said(node: ast.Call, place: int) -> list[str]:
    """Return the argument at a place, if it is a plain word."""
    found = node.args[place] if len(node.args) > place else None
    words = [found.value] if isinstance(found, ast.Constant) and isinstance(found.value, str) else []
    return [word for word in words if NAME.fullmatch(word)]


def codes() -> set[str]:
    return {code for node in calls([*GATEWAY, *ROUTING], "Refusal", "NoRoute") for code in said(node, 1)}


def warnings() -> set[str]:
    added = [node for node in calls(REQUESTS, "add") if ast.unparse(node.func) == "notes.add"]
    return {name for node in [*added, *calls(REQUESTS, "_dropped")] for name in said(node, 0)}


def headers() -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in GATEWAY)
    return set(re.findall(r'b"(x-marga-[a-z-]*[a-z])"', text))


def metrics() -> set[str]:
    text = "".join((ROOT / "marga" / "gateway" / name).read_text() for name in ("metrics.py", "standing.py"))
    return set(re.findall(r'"([a-z_]+_total|[a-z]+_(?:state|entries|bytes))"', text))


@pytest.mark.parametrize("found", [codes, warnings, headers, metrics], ids=lambda found: found.__name__)
def test_each_is_on_the_gateways_page(found):
    names = found()

    assert len(names) > 10
    shown = PAGE.replace(PREFIX, "")
    assert {name for name in names if not re.search(rf"`{re.escape(name)}[`:]", shown)} == set()
