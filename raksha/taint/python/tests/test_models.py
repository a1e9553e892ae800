"""The tables of models are well formed."""

from __future__ import annotations

import re

import pytest

from raksha.taint.library import Model
from raksha.taint.python.entries.routes import numeric_parts
from raksha.taint.python.language import PYTHON
from raksha.taint.python.models import MODELS
from raksha.taint.python.models.patterns import safe_kinds

NAME = re.compile(r"(?:\*|[\w.]+)(?:\.(?:\w+|\[\]=?|[/%]))?")


def test_every_name_of_a_model_is_a_dotted_name() -> None:
    wrong = [name for name in MODELS if not NAME.fullmatch(name) or name.endswith(".") or ".." in name]

    assert wrong == []


def test_every_entry_is_a_model_or_several() -> None:
    for entry in MODELS.values():
        for one in entry if isinstance(entry, tuple) else (entry,):
            assert isinstance(one, Model)


def test_a_model_of_a_request_knows_which_of_its_fields_are_numbers() -> None:
    assert PYTHON.models.get("web.Model<age,price>.age") is not None
    assert PYTHON.models.get("web.Model<age,price>.name") is None


@pytest.mark.parametrize(
    ("pattern", "is_whole", "is_safe"),
    [
        (r"^[a-z0-9_]+$", False, True), (r"[a-z]+", True, True), (r"\w{1,8}\Z", False, True), (r"\d+", True, True),
        (r"[a-z]+", False, False), (r"^.*$", False, False), (r"^\S+$", False, False), (r"^[^;]+$", False, False),
        (r"^[a-z';]+$", False, False), (r"^[\w.-]+$", False, True),
    ],
)  # fmt: skip
def test_a_pattern_makes_safe_only_what_it_binds_to_harmless_characters(
    pattern: str, is_whole: bool, is_safe: bool
) -> None:
    assert bool(safe_kinds(pattern, is_whole=is_whole)) is is_safe


def test_number_parts_of_a_route_are_known() -> None:
    assert numeric_parts("/a/<int:n>/<name>/{m:int}/<uuid:u>") == {"n", "m", "u"}
