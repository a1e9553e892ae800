"""The lowering against Python's own parser: values, names, places, and what no parser should fall over."""

from __future__ import annotations

import ast
import sysconfig
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.taint import ir
from raksha.taint.python.lowering import lower

NUMBERS = st.one_of(
    st.integers().map(str),
    st.integers(0, 2**70).map(hex),
    st.integers(0, 2**20).map(bin),
    st.integers(0, 2**20).map(oct),
    st.integers(0, 10**12).map("{:_}".format),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
PIECES = st.lists(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\\'\"\r\n\0").map(str),
        st.sampled_from([r"\n", r"\t", r"\\", r"\'", r"\"", r"\x41", r"\101", r"\0", "\\\n"]),
    )
).map("".join)
ONLY_TEXT = st.sampled_from([r"\u20ac", r"\U0001f600", r"\N{DASH}", "{", "}}"])
TEXTS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "u", "U"]),
    st.just("'"),
    PIECES,
    st.one_of(st.just(""), ONLY_TEXT.filter(lambda text: "DASH" not in text)),
    st.just("'"),
)
RAW = st.builds("{}'''{}'''".format, st.sampled_from(["r", "R"]), PIECES.filter(lambda t: "\\" not in t[-1:]))
BYTES = st.builds('{}"{}"'.format, st.sampled_from(["b", "B"]), PIECES.filter(str.isascii))
RAW_BYTES = st.builds('rb"""{}"""'.format, PIECES.filter(lambda t: t.isascii() and t[-1:] not in ("\\", '"')))
STRINGS = st.one_of(TEXTS, RAW, st.lists(TEXTS, min_size=2, max_size=4).map("\n  ".join).map("({})".format))
ATOMS = st.one_of(
    NUMBERS, STRINGS, BYTES, RAW_BYTES, st.sampled_from(["None", "True", "False", "-1", "-2.5e3"])
)


def _displays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=4)
    return st.one_of(
        several.map(", ".join).map("[{}]".format),
        several.map(lambda parts: f"({', '.join(parts)},)"),
        st.lists(st.tuples(STRINGS, inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
    )


def _value(node: ir.Expr) -> object:
    match node:
        case ir.Const(value=value):
            return value
        case ir.Unary(op="-", value=inner):
            return -_value(inner)  # type: ignore[operator]
        case ir.Sequence(kind=kind, items=items):
            return {"list": list, "tuple": tuple}[kind](_value(item.value) for item in items)
        case ir.Mapping(entries=entries):
            return {_value(key): _value(value) for key, value in entries if key is not None}
    raise AssertionError(node)


def _only(source: str) -> ir.Expr:
    module = lower(source.encode(), "a.py")
    assert module.errors == ()
    (statement,) = module.body
    assert isinstance(statement, ir.Do)
    return statement.value


@given(st.recursive(ATOMS, _displays, max_leaves=6))
def test_a_constant_has_the_value_that_python_gives_it(source: str) -> None:
    expected = ast.literal_eval(source)

    found = _value(_only(source))

    assert found == expected
    assert type(found) is type(expected)


def _walk(value: object) -> Iterator[ir.Node]:
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, tuple):
            waiting.extend(at)
        elif is_dataclass(at) and not isinstance(at, ir.Span):
            if isinstance(at, ir.Node):
                yield at
            waiting.extend(getattr(at, one.name) for one in fields(at))


def _standard_modules() -> list[Path]:
    folder = Path(sysconfig.get_path("stdlib"))
    return sorted(folder.glob("*.py"))[::9]


@pytest.mark.parametrize("path", _standard_modules(), ids=lambda path: path.stem)
def test_the_standard_library_has_the_functions_classes_calls_and_constants_that_ast_sees(path: Path) -> None:
    source = path.read_bytes()

    module = lower(source, path.name)

    assert module.errors == ()
    assert _ours(module) == _theirs(ast.parse(source))


def _ours(module: ir.Module) -> Counter[object]:
    seen: Counter[object] = Counter()
    for node in _walk(module.body):
        match node:
            case ir.Function(name=name) if name:
                seen["function", name, node.is_generator, node.is_async, len(node.params)] += 1
            case ir.Class(name=name):
                seen["class", name, len(node.bases)] += 1
            case ir.Attr(name=name):
                seen["attribute", name, node.span.line] += 1
            case ir.If() | ir.For() | ir.While() | ir.Try() | ir.With():
                seen[type(node).__name__] += 1
    return seen


def _theirs(tree: ast.Module) -> Counter[object]:
    seen: Counter[object] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                count = sum(isinstance(child, ast.arg) for child in ast.iter_child_nodes(node.args))
                is_async = isinstance(node, ast.AsyncFunctionDef)
                seen["function", node.name, _yields(node), is_async, count] += 1
            case ast.ClassDef():
                seen["class", node.name, len(node.bases)] += 1
            case ast.Attribute():
                seen["attribute", node.attr, node.lineno] += 1
            case ast.If() | ast.For() | ast.While() | ast.Try() | ast.With():
                seen[type(node).__name__] += 1
    return seen


def _yields(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))
    return False


