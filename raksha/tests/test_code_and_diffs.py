"""Code and fixes as pages show them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raksha.views.code import Span, highlight
from raksha.views.diffs import changes_of

TEXTS = st.text(alphabet="ab\"'#(\t\n é", max_size=200)
PATHS = st.sampled_from(["a.py", "a.js", "Dockerfile", "a.unknown", "a.yaml", "a.java"])


@given(TEXTS, PATHS, st.integers(1, 5), st.integers(0, 30), st.integers(0, 5), st.integers(0, 30))
def test_highlighting_loses_and_invents_no_character(text, path, line, column, end_line, end_column):
    lines = highlight(text, path, span=Span(line, column, end_line, end_column))

    shown = "\n".join("".join(piece.text for piece in one.pieces) for one in lines)
    assert shown.rstrip("\n") == text.rstrip("\n")


def test_the_range_is_marked_and_nothing_else():
    [line] = highlight("return run(name)", "a.py", first=7, span=Span(7, 8, 7, 17))

    assert line.number == 7
    assert "".join(piece.text for piece in line.pieces if piece.is_marked) == "run(name)"


def test_a_fix_inside_the_known_code_is_a_diff():
    edit = {"path": "a.py", "line": 3, "column": 5, "end_line": 3, "end_column": 8, "text": "new"}

    [change] = changes_of([edit], "x = old + 1", "a.py", 3)

    assert change.lines == (("-", "x = old + 1"), ("+", "x = new + 1"))
    assert change.text == "--- a/a.py\n+++ b/a.py\n@@ -3,1 +3,1 @@\n-x = old + 1\n+x = new + 1\n"


def test_a_fix_elsewhere_is_what_to_put_there():
    edit = {"path": "b.py", "line": 1, "column": 1, "end_line": 1, "end_column": 1, "text": "import x"}

    [change] = changes_of([edit], "x = 1", "a.py", 3)

    assert (change.is_whole, change.text) == (False, "import x")
