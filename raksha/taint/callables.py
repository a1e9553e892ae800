"""What a name of the project can stand for: functions, classes, modules, and methods bound to an object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raksha.taint import ir
    from raksha.taint.frames import Frame
    from raksha.taint.modules import Module
    from raksha.taint.values import Value


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the project. frame: where a nested one was made, whose variables it sees."""

    node: ir.Function
    module: Module
    qualified: str
    owner: Class | None = None
    frame: Frame | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the project. members: what its body binds, by name, in order."""

    node: ir.Class
    module: Module
    qualified: str
    outer: Class | None = None
    frame: Frame | None = None
    members: dict[str, list[ir.Stmt]] = field(default_factory=dict)
    methods: dict[str, list[Function]] = field(default_factory=dict)
    inner: dict[str, Class] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModuleReference:
    """A module, or a package of which only the name is known; `importer` says from where it was named."""

    name: str
    importer: Module
    module: Module | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A method with the object it is called on; `function` of the project, else `name` outside."""

    this: Value
    name: str
    function: Function | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Super:
    """The object seen as an instance of what its class inherits from."""

    this: Value
    owner: Class


Callable = Function | Class | ModuleReference | Bound | Super
