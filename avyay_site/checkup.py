"""A line of what `doctor` shows, and the lines that products add. No Django here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

Check = Callable[[], Iterable["Finding"]]


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line of the table; mend is empty where nothing is to be done."""

    name: str
    state: State
    detail: str
    mend: str = ""


_checks: dict[str, Check] = {}


def add(name: str, check: Check) -> None:
    """Have a product's own lines among the others; they may ask the database, and are asked only while there is one."""
    _checks[name] = check


def checks() -> list[tuple[str, Check]]:
    """Return what products added."""
    return list(_checks.items())
