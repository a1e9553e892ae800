"""Bounds of one analysis. What hits one is left unfinished and said so, never passed over in silence."""

from __future__ import annotations

from dataclasses import dataclass


class OutOfBudget(Exception):
    """This root has used up what it may; `why` says which bound."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Budget:
    """steps: statements, calls and loop rounds for each root function, those of called functions included.

    file_steps: the same for all roots of one file together. heap: objects for each root.
    depth: calls inside calls. clean_depth: the same for calls that no taint goes into, which are only entered to
    find sources and constants further down; they are not said to be unfinished. lonely_depth: the same below a
    function that nobody was seen to call.
    unroll: rounds of a loop over exactly known elements. recursion: how often a function may stand on the stack.
    modules: parsed files kept at a time. file_bytes: larger files are not read.
    """

    steps: int = 12_000
    file_steps: int = 60_000
    depth: int = 10
    clean_depth: int = 3
    lonely_depth: int = 2
    heap: int = 4_000
    unroll: int = 16
    recursion: int = 2
    modules: int = 400
    file_bytes: int = 1_000_000
