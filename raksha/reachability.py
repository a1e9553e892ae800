"""Does Go code touch what an advisory is about? Read off imports and selectors, without a build. Pure.

"called" means a vulnerable name is used through its package in the project's own source; a call from one
dependency into another is not seen, so no answer here ever says that something is safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from raksha.advisories import Symbols

Word = Literal["called", "imported", "not imported", "unknown"]
RANK: tuple[Word, ...] = ("unknown", "not imported", "imported", "called")  # strongest last

# Comments and literals in one alternation, so that a quote in a comment or // in a string does not mislead.
NOISE = re.compile(
    r"//[^\n]*|/\*(?:.*?\*/|.*\Z)|`[^`]*(?:`|\Z)|\"(?:\\.|[^\"\\\n])*(?:\"|$)|'(?:\\.|[^'\\\n])*(?:'|$)",
    re.S | re.M,
)
IMPORT = re.compile(r"(?m)^[ \t]*import\b(?:[ \t]*\((?P<block>[^()]*)\)|(?P<one>[^\n;(]*))")
SPEC = re.compile(r"(?:([\w.]+)[ \t]+)?[\"`]([^\"`\s]+)[\"`]")
SELECTOR = re.compile(r"\b([A-Za-z_]\w*)[ \t]*\.[ \t\n]*([A-Za-z_]\w*)")
MEMBER = re.compile(r"\.[ \t\n]*([A-Za-z_]\w*)")
BARE = re.compile(r"\b([A-Z]\w*)")
VERSION = re.compile(r"^v\d+$")
GOPKG = re.compile(r"\.v\d+$")
LARGEST = 4 * 1024 * 1024
MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class Uses:
    """What one file of Go imports and names.

    imports: import path -> the name it goes by in this file; "." where its names stand bare, "_" for effects only.
    selectors: name before a dot -> names after it, with the line of the first use.
    members: every name after a dot.  bare: names that stand alone and are exported.
    """

    imports: Mapping[str, str] = field(default_factory=dict)
    selectors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reach:
    """How far code reaches into what is vulnerable. places: (path, line, name), the first few."""

    word: Word
    places: tuple[tuple[str, int, str], ...] = ()


def uses(source: str) -> Uses:
    """Read one file of Go."""
    if len(source) > LARGEST:
        return Uses()
    code = NOISE.sub(_blanked, source)
    imports = _imports(source, code)
    selectors: dict[str, dict[str, int]] = {}
    line, reached = 1, 0
    for found in SELECTOR.finditer(code):
        line += code.count("\n", reached, found.start())
        reached = found.start()
        selectors.setdefault(found[1], {}).setdefault(found[2], line)
    members = frozenset(MEMBER.findall(code))
    bare = frozenset(BARE.findall(code)) if "." in imports.values() else frozenset()
    return Uses(imports, selectors, members, bare)


def reach(files: Mapping[str, Uses], symbols: Sequence[Symbols], module: str = "") -> Reach:
    """Judge one advisory for a project's files.

    symbols: the import paths it names; where it names none, every package below module counts.
    Unknown without any file, or where nothing says which packages are meant.
    """
    wanted = symbols or ((Symbols(module),) if module else ())
    if not files or not wanted:
        return Reach("unknown")
    best: Word = "not imported"
    places: list[tuple[str, int, str]] = []
    for path in sorted(files):
        for each in wanted:
            word, found = _judge(files[path], each, is_prefix=not symbols)
            best = max(best, word, key=RANK.index)
            places += [(path, line, name) for name, line in found]
    return Reach(best, tuple(places[:MOST_PLACES]))


def _judge(used: Uses, wanted: Symbols, *, is_prefix: bool) -> tuple[Word, list[tuple[str, int]]]:
    paths = [p for p in used.imports if p == wanted.path or (is_prefix and p.startswith(f"{wanted.path}/"))]
    word: Word = "imported" if paths else "not imported"
    found: list[tuple[str, int]] = []
    for path in paths:
        found += _called(used, used.imports[path], wanted.names)
    return ("called" if found else word), found


def _called(used: Uses, name: str, symbols: Iterable[str]) -> list[tuple[str, int]]:
    """Return the vulnerable names in use: functions through their package, methods by their name beside its import."""
    through = used.selectors.get(name, {})
    found: list[tuple[str, int]] = []
    for symbol in symbols:
        owner, _, method = symbol.rpartition(".")
        if owner:
            if method in used.members:
                found.append((symbol, next((v[method] for v in used.selectors.values() if method in v), 0)))
        elif symbol in through:
            found.append((symbol, through[symbol]))
        elif name == "." and symbol in used.bare:
            found.append((symbol, 0))
    return found


def _imports(source: str, code: str) -> dict[str, str]:
    """Read import declarations; positions are the same in the blanked code, paths stand in the source."""
    found: dict[str, str] = {}
    for declaration in IMPORT.finditer(code):
        group = "block" if declaration["block"] is not None else "one"
        start, end = declaration.span(group)
        for alias, path in SPEC.findall(_without_comments(source[start:end])):
            found[path] = alias or _default_name(path)
    return found


def _default_name(path: str) -> str:
    """Guess the package's own name: the last part of the path that is no version, as gofmt's tools do."""
    parts = path.split("/")
    if len(parts) > 1 and VERSION.match(parts[-1]):
        parts.pop()
    name = GOPKG.sub("", parts[-1])
    return name.removeprefix("go-").removesuffix("-go").removesuffix(".go").replace("-", "_")


def _without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


def _blanked(found: re.Match[str]) -> str:
    """Blank out noise but keep every line break and position."""
    return re.sub(r"[^\n]", " ", found[0])