SYNTAX = """\
type Pair[T] = tuple[T, T]
def first[T: int](a, /, b: Optional[x.Y] = 1, *rest: str, only: Annotated[str, Query(max_length=3)], **kw) -> list[T]: ...
class Box[T](Base, metaclass=Meta): width: int = 3
async def g():
    async with a as b, c: await d
    async for e in f: yield e
try: pass
except* (A, B) as group: pass
finally: pass
with (open(a) as f, b): pass
(n := 10)
f"{a!r:>{width}}{{b}}"
f'{f"{inner}"}'
print(*a, sep="", **b)
x[1:2, ..., *c]
@dec(1)
@other
def h(): return lambda *, k=1: k
"""


def test_syntax_up_to_the_newest_version_is_read_without_errors() -> None:
    module = lower(SYNTAX.encode(), "a.py")

    assert module.errors == ()
    assert not [
        node for node in _walk(module.body) if isinstance(node, ir.Unknown) and node.what != "ellipsis"
    ]


def test_parameters_keep_kind_type_default_and_annotation() -> None:
    function = lower(SYNTAX.encode(), "a.py").body[1]

    assert isinstance(function, ir.Function)
    assert [(p.name, p.kind, p.type) for p in function.params] == [
        ("a", "", ""), ("b", "", "x.Y"), ("rest", "*", "str"), ("only", "keyword", "str"), ("kw", "**", "")
    ]  # fmt: skip
    assert function.type == "list"
    assert isinstance(function.params[3].annotation, ir.Index)


def test_a_format_specification_becomes_a_call_of_format() -> None:
    template = _only('f"a{x!r:>{w}}b"')

    assert isinstance(template, ir.Template)
    before, call, after = template.parts
    assert isinstance(before, ir.Const)
    assert before.value == "a"
    assert isinstance(after, ir.Const)
    assert after.value == "b"
    assert isinstance(call, ir.Call)
    assert call.callee == ir.Name(span=call.span, id="format")
    assert isinstance(call.args[1].value, ir.Template)


def _cases(source: str) -> tuple[ir.Case, ...]:
    (switch,) = lower(f"match x:\n {source}: pass\n".encode(), "a.py").body
    assert isinstance(switch, ir.Switch)
    return switch.cases


def _bound(case: ir.Case) -> list[str]:
    return sorted(node.id for node in _walk(case.captures) if isinstance(node, ir.Name))


@pytest.mark.parametrize(
    ("source", "patterns", "bound", "shape"),
    [
        ("case 'a' | -1 | None as y", 3, ["y"], ""),
        ("case y if y > 1", 0, ["y"], ""),
        ("case _", 0, [], ""),
        ("case A.B", 1, [], ""),
        ("case [1, a, *rest]", 0, ["a", "rest"], "sequence"),
        ("case 1, a", 0, ["a"], "sequence"),
        ("case {'k': v, **r}", 0, ["r", "v"], "mapping"),
        ("case P(q, x=1, y=z)", 0, ["q", "z"], "class"),
        ("case (1)", 1, [], ""),
    ],
    ids=["alternatives", "capture", "default", "value", "sequence", "open", "mapping", "class", "group"],
)
def test_a_pattern_says_what_it_compares_binds_and_looks_like(
    source: str, patterns: int, bound: list[str], shape: str
) -> None:
    (case,) = _cases(source)

    assert len(case.patterns) == patterns
    assert set(bound) <= set(_bound(case)) <= {*bound, "_"}
    assert case.shape == shape


def test_columns_count_characters_and_lines_any_end_of_line() -> None:
    module = lower('é = "ü😀"; x = 1\r\ny = 2\rz = 3\n'.encode(), "a.py")

    assert [(s.span.line, s.span.column, s.span.end_column) for s in module.body] == [
        (1, 1, 9), (1, 11, 16), (2, 1, 6), (3, 1, 6)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbfx = '\xc3\xa9'",
        b"#!/bin/python\n# -*- coding: latin-1 -*-\nx = '\xe9'",
        b"# vim: set fileencoding=cp1252 :\nx = '\xe9'",
        "x = 'é'".encode(),
    ],
    ids=["mark", "latin", "vim", "default"],
)
def test_the_encoding_is_found_as_python_finds_it(source: bytes) -> None:
    (statement,) = lower(source, "a.py").body

    assert isinstance(statement, ir.Assign)
    assert isinstance(statement.value, ir.Const)
    assert statement.value.value == "é"
    assert statement.span.column == 1


