"""What belongs to one running function: its own variables live in the state, the rest here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from raksha.taint.values import NOTHING, Value

if TYPE_CHECKING:
    from raksha.taint import callables
    from raksha.taint.modules import Module
    from raksha.taint.state import State


class Dead(Exception):
    """The expression does not come back: a call in it never returns."""


class Loop:
    """States that left the body early. A switch takes only `break`, a labelled block only `break` with its label."""

    __slots__ = ("breaks", "continues", "label", "takes_break", "takes_continue")

    def __init__(self, label: str = "", *, takes_continue: bool = True, takes_break: bool = True) -> None:
        self.label = label
        self.takes_continue = takes_continue
        self.takes_break = takes_break
        self.breaks: list[State] = []
        self.continues: list[State] = []


class Frame:
    """env: the variables as they are while another function runs, and after this one is done.

    is_captured: a function was made in here that sees these variables.
    """

    __slots__ = (
        "env",
        "function",
        "is_captured",
        "loops",
        "module",
        "outer",
        "owner",
        "returns",
        "scopes",
        "this",
        "yields",
    )

    def __init__(
        self,
        module: Module,
        function: callables.Function | None = None,
        *,
        owner: callables.Class | None = None,
        this: Value | None = None,
        outer: Frame | None = None,
    ) -> None:
        self.module = module
        self.function = function
        self.owner = owner
        self.this = this
        self.outer = outer
        self.env: dict[str, Value] = {}
        self.is_captured = False
        self.returns: list[tuple[Value, State]] = []
        self.yields: Value = NOTHING
        self.loops: list[Loop] = []
        self.scopes: dict[str, Literal["global", "nonlocal"]] = {}
