"""Typed readers for environment variables. No Django here: the gateway reads its variables with them too.

A variable NAME may also come from a file named by NAME_FILE (Docker and systemd secrets).
A wrong value raises WrongVariable with one sentence that names the variable and what to set.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path

KNOWN: set[str] = set()
"""Every variable that was read; a test compares it with docs/settings.md."""

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


class WrongVariable(Exception):
    """An environment variable has a value that cannot be used; the message says which, why and what to set."""


def text(name: str, default: str = "") -> str:
    """Return NAME, or the stripped content of the file that NAME_FILE names, or default."""
    KNOWN.add(name)
    value = os.environ.get(name)
    if value:
        return value
    file_name = os.environ.get(f"{name}_FILE")
    if not file_name:
        return default
    try:
        return Path(file_name).read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise WrongVariable(
            f"{name}_FILE names {file_name}, which cannot be read ({exc.strerror}); name a readable file."
        ) from exc


def integer(name: str, default: int, *, least: int, most: int) -> int:
    """Return NAME as a whole number from least to most."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError as exc:
        raise WrongVariable(f"{name} is {value!r}; set it to a whole number from {least} to {most}.") from exc
    if not least <= number <= most:
        raise WrongVariable(f"{name} is {number}; set it to a whole number from {least} to {most}.")
    return number


def amount(name: str, default: str, *, least: str, most: str) -> Decimal:
    """Return NAME as an exact decimal number from least to most."""
    value = text(name, default)
    try:
        number = Decimal(value)
    except InvalidOperation as exc:
        raise WrongVariable(f"{name} is {value!r}; set it to a number from {least} to {most}.") from exc
    if not number.is_finite() or not Decimal(least) <= number <= Decimal(most):
        raise WrongVariable(f"{name} is {value!r}; set it to a number from {least} to {most}.")
    return number


def port(name: str, default: int) -> int:
    """Return NAME as a TCP port."""
    return integer(name, default, least=1, most=65535)


def boolean(name: str, default: bool) -> bool:
    """Return NAME as a switch: 1/true/yes/on or 0/false/no/off."""
    value = text(name, "1" if default else "0").lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise WrongVariable(f"{name} is {value!r}; set it to 1 or 0.")


def choice(name: str, default: str, known: tuple[str, ...]) -> str:
    """Return NAME as one of the words that are known."""
    value = text(name, default).lower()
    if value not in known:
        raise WrongVariable(f"{name} is {value!r}; set it to {' or '.join(known)}.")
    return value


def words(name: str, default: Iterable[str] = ()) -> list[str]:
    """Return NAME as a list, split at commas, empty items left out."""
    return [item.strip() for item in text(name, ",".join(default)).split(",") if item.strip()]


def folder(name: str, default: Path) -> Path:
    """Return NAME as an absolute path; it need not exist yet."""
    return Path(text(name, str(default))).expanduser().resolve()
