"""Programs for the engine's tests, by topic.

A file holds programs one after the other, each under a line `### name`. A line that ends with `# found` (or
`# found word`, for another rule than SQL injection) is where the engine must report, and it must report no other.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
FOUND = re.compile(r"#\s*found\s*([\w-]*)\s*$")
HEAD = "import db, web, os, safe, helpers, crypto, bag\nfrom web import ask\n"


@cache
def cases() -> dict[str, tuple[str, list[str]]]:
    """Return (source, what must be found) of every program by "topic: name"."""
    found: dict[str, tuple[str, list[str]]] = {}
    for path in sorted(HERE.glob("*.txt")):
        for part in re.split(r"^### ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name, _, body = part.partition("\n")
            source = HEAD + body
            found[f"{path.stem}: {name.strip()}"] = source, _expected(source)
    return found


def _expected(source: str) -> list[str]:
    marks = [
        f"{match.group(1) or 'sql-injection'}:{number}"
        for number, line in enumerate(source.splitlines(), 1)
        if (match := FOUND.search(line))
    ]
    return sorted(marks, key=lambda mark: int(mark.rpartition(":")[2]))


CASES = sorted(cases())
