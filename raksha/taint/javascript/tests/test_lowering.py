"""What the lowering makes of JavaScript and TypeScript, and that no input makes it fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.taint import ir
from raksha.taint.javascript.lowering import lower


def _first(text: str, path: str = "a.js") -> ir.Stmt:
    module = lower(text.encode(), path)
    assert module.errors == ()
    return module.body[0]


def _value(text: str) -> ir.Expr:
    stmt = _first(f"x = {text}")
    assert isinstance(stmt, ir.Do)
    assert isinstance(stmt.value, ir.AssignExpr)
    return stmt.value.value


@pytest.mark.parametrize(
    ("text", "value"),
    [(r"'a\x41\u{1F600}\n'", "aA\U0001f600\n"), ("0x1f", 31), ("1_000", 1000), ("017", 15), ("2n", 2), ("1.5", 1.5),
     ("-3", -3), ("true", True), ("null", None), ("undefined", None), ("/a[/]b/gi", "(?i)a[/]b")],
    ids=["escapes", "hex", "parts", "octal", "big", "decimal", "negative", "true", "null", "undefined", "regex"],
)  # fmt: skip
def test_literals_are_exact(text: str, value: object) -> None:
    node = _value(text)

    assert isinstance(node, ir.Const)
    assert node.value == value


def test_columns_count_characters() -> None:
    stmt = lower("'é😀'; foo()".encode(), "a.js").body[1]

    assert stmt.span.column == 7


def test_requires_become_imports_and_exports_are_named() -> None:
    module = lower(b"const a = require('node:fs'); module.exports = {b, c: 1}; exports.d = 2", "a.js")

    imports = [stmt for stmt in module.body if isinstance(stmt, ir.Import)]
    exports = [stmt.names[0][1] for stmt in module.body if isinstance(stmt, ir.Export)]
    assert [(one.module, one.alias) for one in imports] == [("fs", "require fs")]
    assert exports == ["b", "c", "d"]


def test_variables_of_outer_functions_are_told_apart() -> None:
    module = lower(b"function f() { let a; const g = () => { a = 1; b = 2 } }", "a.js")

    outer = module.body[0]
    assert isinstance(outer, ir.Function)
    held = outer.body[1]
    assert isinstance(held, ir.Assign)
    assert isinstance(held.value, ir.Function)
    scopes = [(stmt.names, stmt.kind) for stmt in held.value.body if isinstance(stmt, ir.Scope)]
    assert scopes == [(("a",), "nonlocal"), (("b",), "global")]


def test_types_are_dropped_and_fields_of_constructors_set() -> None:
    stmt = _first("class C<T> { constructor(private readonly a: A<T>, b?: number) {} }", "a.ts")

    assert isinstance(stmt, ir.Class)
    made = stmt.body[0]
    assert isinstance(made, ir.Function)
    assert [(param.name, param.type) for param in made.params] == [("a", "A"), ("b", "number")]
    assert isinstance(made.body[0], ir.Assign)
    assert isinstance(made.body[0].targets[0], ir.Attr)


@pytest.mark.parametrize("text", ["[", "f(", "{", "a?b:", "x=>", "a+", "(", "if(a){}else ", "!", "a,"])
def test_deep_nesting_is_told_and_does_no_harm(text: str) -> None:
    module = lower(text.encode() * 20_000, "a.js")

    assert module.errors


@given(st.text(max_size=200), st.sampled_from(["a.js", "a.ts", "a.tsx"]))
def test_any_text_can_be_lowered(text: str, path: str) -> None:
    assert lower(text.encode("utf-8", "surrogatepass"), path).path == path
