"""Methods whose receiver's type is not known: told by what the receiver is called, or by what is handed over."""

from __future__ import annotations

import re

from raksha.taint.joining import head_of
from raksha.taint.library import Called, When

STATEMENT = r"\s*(?:select|insert|update|delete|create|drop|alter|with|replace|merge|exec|call|pragma|truncate|grant|explain)\b"
FILTER = r"\s*\([&|!(]*\w*"
STEPS = r"(?:\.{0,2}/|\w+\[|\(|\*\[)"


def likely(named: str, begins: str = "") -> When:
    """Return a condition: the receiver's text looks like this, or an argument surely begins like that."""
    name = re.compile(named, re.IGNORECASE)
    start = re.compile(begins, re.IGNORECASE) if begins else None

    def when(called: Called) -> bool:
        node = called.receiver_node
        if node is not None and name.search(called.world.text(node)):
            return True
        return start is not None and any(
            start.match(head_of(value)) for value in called.args if head_of(value)
        )

    return when


def from_outside(called: Called) -> bool:
    """The receiver itself came with the request, as an uploaded file does."""
    return called.receiver is not None and bool(called.receiver.flows)
