from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.answers import READ_MOST, final


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("She pays 3 * 4 = 12.\n#### 12", 12),
        ("The answer is 1,234.50 dollars.", Fraction("1234.5")),
        ("Therefore \\boxed{-7}", -7),
        ("**Answer:** $42", 42),
        ("First 5, then 6, so 5 + 6 = 11", 11),
        ("The final answer is 3 + 4 = 7", 7),
        ("Half, that is 3/4", Fraction(3, 4)),
        ("It is .5", Fraction(1, 2)),
        ("42.0", 42),
    ],
    ids=str,
)
def test_the_number_that_an_arithmetic_answer_ends_in_is_found(text, number):
    assert final(text, "arithmetic") == ("number", number)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The answer is (B).", "B"),
        ("**C** ", "Answer: C) the third"),
        ("D. Because of that", "(D)"),
        ('{"a": 1.0, "b": [2]}', '```json\n{"b": [2], "a": 1}\n```'),
        ("Paris", "The answer is Paris."),
        ("the  Nile", "Nile!"),
        ("42", "42.0"),
    ],
    ids=str,
)
def test_the_same_answer_said_in_two_ways_agrees(one, other):
    assert final(one, "chat") == final(other, "chat")
    assert final(one, "chat") is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("B", "C"),
        ('{"a": 1}', '{"a": true}'),
        ("[1, 2]", "[2, 1]"),
        ("yes", "no"),
        ("A dog", "A"),
        ("not safe", "safe"),
    ],
    ids=str,
)
def test_different_answers_do_not_agree(one, other):
    assert final(one, "chat") != final(other, "chat")


def test_python_agrees_whatever_its_layout_comments_and_docstrings():
    one = '```python\ndef f(x):\n    """Double."""\n    return x * 2  # twice\n```'
    other = "Here it is:\n```py\ndef f(x): return (x*2)\n```\nDone."

    assert final(one, "simple_code") == final(other, "simple_code")
    assert final(one, "simple_code") != final("```python\ndef f(x): return x * 3\n```", "simple_code")


def test_other_code_agrees_whatever_its_white_space():
    assert final("```js\nlet a = 1;\n```", "simple_code") == final("```js\nlet a=1;\n```", "simple_code")
    assert final("Let me think about it first.", "simple_code") is None


@pytest.mark.parametrize(
    "text",
    ["", "   ", "A long thought. " * 40, "one line\nand another"],
    ids=["no", "blank", "long", "lines"],
)
def test_what_cannot_be_compared_has_no_final_answer(text):
    assert final(text, "chat") is None


@pytest.mark.parametrize(
    "text", ["-" * 60_000 + "1", "(" * 50_000, "[" * 50_000, "9" * 50_000, "1/0", "a." * 30_000]
)
@pytest.mark.parametrize("task", ["arithmetic", "simple_code", "chat"])
def test_hostile_answers_only_fail_to_compare(text, task):
    final(text, task)
    assert len(text[:READ_MOST]) <= READ_MOST


@given(st.text(max_size=300), st.sampled_from(["arithmetic", "simple_code", "extraction", "chat"]))
def test_any_text_agrees_with_itself_and_nothing_raises(text, task):
    assert final(text, task) == final(text, task)


@given(st.integers(-(10**9), 10**9))
def test_thousands_separators_change_nothing(number):
    assert final(f"The answer is {number:,}.", "arithmetic") == final(f"#### {number}", "arithmetic")