def test_bytes_outside_the_encoding_are_an_error_but_the_rest_is_read() -> None:
    module = lower(b"x = '\xe9'\ny = 1\n", "a.py")

    assert module.errors
    assert len(module.body) == 2


def test_dressed_up_identifiers_are_the_plain_ones() -> None:
    call = _only("𝐞𝐯𝐚𝐥(x)")

    assert isinstance(call, ir.Call)
    assert isinstance(call.callee, ir.Name)
    assert call.callee.id == "eval"


OLD = """\
print "a", b
exec code in space
try: pass
except IOError, e: print >>f, e
n = 0777
if a <> b: pass
"""


def test_statements_of_python_2_become_the_functions_of_python_3() -> None:
    module = lower(OLD.encode(), "a.py")

    called = [node.callee for node in _walk(module.body) if isinstance(node, ir.Call)]
    assert sorted(callee.id for callee in called if isinstance(callee, ir.Name)) == ["exec", "print", "print"]
    (handler,) = [node for node in _walk(module.body) if isinstance(node, ir.Handler)]
    assert handler.name == "e"
    assert any(isinstance(node, ir.Const) and node.value == 0o777 for node in _walk(module.body))


def test_a_syntax_error_is_told_and_the_rest_still_read() -> None:
    module = lower(b"import os\ndef f(:\n    pass\n\nos.system(x)\nclass = = 3\ny = eval(z)\n", "a.py")

    assert module.errors
    called = [node.callee for node in _walk(module.body) if isinstance(node, ir.Call)]
    assert any(isinstance(callee, ir.Attr) and callee.name == "system" for callee in called)
    assert any(isinstance(callee, ir.Name) and callee.id == "eval" for callee in called)


DEEP = 20_000


@pytest.mark.parametrize(
    "source",
    ["(" * DEEP + ")" * DEEP, "[" * DEEP, "x" + ".a" * DEEP, "x" + "()" * DEEP, "not " * DEEP + "x", "-" * DEEP + "1",
     "".join(" " * n + "if x:\n" for n in range(300)) + " " * 300 + "y = 1\n",
     "match x:\n case " + "[" * 300 + "a" + "]" * 300 + ": pass\n", "lambda: " * DEEP + "1", "x = " * 5000 + "1"],
    ids=["brackets", "open", "attributes", "calls", "not", "minus", "blocks", "pattern", "lambdas", "assignments"],
)  # fmt: skip
def test_nesting_without_end_is_an_error_not_a_crash(source: str) -> None:
    module = lower(source.encode(), "a.py")

    assert _depth(module.body) < 400
    assert module.errors or "x = " in source


@pytest.mark.parametrize("operator", [" + ", " and ", " % "], ids=["plus", "and", "percent"])
def test_a_long_chain_is_not_deep_and_loses_no_operand(operator: str) -> None:
    source = operator.join(f"n{index}" for index in range(5000))

    module = lower(source.encode(), "a.py")

    names = [node.id for node in _walk(module.body) if isinstance(node, ir.Name)]
    assert sorted(names) == sorted(f"n{index}" for index in range(5000))
    assert _depth(module.body) < 40
    assert module.errors == ()


def test_a_very_long_if_is_flat() -> None:
    source = (
        "if x == 0: pass\n" + "".join(f"elif x == {n}: y = {n}\n" for n in range(1, 3000)) + "else: z = 1\n"
    )

    (statement,) = lower(source.encode(), "a.py").body

    assert isinstance(statement, ir.Switch)
    assert len(statement.cases) == 3001


def _depth(value: object) -> int:
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        at, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(at, tuple):
            waiting.extend((part, depth) for part in at)
        elif is_dataclass(at) and not isinstance(at, ir.Span):
            waiting.extend((getattr(at, one.name), depth + 1) for one in fields(at))
    return deepest


@given(st.binary(max_size=200))
def test_any_bytes_give_a_module(source: bytes) -> None:
    assert lower(source, "a.py").language == "python"


@given(
    st.text(alphabet="()[]{}:=\n \t'\"fbr\\x1,.@*+-if lambda match case def class yield await", max_size=120)
)
def test_any_mixture_of_tokens_gives_a_module(source: str) -> None:
    assert lower(source.encode(), "a.py").language == "python"
