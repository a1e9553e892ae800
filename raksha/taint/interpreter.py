"""One analysis of one file: the running state, and the doors by which the parts call each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from raksha.taint import ir
from raksha.taint.budget import Budget, OutOfBudget
from raksha.taint.frames import Dead, Frame
from raksha.taint.heap import Object, join_objects
from raksha.taint.joining import join_flows
from raksha.taint.memory import NONE_WRITTEN, Key, Remembered
from raksha.taint.reporting import Reports
from raksha.taint.state import State
from raksha.taint.values import UNKNOWN, Flow, Trace, Value
from raksha.taint.world import ProgramWorld

if TYPE_CHECKING:
    from raksha.taint.callables import Class, Function
    from raksha.taint.library import Called, Check, Language, Sink
    from raksha.taint.modules import Module
    from raksha.taint.project import Project

DEEPEST_LOOK = 4
LOST = Object("object", "")  # made on a way that was given up


class Interpreter:
    """Analyses the roots of one file; everything it learns of other files is noted in `consulted`.

    state: None where no way leads. base: objects of whole modules. raised: states in which the innermost `try`
    may be left, None outside of any. summing: inside a loop whose rounds are taken together. quiet: reports off.
    """

    def __init__(self, project: Project, module: Module, language: Language, budget: Budget) -> None:
        self.project = project
        self.module = module
        self.language = language
        self.budget = budget
        self.consulted: dict[str, str] = {}
        self.reports = Reports()
        self.base: dict[int, Object] = {}
        self.state: State | None = None
        self.frame = Frame(module)
        self.stack: list[Function] = []
        self.raised: list[State] | None = None
        self.thrown: list[Value] = []  # what was raised inside the innermost `try`
        self.summing = 0
        self.quiet = 0
        self.is_asked = False  # whether the outside calls the root function
        self.answers: tuple[Sink, ...] = ()  # what becomes of the root function's result
        self.steps = 0
        self.limit = budget.steps
        self.clean_depth = budget.clean_depth
        self.file_steps = 0
        self.sites: dict[tuple[Frame, int], int] = {}
        self.lowest = NONE_WRITTEN
        self.base_writes = 0
        self.depth_cuts = 0
        self.instances: dict[tuple[Class, bool], Value] = {}
        self.is_base_tainted = False
        self.remembered: dict[Key, Remembered] = {}
        self.numbers = 0
        self.symbols = 0
        self.sources: dict[tuple[str, int, str], Trace] = {}
        self.traces: dict[tuple[int, int, str], Trace] = {}
        self.read_symbols: dict[str, int] = {}
        self.late: list[tuple[Check, Called, Frame]] = []
        self.reached: set[int] = set()
        self.cut: dict[tuple[str, str], str] = {}
        self.module_values: dict[tuple[str, str], Value | None] = {}
        self.module_frame = Frame(module)
        self.modules: dict[str, Module | None] = {module.path: module}
        self.statics: dict[tuple[Class, str], Value] = {}
        self.targets: dict[tuple[str, str, int], tuple[str, str]] = {}
        self.type_names: dict[tuple[Class, str], Value] = {}
        self.implementations: dict[Function, tuple[tuple[Class, Function], ...]] = {}
        self.implied: dict[tuple[str, str], tuple[str, str]] = {}
        self.class_bases: dict[Class, tuple[tuple[Class, ...], tuple[str, ...]]] = {}
        self.decorated: dict[Function, Value] = {}
        self.lineages: dict[str, tuple[str, ...]] = {}
        self.leave_here = False
        self.constants: dict[int, Value] = {}
        self.closures: dict[tuple[Frame, int], Function] = {}
        self.local_classes: dict[tuple[Frame, int], Class] = {}
        self.world = ProgramWorld(self)

    def forget(self) -> None:
        """Let go of all that was made, so that it is freed at once."""
        self.state = None
        self.module_frame.env = {}
        for held in (self.base, self.remembered, self.closures, self.local_classes, self.sites, self.instances,
                     self.module_values, self.statics, self.decorated, self.modules, self.class_bases):  # fmt: skip
            held.clear()

    # --- the doors

    def eval(self, node: ir.Expr) -> Value:
        """Return what is known of an expression's value here; raises Dead when it does not come back."""
        return EXPRESSIONS[type(node)](self, node)

    def run(self, body: Sequence[ir.Stmt]) -> None:
        """Run statements one after the other while a way leads on."""
        for stmt in body:
            if self.state is None:
                return
            self.tick()
            try:
                STATEMENTS[type(stmt)](self, stmt)
            except Dead:
                self.state = None

    def tick(self) -> None:
        """Count one step."""
        self.steps += 1
        if self.steps > self.limit:
            raise OutOfBudget("steps")

    @property
    def now(self) -> State:
        """The state, where a way surely leads."""
        if self.state is None:
            raise Dead
        return self.state

    # --- the heap

    def object(self, number: int) -> Object:
        found = self.now.heap.get(number)
        return found if found is not None else self.base.get(number, LOST)

    def allocate(self, made: Object, node: ir.Node | None = None) -> Value:
        """Put a new object on the heap and return a value that is it.

        Inside a loop whose rounds are taken together one place makes one object, so that rounds can settle.
        """
        heap = self.now.heap
        if self.summing and node is not None:
            number = self.sites.get((self.frame, id(node)))
            old = heap.get(number) if number is not None else None
            if number is not None and old is not None:
                heap.set(number, join_objects(made, old))
                return Value(consts=(), refs=(number,), type=made.type)
        self.numbers += 1
        if heap.size() >= self.budget.heap:
            raise OutOfBudget("heap")
        if self.summing and node is not None:
            self.sites[self.frame, id(node)] = self.numbers
        heap.set(self.numbers, made)
        return Value(consts=(), refs=(self.numbers,), type=made.type)

    def change(self, holder: Value, change: Callable[[Object, bool], Object]) -> None:
        """Put a changed copy of each object the value can be; weak when it can be more than one."""
        is_weak = len(holder.refs) > 1
        for number in holder.refs:
            self.now.heap.set(number, change(self.object(number), is_weak))
            self.lowest = min(self.lowest, number)
            self.base_writes += number in self.base

    def deep(self, value: Value) -> Value:
        """Return the value with the taint of everything inside it."""
        if not value.refs:
            return value
        flows = self._deep_flows(value, DEEPEST_LOOK, set())
        return value if flows is value.flows else value.but(flows=flows)

    def _deep_flows(self, value: Value, depth: int, seen: set[int]) -> tuple[Flow, ...]:
        flows = value.flows
        if not depth:
            return flows
        for number in value.refs:
            if number in seen:
                continue
            seen.add(number)
            for inner in self.object(number).inside():
                if inner.flows or inner.refs:
                    flows = join_flows(flows, self._deep_flows(inner, depth - 1, seen))
        return flows

    def load(self, path: str) -> Module | None:
        """Return a parsed file, the same one as long as this analysis runs."""
        if path not in self.modules:
            self.modules[path] = self.project.module(path)
        return self.modules[path]

    def text_of(self, path: str, span: ir.Span) -> str:
        """Return the source text of a range of a file."""
        return self.project.text(path, span)

    def fresh_symbol(self) -> int:
        self.symbols += 1
        return self.symbols

    def symbol_of(self, called: Called) -> int:
        """Return a symbol that is the same for the same reading of outside data, such as `request.args["id"]`."""
        told = [value.consts for value in (*called.args, *called.keywords.values())]
        key = f"{called.name}{told}" if all(told) and called.receiver is not None else ""
        return self.symbol_for(key)

    def symbol_for(self, key: str) -> int:
        if not key:
            return self.fresh_symbol()
        if key not in self.read_symbols:
            self.read_symbols[key] = self.fresh_symbol()
        return self.read_symbols[key]

    # --- ways

    def never_returns(self) -> NoReturn:
        """Give up this way; what encloses it may still catch."""
        self.may_raise()
        self.state = None
        raise Dead

    def along(self, state: State | None, work: Callable[[], Any]) -> State | None:
        """Do the work from this state and return the state after; the present state is put back."""
        saved, self.state = self.state, state
        try:
            if state is not None:
                work()
            return self.state
        except Dead:
            return None
        finally:
            self.state = saved

    def unknown(self, *values: Value) -> Value:
        """Return a value nothing is known of but the taint of these."""
        flows: tuple[Flow, ...] = ()
        for value in values:
            flows = join_flows(flows, self.deep(value).flows)
        return Value(flows=flows) if flows else UNKNOWN

    def may_raise(self) -> None:
        """Note the present state as one in which the innermost `try` can be left."""
        if self.raised is not None and self.state is not None:
            self.raised.append(self.state.fork())


def _tables() -> tuple[dict[type, Callable[..., Value]], dict[type, Callable[..., None]]]:
    """The parts import this module's names only for types, so they are joined here, last."""
    from raksha.taint.expressions import TABLE as expressions
    from raksha.taint.statements import TABLE as statements

    return expressions, statements


EXPRESSIONS, STATEMENTS = _tables()
