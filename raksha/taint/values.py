"""What the interpreter knows about a value: where it came from, which constants it can be, what it refers to.

Values never change; an operation makes a new one. A value that nothing is known of is `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from raksha.taint import ir

Constant = str | bytes | int | float | bool | None
MOST_CONSTANTS: Final = 8
MOST_FLOWS: Final = 4
MOST_REFERENCES: Final = 6
MOST_CALLABLES: Final = 4
LONGEST_TEXT: Final = 4000
LONGEST_HEAD: Final = 200
LONGEST_TRACE: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One station of a data flow; `before` leads back to the source."""

    path: str
    span: ir.Span
    says: str
    before: Trace | None
    length: int


class Flow:
    """Taint of one source: the kinds of sink it is still unsafe for, and its way here."""

    __slots__ = ("bits", "trace")

    def __init__(self, bits: int, trace: Trace) -> None:
        self.bits = bits
        self.trace = trace


class Fact:
    """What a check established about a value: kinds made safe, and the constants it can still be (None: any)."""

    __slots__ = ("cleared", "consts")

    def __init__(self, cleared: int, consts: tuple[Constant, ...] | None = None) -> None:
        self.cleared = cleared
        self.consts = consts


Facts = dict[int, Fact]  # by symbol
NO_FACTS: Final[Facts] = {}


class Value:
    """An abstract value.

    flows: taint, one entry for each source (at most MOST_FLOWS); none is clean.
    consts: the constants it can be: None any, () none (it is only what refs and callables say).
    refs: heap objects it can be. callables: functions, classes and modules of the project it can be.
    type: qualified name of the class it is an instance of, or "".
    name: qualified name of the thing outside the project that it is ("flask.request.args"), or "".
    head: text it surely starts with, when the whole is not known.
    symbol: the same number for what is surely the same value; 0 has none. Facts from checks are kept by it.
    implies: for a condition: facts that hold when it is true, and when it is false.
    """

    __slots__ = ("callables", "consts", "flows", "head", "implies", "name", "refs", "symbol", "type")

    def __init__(
        self,
        flows: tuple[Flow, ...] = (),
        consts: tuple[Constant, ...] | None = None,
        refs: tuple[int, ...] = (),
        type: str = "",
        name: str = "",
        callables: tuple[Any, ...] = (),
        head: str = "",
        symbol: int = 0,
        implies: tuple[Facts, Facts] | None = None,
    ) -> None:
        self.flows = flows
        self.consts = consts
        self.refs = refs
        self.type = type
        self.name = name
        self.callables = callables
        self.head = head
        self.symbol = symbol
        self.implies = implies

    @property
    def bits(self) -> int:
        """The kinds of sink this is unsafe for."""
        mask = 0
        for flow in self.flows:
            mask |= flow.bits
        return mask

    @property
    def is_known(self) -> bool:
        """Whether it is exactly one constant."""
        return self.consts is not None and len(self.consts) == 1 and not self.refs and not self.callables

    @property
    def only(self) -> Constant:
        """The one constant it is; ask is_known first."""
        return (self.consts or (None,))[0]

    def but(self, **changes: Any) -> Value:
        """Return it with these fields changed."""
        made = Value(
            self.flows,
            self.consts,
            self.refs,
            self.type,
            self.name,
            self.callables,
            self.head,
            self.symbol,
            self.implies,
        )
        for field, value in changes.items():
            setattr(made, field, value)
        return made

    def __repr__(self) -> str:
        shown = [f"{field}={value!r}" for field in Value.__slots__ if (value := getattr(self, field))]
        return f"Value({', '.join(shown)}, bits={self.bits})"


UNKNOWN: Final = Value()
NOTHING: Final = Value(consts=())  # no value at all: the identity of joining
TRUE: Final = Value(consts=(True,))
FALSE: Final = Value(consts=(False,))
NULL: Final = Value(consts=(None,))
BOOLEAN: Final = Value(consts=(True, False))
SMALL: Final = {number: Value(consts=(number,)) for number in range(-1, 17)}


def constant(value: Constant) -> Value:
    """Return the value that is exactly this constant."""
    if value is None:
        return NULL
    if value is True or value is False:
        return TRUE if value else FALSE
    if isinstance(value, int) and value in SMALL:
        return SMALL[value]
    if isinstance(value, str | bytes) and len(value) > LONGEST_TEXT:
        return Value(head=value[:LONGEST_HEAD] if isinstance(value, str) else "")
    return Value(consts=(value,))


def of_constants(values: list[Constant]) -> Value:
    """Return the value that is one of these; unknown when they are too many or too long."""
    if len(values) == 1:
        return constant(values[0])
    kept: dict[tuple[type, Constant], Constant] = {(type(value), value): value for value in values}
    if len(kept) > MOST_CONSTANTS or any(
        isinstance(value, str | bytes) and len(value) > LONGEST_TEXT for value in kept.values()
    ):
        return UNKNOWN
    return Value(consts=tuple(kept.values()))


def instance(type: str) -> Value:
    """Return a value of which only the type is known."""
    return Value(type=type) if type else UNKNOWN


def without(value: Value, cleared: int) -> Value:
    """Return it made safe for these kinds."""
    if not value.flows or not value.bits & cleared:
        return value
    kept = tuple(Flow(flow.bits & ~cleared, flow.trace) for flow in value.flows if flow.bits & ~cleared)
    return value.but(flows=kept)


def only_for(value: Value, bits: int) -> Value:
    """Return it unsafe for these kinds only."""
    return without(value, ~bits)


Fold = Callable[..., Constant]
