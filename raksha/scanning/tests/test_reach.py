"""How far Go code reaches into vulnerable modules is asked in the sandbox."""

from __future__ import annotations

import dataclasses

import pytest

from raksha.engines import packages
from raksha.intake.trees import SourceFile, Tree
from raksha.scanning import intelligence
from raksha.scanning.intelligence import Known
from raksha.scanning.tests.fakes import detection

VULNERABLE = dataclasses.replace(
    detection("go.mod", 3, "Go:example.org/web", engine="packages", rule="CVE-2025-0001", kind="dependency"),
    facts={"package": "Go:example.org/web", "name": "example.org/web", "symbols": "example.org/web: Render"},
)
KNOWN = Known((VULNERABLE,))


def tree_of(folder, text):
    (folder / "0.go").write_text(text)
    return Tree(folder, (SourceFile("cmd/main.go", "0.go", len(text), "0" * 64, "go"),), ())


def ask_here(function, files, question):
    assert function == "raksha.engines.packages:reach"
    folder = question.pop("folder")
    listed = [{"path": file.path, "stored": file.stored} for file in files]
    return packages.reach({"folder": folder, "files": listed, **question})


@pytest.mark.parametrize(
    ("call", "reach", "reachable"),
    [("web.Render(w)", "called", "yes"), ("web.Other(w)", "imported", None)],
)
def test_a_call_of_a_vulnerable_function_is_a_fact_of_the_finding(tmp_path, call, reach, reachable):
    tree = tree_of(tmp_path, f'package main\n\nimport "example.org/web"\n\nfunc main() {{ {call} }}\n')

    known = intelligence.with_reach(
        KNOWN,
        tree,
        lambda function, files, question: ask_here(function, files, question | {"folder": tmp_path}),
    )

    (found,) = known.detections
    assert (found.facts["reach"], found.facts.get("reachable")) == (reach, reachable)
    if reachable:
        assert found.facts["places"] == "cmd/main.go:5 Render"


def test_without_go_code_or_an_answer_nothing_is_claimed(tmp_path):
    tree = tree_of(tmp_path, "package main")

    assert intelligence.with_reach(KNOWN, tree, lambda *_: None) == KNOWN
    assert intelligence.with_reach(KNOWN, Tree(tmp_path, (), ()), ask_here) == KNOWN
