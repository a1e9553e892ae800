"""The project's own source files, for tests of house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("avyay_site", "marga", "raksha", "devops_rag", "buildengine")


@cache
def modules() -> dict[Path, ast.Module]:
    """Return every module outside tests and migrations, parsed, by its path from the root."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                found[path.relative_to(ROOT)] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every function and method with its file."""
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def variables_read() -> set[str]:
    """Return the names given to the readers of avyay_site.env, and to the reader of kept secrets."""
    readers = {
        "text",
        "integer",
        "port",
        "boolean",
        "words",
        "folder",
        "amount",
        "number",
        "choice",
        "_secret",
    }
    names = set()
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            reader = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = node.args[0].value
            if reader in readers and isinstance(name, str) and name.isupper() and path.name != "env.py":
                names.add(name)
    return names


def templates() -> list[Path]:
    """Return every HTML template."""
    return sorted((ROOT / "templates").rglob("*.html"))
