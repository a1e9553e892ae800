"""Text that shows otherwise than it runs."""

from __future__ import annotations

from collections.abc import Iterator

from raksha.taint import ir, kinds
from raksha.taint.library import Report
from raksha.taint.python.lowering import HIDDEN


def check(module: ir.Module) -> Iterator[Report]:
    for stmt in module.body:
        if isinstance(stmt, ir.Do) and isinstance(stmt.value, ir.Unknown) and stmt.value.what == HIDDEN:
            yield Report(kinds.HIDDEN_TEXT, node=stmt)
