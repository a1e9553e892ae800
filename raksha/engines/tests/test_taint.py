"""Data flow as an engine: what belongs to which file, and on which others it stands."""

from __future__ import annotations

import hashlib

import pytest

from raksha.engines import taint
from raksha.engines.results import EngineResult

VIEW = """
from flask import request
from store import find

def view():
    return find(request.args["name"])
"""
STORE = """
import sqlite3

def find(name):
    db = sqlite3.connect("x.db")
    return db.execute("SELECT * FROM t WHERE name = '" + name + "'")
"""


@pytest.fixture
def ask(tmp_path):
    def ask(files: dict[str, str], only: list[str] | None = None) -> EngineResult:
        listed = []
        for number, (path, text) in enumerate(files.items()):
            (tmp_path / f"{number}").write_text(text)
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            listed.append({"path": path, "stored": f"{number}", "language": "python", "sha256": sha256})
        request = {"folder": str(tmp_path), "files": listed, "only": only or list(files)}
        return EngineResult.from_json(taint.run(request), files=set(files))

    return ask


def test_a_flow_belongs_to_the_file_whose_function_it_starts_in(ask):
    result = ask({"view.py": VIEW, "store.py": STORE})

    (number,) = result.per_file["view.py"].detections
    found = result.detections[number]
    assert (found.rule, found.place.path) == ("python.sql-injection", "store.py")
    assert result.per_file["store.py"].detections == ()
    assert result.per_file["view.py"].consulted["store.py"] == hashlib.sha256(STORE.encode()).hexdigest()


def test_a_file_alone_has_the_result_that_it_has_among_all(ask):
    files = {"view.py": VIEW, "store.py": STORE}
    together, alone = ask(files), ask(files, only=["view.py"])

    assert alone.detections == together.detections
    assert alone.per_file["view.py"].consulted == together.per_file["view.py"].consulted


def test_a_file_that_is_not_understood_is_said_to_be(ask):
    result = ask({"a.py": "def f(:\n    )))\n"})

    assert [(skip.path, skip.why) for skip in result.skipped] == [("a.py", "parse_error")]
    assert result.per_file["a.py"].skipped == (0,)


def test_a_file_too_large_is_said_to_be(ask):
    result = ask({"a.py": "x = 1\n" * 200_000})

    assert [(skip.path, skip.why) for skip in result.skipped] == [("a.py", "too_large")]


def test_an_analysis_that_was_broken_off_is_said_to_be(ask):
    deep = "def f(a):\n" + "".join(f"    for x{n} in a:\n        y{n} = [x{n}, a]\n" for n in range(5_000))

    result = ask({"a.py": deep + "\nf(input())\n"})

    assert "budget" in {skip.why for skip in result.skipped}
