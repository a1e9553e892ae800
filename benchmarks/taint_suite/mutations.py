"""Rewrite a program so that it does the same: other names, other order, other words for the same thing."""

from __future__ import annotations

import ast
import random

OURS = frozenset(
    {
        "raw",
        "value",
        "box",
        "parts",
        "text",
        "kept",
        "holder",
        "first",
        "second",
        "joined",
        "pick",
        "size",
        "count",
        "letters",
        "part",
    }
)


def mutated(files: dict[str, str], seed: int) -> dict[str, str]:
    """Return the files rewritten: names of variables, comparisons turned round, values through further variables,

    conditions inverted, dead code, and whatever unparsing evens out.
    """
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    names = {
        name: f"{chance.choice('abcdefgh')}_{chance.randrange(1000)}_{name[::-1]}" for name in sorted(OURS)
    }
    return {path: _rewritten(source, names, chance) if source else "" for path, source in files.items()}


def _rewritten(source: str, names: dict[str, str], chance: random.Random) -> str:
    tree = ast.parse(source)
    for change in (_Rename(names, _keywords(tree)), _Invert(chance), _Through(chance), _Dead(chance)):
        tree = ast.fix_missing_locations(change.visit(tree))
    return ast.unparse(tree) + "\n"


def _keywords(tree: ast.AST) -> frozenset[str]:
    """Return names that are also attributes, keywords or functions somewhere: those stay."""
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return frozenset(attributes | keywords | defined)


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str], kept: frozenset[str]) -> None:
        self.names = {name: new for name, new in names.items() if name not in kept}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return node


class _Invert(ast.NodeTransformer):
    """if a: x else: y becomes if not (a): y else: x; a + b > c becomes c < a + b."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if node.orelse and self.chance.random() < 0.6:
            return ast.If(ast.UnaryOp(ast.Not(), node.test), node.orelse, node.body)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        turned = {ast.Gt: ast.Lt, ast.Lt: ast.Gt}
        if len(node.ops) == 1 and type(node.ops[0]) in turned and self.chance.random() < 0.6:
            return ast.Compare(node.comparators[0], [turned[type(node.ops[0])]()], [node.left])
        return node


class _Through(ast.NodeTransformer):
    """value = e becomes later = e; value = later."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.count = 0

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.stmt]:
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and self.chance.random() < 0.5:
            self.count += 1
            name = f"later_{self.count}"
            return [
                ast.Assign([ast.Name(name, ast.Store())], node.value),
                ast.Assign(node.targets, ast.Name(name, ast.Load())),
            ]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node


class _Dead(ast.NodeTransformer):
    """Statements that do nothing at the head of each function."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        number = self.chance.randrange(100)
        node.body[:0] = ast.parse(
            f"unused = {number}\nif unused > {number + 1}:\n    unused = str(unused)"
        ).body
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]
