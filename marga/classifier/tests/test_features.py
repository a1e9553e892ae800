from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marga.classifier import features, lexicon

CODE = "def f(xs):\n    for x in xs:\n        if x in (1, 2, (3, 4)):\n            xs.remove(x[0])\n    return xs"


def of(text):
    return dict(zip(features.NAMES, features.read(text).values, strict=True))


@given(st.text(max_size=400))
@example("")
@example("\ud800")
@example("1.2.3,4 ..., ,,,")
@example(")))(((" * 80)
@example("9" * 400)
def test_any_text_gives_one_finite_number_for_each_name(text):
    values = features.read(text).values

    assert len(values) == len(features.NAMES)
    assert all(abs(value) < 1e3 for value in values)


def test_every_feature_has_a_direction():
    assert set(features.DIRECTIONS.values()) == {1, -1}


@given(st.text(min_size=1, max_size=50))
def test_of_a_long_text_no_more_than_the_bound_is_read(text):
    assert len(features.bounded(text * features.MOST_CHARACTERS + text)) == features.MOST_CHARACTERS


def test_the_end_of_a_long_text_is_read():
    text = "filler words " * 5_000 + "Calculate and prove it."

    assert of(text)["computing"] > 0
    assert of(text)["characters"] > of("filler words " * 500)["characters"]


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("numbers", "Tom has 3 pears", "Tom has 3 pears, 4 apples and 1,200 plums"),
        ("greatest_number", "It costs 12", "It costs 1,200"),
        ("decimals", "It weighs 3 kg", "It weighs 3.25 kg"),
        ("negations", "It is true", "It isn't true, except never"),
        ("depth", "f(1)", "f([1, (2)])"),
        ("most_elements", "[1, 2]", "[1, 2, 3, 4]"),
        ("calls", "call f", "call f(x)"),
        ("methods", "f(x)", "f(x.strip())"),
        ("indexing", "[x]", "x[0]"),
        ("assignments", "x == 1", "x = 1"),
        ("longest_quoted", "say 'a'", "say 'abcdef'"),
        ("sentences", "One. ", "One. Two. Three. "),
        ("lines", "a", "a\nb\nc"),
        ("indented_lines", "a\nb", "a\n    b"),
        ("loops", "do it", "for each, while it lasts"),
        ("symbols", "the thing", "the thing x and y"),
    ],
    ids=lambda value: value if isinstance(value, str) and value in features.DIRECTIONS else "",
)
def test_a_feature_rises_with_what_it_counts(name, less, more):
    assert of(more)[name] > of(less)[name]


def test_code_is_measured():
    found = of(CODE)

    assert found["indented_lines"] > 1
    assert found["depth"] == 2
    assert found["methods"] > 0
    assert found["program_words"] > 1


def test_no_word_group_names_a_field_of_study():
    words = {word for words in lexicon.GROUPS.values() for word in words.split()}

    assert not words & {"physics", "biology", "law", "history", "enzyme", "theorem", "velocity", "patient"}


def test_words_come_in_the_order_of_the_text():
    assert features.read("Don't STOP, now").words == [b"dont", b"stop", b"now"]
