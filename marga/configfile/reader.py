"""Walk a YAML text strictly, noting every fault with its line and path. Pure: text in, values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, TypeVar

import yaml

TEXT_MOST = 1024 * 1024
VALUES_MOST = 2000
"""In one free part of the file: a text whose parts repeat one another must not grow without end."""
TRUE, FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})

T = TypeVar("T")
Fields = dict[str, yaml.Node]


class Named(Protocol):
    """What stands in a list under a name of its own."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong. line: counted from 1. path: such as `providers[0].models[2].tier`."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", {self.path}" if self.path else "")
        return f"{where}: {self.message}"


class WrongConfig(Exception):
    """The file cannot be used; `faults` says why, in the order of its lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def compose(text: str) -> yaml.Node | None:
    if len(text) > TEXT_MOST:
        raise WrongConfig([Fault(1, "", "The file is larger than 1 MiB.")])
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        raise WrongConfig(
            [Fault(mark.line + 1 if mark else 1, "", f"This is not YAML: {exc.problem}.")]
        ) from exc
    except (yaml.YAMLError, RecursionError) as exc:
        raise WrongConfig([Fault(1, "", f"This is not YAML: {str(exc).splitlines()[0]}.")]) from exc


class Reader:
    """Walk the nodes to the depth of the schema, noting faults instead of stopping at the first."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, node: yaml.Node, path: str, message: str) -> None:
        self.faults.append(Fault(node.start_mark.line + 1, path, message))

    def mapping(
        self, node: yaml.Node, path: str, known: tuple[str, ...], *, needed: tuple[str, ...]
    ) -> Fields:
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, path, f"Here belong {' and '.join(needed)} as `name: value` lines.")
            return {}
        fields: Fields = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            here = _at(path, name).lstrip(".")
            if name not in known:
                self.fault(key, here, f"{name!r} is unknown; known are {', '.join(known)}.")
            elif name in fields:
                self.fault(key, here, f"{name} stands here twice.")
            else:
                fields[name] = value
        for name in needed:
            if name not in fields:
                self.fault(node, path, f"{name} is missing.")
        return fields

    def entries(self, node: yaml.Node | None, path: str, read: Callable[[yaml.Node, str], T]) -> list[T]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.fault(node, path, "Here belongs a list: lines that begin with `- `.")
            return []
        return [read(item, f"{path}[{index}]") for index, item in enumerate(node.value)]

    def distinct(self, found: Iterable[Named], node: yaml.Node | None, path: str) -> None:
        seen: set[str] = set()
        for index, entry in enumerate(found):
            if entry.name and entry.name in seen and isinstance(node, yaml.SequenceNode):
                self.fault(node.value[index], f"{path}[{index}].name", f"{entry.name!r} stands here twice.")
            seen.add(entry.name)

    def text(self, fields: Fields, name: str, path: str, *, most: int) -> str:
        node = fields.get(name)
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode) or not node.value or not node.value.isprintable():
            self.fault(node, _at(path, name), "Give a text in one line.")
            return ""
        if len(node.value) > most:
            self.fault(node, _at(path, name), f"Give at most {most} characters.")
        return str(node.value)

    def choice(self, fields: Fields, name: str, path: str, known: tuple[str, ...], *, default: str) -> str:
        found = self.text(fields, name, path, most=40) or default
        if found not in known:
            self.fault(
                fields[name], _at(path, name), f"{found!r} is unknown; choose among {', '.join(known)}."
            )
            return default
        return found

    def switch(self, fields: Fields, name: str, path: str, *, default: str = "true") -> bool:
        found = self.text(fields, name, path, most=10).lower() or default
        if found not in TRUE | FALSE:
            self.fault(fields[name], _at(path, name), "Give true or false.")
        return found in TRUE

    def number(self, fields: Fields, name: str, path: str, *, least: int, most: int) -> Decimal | None:
        node = fields.get(name)
        if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
            return None
        try:
            # The text itself, not the float that YAML would make of it: money is exact.
            number = Decimal(node.value) if isinstance(node, yaml.ScalarNode) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or not least <= number <= most:
            self.fault(node, _at(path, name), f"Give a number from {least} to {most}.")
            return None
        return number

    def words(self, fields: Fields, name: str, path: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of words that are known, each once."""
        found: list[str] = []
        for item, where in self.entries(fields.get(name), _at(path, name), lambda node, at: (node, at)):
            word = str(item.value) if isinstance(item, yaml.ScalarNode) else ""
            if word not in known:
                self.fault(item, where, f"{word!r} is unknown; choose among {', '.join(known)}.")
            elif word in found:
                self.fault(item, where, f"{word!r} stands here twice.")
            else:
                found.append(word)
        return tuple(found)

    def whole(self, fields: Fields, name: str, path: str, what: str) -> int | None:
        """Return a whole number from 1."""
        found = self.number(fields, name, path, least=1, most=2**31 - 1)
        if found is not None and found != int(found):
            self.fault(fields[name], _at(path, name), f"Give a whole number of {what}.")
            return None
        return None if found is None else int(found)

    def plain(self, node: yaml.Node, path: str) -> Any:
        """Return a free part of the file as JSON values; None with a fault when it is too large."""
        budget = [VALUES_MOST]
        try:
            return self._plain(node, budget)
        except (yaml.YAMLError, _TooMuch, ValueError, RecursionError):
            self.fault(node, path, f"Give at most {VALUES_MOST} plain values here.")
            return None

    def _plain(self, node: yaml.Node, budget: list[int]) -> Any:
        budget[0] -= 1
        if budget[0] < 0:
            raise _TooMuch
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, budget) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            return {str(self._plain(key, budget)): self._plain(value, budget) for key, value in node.value}
        found = yaml.constructor.SafeConstructor().construct_object(node)
        return found if isinstance(found, str | int | float | bool | None) else str(node.value)


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


class _TooMuch(Exception):
    """A part of the file holds more values than it may."""
