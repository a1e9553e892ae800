"""Folding must say what Python itself says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from raksha.taint.tests.small import rules

numbers = st.integers(-20, 20).map(str)
texts = st.sampled_from(['"a"', '"bc"', '"abcabc"', '""', "'x y'"])


def expressions() -> st.SearchStrategy[str]:
    """Expressions of numbers, texts, comparisons and choices, as source text."""
    arithmetic = st.sampled_from(["+", "-", "*", "//", "%", "&", "|", "^"])
    order = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])

    def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("({} {} {})".format, inner, arithmetic, inner),
            st.builds("({} {} {})".format, inner, order, inner),
            st.builds("({} if {} else {})".format, inner, inner, inner),
            st.builds("({} and {})".format, inner, inner),
            st.builds("({} or {})".format, inner, inner),
            st.builds("(not {})".format, inner),
            st.builds("(-{})".format, numbers),
            st.builds("{}[{}]".format, texts, numbers),
            st.builds("{}[{}:{}]".format, texts, numbers, numbers),
            st.builds('f"<{{{}}}>"'.format, numbers),
            st.builds("({} in {})".format, texts, texts),
            st.builds("({} in [{}, {}])".format, inner, inner, inner),
            st.builds("[{}, {}][{}]".format, inner, inner, st.sampled_from(["0", "1", "-1"])),
            st.builds('{{"a": {}, "b": {}}}["a"]'.format, inner, inner),
        )

    return st.recursive(st.one_of(numbers, texts), wider, max_leaves=6)


@settings(max_examples=150, deadline=None)
@given(expressions())
def test_the_branch_that_python_takes_is_the_one_that_survives(expression):
    try:
        taken = bool(eval(expression))  # noqa: S307  our own arithmetic
    except Exception:  # noqa: BLE001  what Python refuses is not folded
        return
    program = (
        f"import db\nfrom web import ask\nif {expression}:\n    db.run(ask())\nelse:\n    db.run(ask())\n"
    )

    assert rules(program) == [f"sql-injection:{4 if taken else 6}"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["append", "insert", "pop", "reverse", "extend"]), max_size=6))
def test_list_operations_keep_track_of_where_the_taint_is(operations):
    lines = {
        "append": "items.append('x')",
        "insert": "items.insert(1, 'y')",
        "pop": "items.pop(0)",
        "reverse": "items.reverse()",
        "extend": "items.extend(['z', 'z'])",
    }
    items: list[object] = ["a", "b", "c", "TAINT", "d", "e", "f", "g"]
    for operation in operations:
        exec(lines[operation], {"items": items})  # noqa: S102  our own lines
    body = "".join(f"    {lines[operation]}\n" for operation in operations)
    reads = "".join(f"    db.run(items[{at}])\n" for at in range(len(items)))
    program = f"import db\ndef view(p):\n    items = ['a', 'b', 'c', p, 'd', 'e', 'f', 'g']\n{body}{reads}"
    first = 4 + len(operations)

    expected = [f"sql-injection:{first + at}" for at, item in enumerate(items) if item == "TAINT"]

    assert rules(program) == expected
