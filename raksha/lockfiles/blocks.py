"""The part of YAML that package managers write: block mappings and lists, quoted scalars, flow collections on a line.

Anchors, aliases and tags are refused instead of followed, so nothing can grow; time is one pass over the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from raksha.lockfiles.loading import LARGEST, MEGABYTE
from raksha.lockfiles.reading import File, Unreadable

DEEPEST = 40
LONGEST_FLOW = 1_000_000
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": ""}
ESCAPE = re.compile(r"\\(.)")
QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'")
FLOW = re.compile(
    r"\s*(?:(?P<mark>[\[\]{},])|(?P<quoted>\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*')|(?P<colon>:(?=[\s,\[\]{}]|$))"
    r"|(?P<plain>(?:[^\s,\[\]{}:]|:(?![\s,\[\]{}]|$))(?:[^,\[\]{}:]|:(?![\s,\[\]{}]|$))*))"
)


class Block(dict[str, Any]):
    """A mapping that knows on which line its key stands."""

    line: int = 0


class _Reader:
    """Builds nested blocks line by line; each open container is on the stack with the indent of its entries."""

    def __init__(self) -> None:
        self.root = Block()
        self._stack: list[tuple[int, Block | list[Any]]] = [(0, self.root)]
        self._waiting: tuple[Block, str, int] | None = None  # a key whose value may start on the next line
        self._long_key: str | None = None
        self._skipping = -1  # inside a block scalar that belongs to a key of this indent

    def take(self, line: str, number: int) -> None:
        """Read one line."""
        content = line.strip()
        if not content or content[0] == "#" or content in {"---", "..."}:
            return
        indent = len(line) - len(line.lstrip(" "))
        if self._skipping >= 0:
            if indent > self._skipping:
                return
            self._skipping = -1
        self._place(content, indent, number)

    def _place(self, content: str, indent: int, number: int) -> None:
        is_item = content == "-" or content.startswith("- ")
        self._open_waiting(indent, number, is_item=is_item)
        while len(self._stack) > 1 and self._stack[-1][0] > indent:
            self._stack.pop()
        container = self._stack[-1][1]
        if is_item:
            self._item(container, content[1:].strip(), indent, number)
        elif isinstance(container, list):
            while len(self._stack) > 1 and isinstance(self._stack[-1][1], list):
                self._stack.pop()
            if isinstance(self._stack[-1][1], Block):
                self._entry(self._stack[-1][1], content, indent, number)
        else:
            self._entry(container, content, indent, number)

    def _open_waiting(self, indent: int, number: int, *, is_item: bool) -> None:
        if self._waiting is None:
            return
        parent, key, parent_indent = self._waiting
        self._waiting = None
        if indent > parent_indent or (is_item and indent == parent_indent):
            self._open(parent, key, indent, number - 1, [] if is_item else Block())

    def _open(self, parent: Block, key: str, indent: int, number: int, value: Block | list[Any]) -> None:
        if len(self._stack) > DEEPEST:
            raise Unreadable(f"Not read: nested deeper than {DEEPEST} levels at line {number}.")
        if isinstance(value, Block):
            value.line = number
        parent[key] = value
        self._stack.append((indent, value))

    def _item(self, container: Block | list[Any], content: str, indent: int, number: int) -> None:
        if not isinstance(container, list):
            return
        if content and _split(content) is not None and content[0] not in "[{":
            entry = Block()
            entry.line = number
            container.append(entry)
            self._stack.append((indent + 1, entry))  # what belongs to it stands further right
            self._entry(entry, content, indent + 1, number)
        else:
            container.append(_scalar(content, number))

    def _entry(self, block: Block, content: str, indent: int, number: int) -> None:
        if content.startswith("? "):
            self._long_key = _unquoted(content[2:].strip())
            return
        if content[0] == ":" and self._long_key is not None:
            self._open(block, self._long_key, indent + 1, number - 1, inner := Block())
            self._long_key = None
            self._entry(inner, content[1:].strip() or "_:", indent + 1, number)
            return
        parts = _split(content)
        if parts is None:
            return  # a scalar that goes on over several lines: none of ours matters
        key, value = parts
        if not value:
            block[key] = None
            self._waiting = (block, key, indent)
        elif value[0] in "|>":
            block[key] = ""
            self._skipping = indent
        else:
            found = _scalar(value, number)
            if isinstance(found, Block):
                found.line = number
            block[key] = found


def load(file: File) -> Block:
    """Read a whole document.

    Raises Unreadable for anchors, aliases, tags, deep nesting and files too large.
    """
    if len(file.data) > LARGEST["yaml"]:
        raise Unreadable(f"Larger than {LARGEST['yaml'] // MEGABYTE} MB, so it was not read.", "too_large")
    reader = _Reader()
    for number, line in enumerate(file.text.split("\n"), start=1):
        reader.take(line, number)
    return reader.root


def block(value: object) -> Block:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, Block) else Block()


def _split(content: str) -> tuple[str, str] | None:
    """Part key and value of one line; None where it has no key."""
    if content[0] in "\"'":
        quoted = QUOTED.match(content)
        if quoted is None or content[quoted.end() : quoted.end() + 1] != ":":
            return None
        return _unquoted(quoted[0]), content[quoted.end() + 1 :].strip()
    at = content.find(": ")
    if at < 0:
        return (content[:-1].rstrip(), "") if content[-1] == ":" else None
    return content[:at].rstrip(), content[at + 2 :].strip()


def _scalar(value: str, number: int) -> Any:
    if not value:
        return None
    first = value[0]
    if first in "&*!":
        raise Unreadable(
            f"Not read: it uses an anchor, alias or tag at line {number}, which no lockfile needs."
        )
    if first in "{[":
        return _flow(value, number)
    if first in "\"'":
        quoted = QUOTED.match(value)
        return _unquoted(quoted[0]) if quoted else value
    return value.partition(" #")[0].rstrip()


def _flow(value: str, number: int) -> Any:
    """Read {a: b, c: [d, e]} without recursion."""
    if len(value) > LONGEST_FLOW:
        raise Unreadable(f"Not read: a line of {len(value):,} characters at line {number}.")
    stack: list[tuple[Block | list[Any], str]] = []
    key = ""
    for kind, text in _tokens(value):
        if kind == "mark" and text in "[{":
            if len(stack) > DEEPEST:
                raise Unreadable(f"Not read: nested deeper than {DEEPEST} levels at line {number}.")
            stack.append((Block() if text == "{" else [], key))
            key = ""
        elif kind == "mark" and text in "]}":
            if not stack:
                break
            done, name = stack.pop()
            if not stack:
                return done
            _put(stack[-1][0], name, done)
            key = ""
        elif kind == "colon" or text == ",":
            key = key if kind == "colon" else ""
        elif stack:
            key = _take(stack[-1][0], key, _unquoted(text) if kind == "quoted" else text.strip())
    return stack[0][0] if stack else None


def _take(container: Block | list[Any], key: str, text: str) -> str:
    """Put a scalar in its place; in a mapping the first one is the key of the next."""
    if isinstance(container, list):
        container.append(text)
    elif key:
        container[key] = text
        return ""
    else:
        container[text] = None
        return text
    return ""


def _put(container: Block | list[Any], key: str, value: object) -> None:
    if isinstance(container, list):
        container.append(value)
    elif key:
        container[key] = value


def _tokens(value: str) -> Iterator[tuple[str, str]]:
    position = 0
    while (found := FLOW.match(value, position)) and found.end() > position:
        yield found.lastgroup or "", found[found.lastgroup or 0]
        position = found.end()


def _unquoted(text: str) -> str:
    if text[:1] == '"' and text[-1:] == '"':
        return ESCAPE.sub(lambda found: ESCAPES.get(found[1], found[1]), text[1:-1])
    if text[:1] == "'" and text[-1:] == "'":
        return text[1:-1].replace("''", "'")
    return text
