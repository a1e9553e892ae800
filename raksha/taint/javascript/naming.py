"""Where JavaScript's imports lead, and which names need none."""

from __future__ import annotations

import posixpath

from raksha.taint import ir
from raksha.taint.library import Resolver, Target

ENDINGS = ("js", "ts", "tsx", "jsx", "mjs", "cjs", "mts", "cts")
BUILTINS = {
    name: name
    for name in ["Array", "Boolean", "Buffer", "Date", "Error", "Function", "JSON", "Map", "Math", "Number", "Object", "Promise", "Reflect", "RegExp", "Set", "String", "Symbol", "URL", "URLSearchParams", "WeakMap", "XMLHttpRequest", "decodeURI", "decodeURIComponent", "document", "encodeURI", "encodeURIComponent", "escape", "eval", "fetch", "globalThis", "isFinite", "isNaN", "localStorage", "location", "parseFloat", "parseInt", "process", "setImmediate", "setInterval", "setTimeout", "unescape", "window", "console", "DOMPurify", "$", "jQuery", "jsx", "self"]
} | {name: name for name in ("length of", "html of an element", "typeof string", "typeof number", "typeof boolean")}  # fmt: skip
WINDOW = ("window.", "globalThis.", "self.")


class Imports(Resolver):
    """Relative imports lead to files; "@/x" and "~/x" to the project's source folder; all others outside."""

    def module(self, importer: ir.Module, module: str, level: int) -> Target:
        if module.startswith((".", "/")):
            folder = posixpath.dirname(importer.path)
            path = posixpath.normpath(posixpath.join(folder, module)).lstrip("/")
            return Target(tuple(_files(path)), f"./{path}")
        if module.startswith(("@/", "~/")):
            roots = ("src/", "", "app/")
            return Target(tuple(name for root in roots for name in _files(root + module[2:])), module)
        return Target((), module)

    def implicit(self, importer: ir.Module, name: str) -> Target | None:
        return None

    def qualified(self, module: ir.Module) -> str:
        """Name a file by its path, so that no package is named like it."""
        return "./" + posixpath.splitext(module.path)[0]


def _files(path: str) -> list[str]:
    stem, ending = posixpath.splitext(path)
    exact = [path, f"{stem}.ts", f"{stem}.tsx"] if ending[1:] in ENDINGS else []
    return [*exact, *(f"{path}.{one}" for one in ENDINGS), *(f"{path}/index.{one}" for one in ENDINGS)]
