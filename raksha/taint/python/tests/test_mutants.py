"""Rewritings that keep a program's meaning keep the verdict: other names, split texts, blocks around the code."""

from __future__ import annotations

import ast

import pytest

from raksha.taint import engine
from raksha.taint.python.tests.pairs.making import Pair
from raksha.taint.python.tests.test_pairs import PAIRS

SAMPLE = [param for param in PAIRS if param.values[0].name not in ("hidden text", "added rule")][::6]  # type: ignore[union-attr]


class OtherNames(ast.NodeTransformer):
    """Gives every local variable of a function another name."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        names: dict[str, str] = {}
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                names.setdefault(inner.id, f"v{len(names)}x")
        borrows = any(isinstance(inner, ast.Global | ast.Nonlocal) for inner in ast.walk(node))
        self.scopes.append({} if borrows else names)
        self.generic_visit(node)
        self.scopes.pop()
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        for names in reversed(self.scopes):
            if node.id in names:
                node.id = names[node.id]
                break
        return node


class Wrapped(ast.NodeTransformer):
    """Puts every body under a condition that always holds, inside a try."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if not any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)):
            holds = ast.parse("3 * 4 > 5", mode="eval").body
            inside: list[ast.stmt] = [ast.If(test=holds, body=node.body, orelse=[])]
            node.body = [ast.Try(body=inside, handlers=[], orelse=[], finalbody=[ast.Pass()])]
        return node


@pytest.mark.parametrize("rewriting", [OtherNames, Wrapped], ids=["names", "wrapped"])
@pytest.mark.parametrize("pair", SAMPLE)
def test_a_rewriting_that_keeps_the_meaning_keeps_the_verdict(
    pair: Pair, rewriting: type[ast.NodeTransformer]
) -> None:
    verdicts = [f"python.{pair.rule}" in _rules(pair, piece, rewriting()) for piece in (pair.bad, pair.good)]

    assert verdicts == [True, False]


def _rules(pair: Pair, piece: str, rewriting: ast.NodeTransformer) -> set[str]:
    files: dict[str, bytes] = {}
    for path, text in pair.program(piece).items():
        tree = ast.fix_missing_locations(rewriting.visit(ast.parse(text)))
        files[path] = ast.unparse(tree).encode()
    return {
        found.rule for found in engine.analyse(files, languages=dict.fromkeys(files, "python")).detections
    }
