"""Several files, bounds, and results that do not depend on what else is analysed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raksha.taint import engine
from raksha.taint.budget import Budget
from raksha.taint.tests.programs import cases
from raksha.taint.tests.small import analyse, rules

SHOP = {
    "shop/__init__.py": "from .tools import same\n",
    "shop/tools.py": "def same(v):\n    return v\n\ndef fixed(v):\n    return 'x'\n\nLIMIT = 3\n",
    "shop/store.py": "import db\n\nclass Store:\n    def put(self, v):\n        db.run(v)\n",
    "shop/views.py": """
        from shop import same
        from .tools import fixed, LIMIT
        from . import store
        import shop.tools as tools
        import db

        def view(p):
            db.run(same(p))
            db.run(fixed(p))
            db.run(tools.same(p) if LIMIT > 2 else "x")
            db.run(tools.same(p) if LIMIT > 5 else "x")
            store.Store().put(p)
        """,
}


def test_calls_are_followed_into_other_files():
    assert rules(SHOP) == [
        "shop/store.py:sql-injection:5",
        "shop/views.py:sql-injection:9",
        "shop/views.py:sql-injection:11",
    ]


def test_a_finding_belongs_to_the_file_whose_function_leads_to_it():
    found = analyse(SHOP).per_file

    assert [one.place.path for one in found["shop/views.py"]] == [
        "shop/store.py",
        "shop/views.py",
        "shop/views.py",
    ]
    assert found["shop/store.py"] == ()


def test_the_trace_leads_from_the_source_over_both_files_to_the_sink():
    (found, *_) = analyse(SHOP).detections

    assert [step.place.path for step in found.trace] == ["shop/views.py", "shop/views.py", "shop/store.py"]
    assert found.trace[0].says == "parameter p"
    assert found.trace[-1].says == "runs as SQL"
    assert found.trace[-1].text == "db.run(v)"
    assert found.scope == "Store.put"
    assert found.cwe == (89,)


def test_consulted_names_the_files_looked_at_and_those_looked_for():
    consulted = analyse(SHOP).consulted["shop/views.py"]

    assert consulted["shop/tools.py"] == hashlib.sha256(SHOP["shop/tools.py"].encode()).hexdigest()
    assert consulted["db.py"] == ""
    assert "shop/views.py" not in consulted


def test_a_file_that_was_looked_for_changes_the_result_when_it_comes():
    before = {"app.py": "import db\nfrom helpers import pick\n\ndef view(p):\n    db.run(pick(p))\n"}
    after = {**before, "helpers.py": "def pick(v):\n    return 'x'\n"}

    assert rules(before) == ["app.py:sql-injection:5"]
    assert analyse(before).consulted["app.py"]["helpers.py"] == ""
    assert rules(after) == []


def test_a_circle_of_imports_ends():
    files = {
        "a.py": "from b import B\nimport db\nA = 'x' + B\n\ndef view(p):\n    db.run(A)\n    db.run(p)\n",
        "b.py": "from a import A\nB = 'y' + A\n",
    }

    assert rules(files) == ["a.py:sql-injection:7"]


def test_what_hits_a_bound_is_said_to_be_unfinished():
    body = "".join(f"    x{number} = ask()\n" for number in range(200))
    source = f"import db\nfrom web import ask\ndef view(p):\n    db.run(p)\n{body}    db.run(p)\n"

    found = analyse(source, budget=Budget(steps=50))

    assert found.unfinished == (("app.py", "app.view", "steps"),)
    assert found.unfinished_of == {"app.py": found.unfinished}
    assert [one.place.line for one in found.detections] == [4]


def test_a_chain_of_calls_that_is_too_deep_is_said_to_be_unfinished():
    links = "".join(f"def f{number}(v):\n    f{number + 1}(v)\n\n" for number in range(20))
    found = analyse(f"import db\n{links}def f20(v):\n    db.run(v)\n\ndef view(p):\n    f0(p)\n")

    assert {why for _, _, why in found.unfinished} == {"depth"}


def test_a_file_that_cannot_be_parsed_is_named_and_the_rest_of_it_is_analysed():
    found = analyse("import db\nfrom web import ask\ndef broken(:\n    pass\n\ndb.run(ask())\n")

    assert list(found.unparsed) == ["app.py"]
    assert [one.place.line for one in found.detections] == [6]


def test_a_file_that_is_too_large_is_named():
    found = analyse("db = 1\n" * 100, budget=Budget(file_bytes=50))

    assert list(found.unparsed) == ["app.py"]


def test_a_marked_line_is_reported_all_the_same():
    (found,) = analyse("import db\nfrom web import ask\ndb.run(ask())  # nosec\n").detections

    assert found.suppressed == "nosec"


def test_the_shortest_way_is_told_when_there_are_several():
    (found,) = analyse("""
        import db
        from web import ask

        def run(v):
            db.run(v)

        def view(p):
            q = p
            r = q + "x"
            run(r)
            run(p)
        """).detections

    assert [step.place.line for step in found.trace] == [8, 12, 6]


SMALL_PROGRAMS = [source for source, _ in cases().values()]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(SMALL_PROGRAMS), min_size=2, max_size=5), st.data())
def test_a_file_has_the_same_result_alone_and_among_others(sources, data):
    files = {f"app{number}.py": source for number, source in enumerate(sources)} | SHOP
    path = data.draw(st.sampled_from(sorted(files)))

    together, alone = analyse(files), analyse(files, only=[path])

    assert alone.per_file[path] == together.per_file[path]
    assert alone.consulted[path] == together.consulted[path]
    assert alone.unfinished_of[path] == together.unfinished_of[path]


def test_what_was_not_consulted_does_not_matter():
    everything = analyse(SHOP)
    for path in SHOP:
        needed = {path, *everything.consulted[path]}
        fewer = {name: text for name, text in SHOP.items() if name in needed}

        assert analyse(fewer, only=[path]).per_file[path] == everything.per_file[path]


SCRIPT = """
import hashlib
from raksha.taint.tests.programs import cases
from raksha.taint.tests.small import analyse
files = {f"p{n}.py": source for n, (source, _) in enumerate(cases().values())}
print(hashlib.sha256(repr(analyse(files)).encode()).hexdigest())
"""


@pytest.mark.parametrize("seed", ["1", "77"])
def test_results_do_not_depend_on_how_python_hashes(seed):
    def run(seed: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed},
            cwd=Path(engine.__file__).parents[2],
            capture_output=True,
            check=True,
            text=True,
        )
        return done.stdout

    assert run(seed) == run("0")
