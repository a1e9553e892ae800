"""One parsed file with an index of what its statements bind, so that a name is found without running it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from raksha.taint import ir
from raksha.taint.callables import Class, Function

Bindings = dict[str, list[ir.Stmt]]


class Module:
    """qualified: dotted name of the module, or the package in Java. stars: imports of everything."""

    __slots__ = (
        "bindings",
        "classes",
        "exports",
        "functions",
        "language",
        "path",
        "qualified",
        "stars",
        "tree",
    )

    def __init__(self, tree: ir.Module, qualified: str) -> None:
        self.tree = tree
        self.path = tree.path
        self.language = tree.language
        self.qualified = qualified
        self.bindings: Bindings = {}
        self.stars: list[ir.Import] = []
        self.exports: dict[str, tuple[str, str]] = {}
        self.functions: dict[int, Function] = {}
        self.classes: dict[int, Class] = {}
        for stmt in tree.body:
            self._index(stmt)

    def _index(self, stmt: ir.Stmt) -> None:
        for name in bound_names(stmt):
            self.bindings.setdefault(name, []).append(stmt)
        if isinstance(stmt, ir.Import) and any(name == "*" for name, _ in stmt.names):
            self.stars.append(stmt)
        elif isinstance(stmt, ir.Export):
            for local, exported in stmt.names:
                self.exports[exported] = (local, stmt.module)

    def named(self, name: str) -> str:
        return f"{self.qualified}.{name}" if self.qualified else name

    def function(self, node: ir.Function, owner: Class | None = None) -> Function:
        """Return the one Function of a definition that closes over nothing."""
        found = self.functions.get(id(node))
        if found is None:
            prefix = owner.qualified + "." if owner else ""
            found = Function(node, self, prefix + node.name if owner else self.named(node.name), owner)
            self.functions[id(node)] = found
        return found

    def class_(self, node: ir.Class, outer: Class | None = None) -> Class:
        """Return the one Class of a definition that closes over nothing."""
        found = self.classes.get(id(node))
        if found is None:
            found = make_class(self, node, outer)
            self.classes[id(node)] = found
        return found


def make_class(module: Module, node: ir.Class, outer: Class | None = None) -> Class:
    """Return a class with its members indexed."""
    name = f"{outer.qualified}.{node.name}" if outer else module.named(node.name)
    made = Class(node, module, name, outer)
    for stmt in node.body:
        for bound in bound_names(stmt):
            made.members.setdefault(bound, []).append(stmt)
        if isinstance(stmt, ir.Function):
            function = Function(stmt, module, f"{name}.{stmt.name}", made)
            made.methods.setdefault(stmt.name, []).append(function)
        elif isinstance(stmt, ir.Class):
            made.inner[stmt.name] = module.class_(stmt, made)
    return made


def bound_names(stmt: ir.Stmt) -> Iterator[str]:
    """Names that a statement binds in its own scope, those of its inner blocks included."""
    match stmt:
        case ir.Assign(targets=targets):
            for target in targets:
                yield from target_names(target)
        case ir.Function(name=name) | ir.Class(name=name):
            yield name
        case ir.Import(module=module, names=names, alias=alias):
            yield from _imported(module, names, alias)
        case ir.For(target=target):
            yield from target_names(target)
        case ir.With(items=items):
            for _, bound in items:
                if bound is not None:
                    yield from target_names(bound)
    for body in bodies(stmt):
        for inner in body:
            yield from bound_names(inner)


def _imported(module: str, names: tuple[tuple[str, str], ...], alias: str) -> Iterator[str]:
    if alias:
        yield alias
    elif not names:
        yield module.split(".")[0]
    yield from (bound or name for name, bound in names if name != "*")


def bodies(stmt: ir.Stmt) -> Iterator[Sequence[ir.Stmt]]:
    """The inner blocks of a compound statement; functions and classes are scopes of their own."""
    match stmt:
        case ir.If(then=then, other=other):
            yield then
            yield other
        case ir.For(body=body, other=other) | ir.While(body=body, other=other):
            yield body
            yield other
        case ir.With(body=body) | ir.Block(body=body):
            yield body
        case ir.Try(body=body, handlers=handlers, other=other, final=final):
            yield body
            yield from (handler.body for handler in handlers)
            yield other
            yield final
        case ir.Switch(cases=cases):
            yield from (case.body for case in cases)


def target_names(target: ir.Target) -> Iterator[str]:
    """Names that an assignment's target binds."""
    match target:
        case ir.Name(id=name):
            yield name
        case ir.Sequence(items=items):
            for item in items:
                yield from target_names(item.value)
        case ir.Mapping(entries=entries):
            for _, value in entries:
                yield from target_names(value)
        case ir.AssignExpr(target=inner):
            yield from target_names(inner)


def definitions(module: Module) -> Iterator[Function]:
    """All functions and methods that are not inside another function, in the order of the file."""
    yield from _definitions(module, module.tree.body, None)


def _definitions(module: Module, body: Sequence[ir.Stmt], owner: Class | None) -> Iterator[Function]:
    for stmt in body:
        if isinstance(stmt, ir.Function):
            yield _method(owner, stmt) if owner else module.function(stmt)
        elif isinstance(stmt, ir.Class):
            cls = owner.inner[stmt.name] if owner else module.class_(stmt)
            yield from _definitions(module, stmt.body, cls)
        elif owner is None:
            for inner in bodies(stmt):
                yield from _definitions(module, inner, None)


def _method(owner: Class, node: ir.Function) -> Function:
    return next(made for made in owner.methods[node.name] if made.node is node)
