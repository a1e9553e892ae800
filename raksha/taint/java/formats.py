"""String.format with constant arguments: the plain conversions."""

from __future__ import annotations

import re

from raksha.taint.java import semantics
from raksha.taint.values import Constant

DIRECTIVE = re.compile(r"%(?:(\d+)\$)?([^a-zA-Z%]*)([a-zA-Z%])")


def format_text(pattern: Constant, *args: Constant) -> Constant:
    """Return what String.format gives; widths, flags and rare conversions are not computed."""
    if not isinstance(pattern, str):
        raise semantics.NotSure
    waiting = iter(args)

    def written(match: re.Match[str]) -> str:
        number, flags, conversion = match[1], match[2], match[3]
        if conversion in "%n" and not flags:
            return "%" if conversion == "%" else "\n"
        if flags or conversion not in "sdc":
            raise semantics.NotSure
        return semantics.text(args[int(number) - 1] if number else next(waiting))

    return DIRECTIVE.sub(written, pattern)
