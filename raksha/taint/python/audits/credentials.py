"""Passwords and keys written down: as variables, entries, defaults, keyword arguments and in comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterator

from raksha.taint import ir, kinds
from raksha.taint.library import Report
from raksha.taint.python.walking import walk

NAMED = re.compile(
    r"(?i)(?:^|_)(?:pass(?:wd|word|phrase)?|pwd|secret|secret_key|api_?key|auth_?token|access_?token|token|credentials?)$"
)
NOT_SECRET = re.compile(
    r"(?i)(?:_name|_field|_label|_url|_path|_file|_env|_header|_prompt|_id|_type|_hint|_re|_regex)$"
)
PLACEHOLDER = re.compile(
    r"(?i)^(?:x+|\*+|\.+|-+|<.*>|\$\{?.*|%.*%|\{.*\}|your.*|change.?me.*|example.*|none|null|todo|dummy|test|n/?a|secret|password|passwd|token|key|api_?key|env)$"
)
TEXT = re.compile(
    r"\s|[/\\]|^[a-z_]+(?:\.[a-z_]+)+$|^[A-Z]+(?:_[A-Z]+)+$|^_|_$|^[a-z]+(?:_[a-z]+)+$|^[a-z]+(?:-[a-z]+)+$|[:%{<(]"
)
DIGIT = re.compile(r"\d")
SHORTEST = 3


def check(module: ir.Module) -> Iterator[Report]:
    if is_test(module.path):
        return
    for node in walk(module.body):
        for name, value in _pairs(node):
            if _is_secret(name, value):
                yield Report(kinds.HARD_CODED, f"{name} is set to a constant", value)


def is_test(path: str) -> bool:
    parts = path.lower().split("/")
    return any(part in ("tests", "test", "testing") for part in parts[:-1]) or parts[-1].startswith(
        ("test_", "conftest")
    )


def _pairs(node: ir.Node) -> Iterator[tuple[str, ir.Expr]]:
    """Yield names and what they are set to."""
    match node:
        case ir.Assign(targets=targets, value=value) if value is not None:
            for target in targets:
                yield _named(target), value
        case ir.Arg(name=str() as name, value=value):
            yield name, value
        case ir.Param(name=name, default=default) if default is not None:
            yield name, default
        case ir.Mapping(entries=entries):
            for key, value in entries:
                if isinstance(key, ir.Const) and isinstance(key.value, str):
                    yield key.value, value
        case ir.Compare(op="==", left=left, right=right):
            yield _named(left), right


def _named(target: ir.Expr) -> str:
    match target:
        case ir.Name(id=name) | ir.Attr(name=name):
            return name
        case ir.Index(index=ir.Const(value=str() as key)):
            return key
    return ""


def _is_secret(name: str, value: ir.Expr) -> bool:
    if not isinstance(value, ir.Const) or not isinstance(value.value, str) or not NAMED.search(name):
        return False
    text = value.value
    if len(text) < SHORTEST or NOT_SECRET.search(name) or PLACEHOLDER.match(text):
        return False
    if name.lower().endswith(("token", "key")) and not DIGIT.search(text):
        return False
    return not TEXT.search(text) and text.lower().replace("-", "_") not in name.lower()
