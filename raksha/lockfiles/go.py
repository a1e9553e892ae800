"""go.mod, go.sum and go.work. https://go.dev/ref/mod#go-mod-file"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from raksha.lockfiles import loading
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, Unreadable, distinct, elsewhere
from raksha.packages import Package
from raksha.versions import key

WORD = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|[^\s"`]+')
COMMENT = re.compile(r"(?:^|\s)//.*")
LONGEST_LINE = 4000
FULL_LIST_SINCE = (1, 17)
"""From this go directive on, go.mod lists every module that takes part in the build."""


@dataclass
class Module:
    """What a go.mod or go.work says; requires: path -> (version, line, indirect)."""

    go: str = ""
    toolchain: str = ""
    requires: list[tuple[str, str, int, bool]] = field(default_factory=list)
    replaces: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    excludes: set[tuple[str, str]] = field(default_factory=set)
    uses: list[str] = field(default_factory=list)


def read_mod(file: File) -> Reading:
    """Read a go.mod: requirements with replacements applied, also those of a go.work above.

    A go directive older than 1.17 leaves out what is only needed further down: a go.sum beside it supplies that.
    """
    module = _parsed(file)
    packages = [_toolchain(file, module)] if module.toolchain else []
    replaces = {**module.replaces, **_replaced_by_workspace(file)}
    for path, version, line, indirect in module.requires:
        if (path, version) not in module.excludes:
            packages.append(_package(file, path, version, line, direct=not indirect, replaces=replaces))
    if _release(module.go) < FULL_LIST_SINCE:
        packages += _supplied(file, packages, {path for path, *_ in module.requires})
    found = distinct(packages)
    return Reading(found, elsewhere(file, found), covers=(file.folder,))


def read_sum(file: File) -> Reading:
    """Read a go.sum that no go.mod stands beside: of each module the newest version whose content was needed."""
    if file.beside("go.mod") is not None:
        return Reading()
    return Reading(tuple(_chosen(file)))


def read_work(file: File) -> Reading:
    """Read a go.work: its modules have files of their own, so there is nothing to add but what is missing."""
    missing = [use for use in _parsed(file).uses if file.tree and file.beside(f"{use}/go.mod") is None]
    says = f"{', '.join(missing[:10])}: named by the workspace but not here."
    return Reading(problems=(file.skip("unreadable", says),) if missing else ())


def _package(
    file: File,
    path: str,
    version: str,
    line: int,
    *,
    direct: bool,
    replaces: dict[tuple[str, str], tuple[str, str]],
) -> Package:
    target = replaces.get((path, version)) or replaces.get((path, ""))
    source = ""
    if target is not None:
        source = "" if target[1] else "path"
        path, version = target if target[1] else (path, version)
    return Package("Go", path, version.removeprefix("v"), file.path, line, direct=direct, source=source)


def _toolchain(file: File, module: Module) -> Package:
    """Return the standard library: a toolchain line names the release that builds this."""
    version = module.toolchain.removeprefix("go").partition("-")[0]
    return Package("Go", "stdlib", version, file.path, direct=True)


def _parsed(file: File) -> Module:
    loading.check_size(file, "text")
    module = Module()
    for number, words, is_indirect in _directives(file.text):
        _take(module, number, words, is_indirect=is_indirect)
    return module


def _directives(text: str) -> Iterator[tuple[int, list[str], bool]]:
    """Walk the directives; lines of a block get its verb in front."""
    verb = ""
    for number, raw in enumerate(text.split("\n"), start=1):
        comment = COMMENT.search(raw)
        code = raw[: comment.start()] if comment else raw
        words = [word.strip('"`') for word in WORD.findall(code)] if len(code) <= LONGEST_LINE else []
        if not words:
            continue
        if words == [")"]:
            verb = ""
        elif words[-1] in {"(", "()"}:
            verb = words[0] if words[-1] == "(" else ""
        else:
            yield number, [verb, *words] if verb else words, comment is not None and "indirect" in comment[0]


def _take(module: Module, number: int, words: list[str], *, is_indirect: bool) -> None:
    verb, rest = words[0], words[1:]
    if verb == "require" and len(rest) >= 2 and len(module.requires) <= MOST_PACKAGES:
        module.requires.append((rest[0], rest[1], number, is_indirect))
    elif verb == "replace" and "=>" in rest[1:3] and rest[-1] != "=>":
        arrow = rest.index("=>")
        old = (rest[0], rest[1] if arrow == 2 else "")
        new = rest[arrow + 1 :]
        module.replaces[old] = (new[0], new[1] if len(new) > 1 else "")
    elif verb == "exclude" and len(rest) >= 2:
        module.excludes.add((rest[0], rest[1]))
    elif verb == "use" and rest:
        module.uses.append(rest[0])
    elif verb == "go" and rest:
        module.go = rest[0]
    elif verb == "toolchain" and rest and rest[0] != "default":
        module.toolchain = rest[0]


def _replaced_by_workspace(file: File) -> dict[tuple[str, str], tuple[str, str]]:
    work = file.above("go.work")
    try:
        return _parsed(work).replaces if work is not None else {}
    except Unreadable:
        return {}  # it is read on its own too, and reported there


def _release(go: str) -> tuple[int, ...]:
    numbers = re.findall(r"\d+", go[:20])
    return tuple(map(int, numbers[:2])) if numbers else (1, 16)


def _supplied(file: File, known: list[Package], replaced: set[str]) -> list[Package]:
    beside = file.beside("go.sum")
    names = {package.name for package in known} | replaced
    return [p for p in _chosen(beside) if p.name not in names] if beside is not None else []


def _chosen(file: File) -> list[Package]:
    loading.check_size(file, "text")
    found: dict[str, Package] = {}
    for number, line in enumerate(file.text.split("\n"), start=1):
        words = line.split()
        if len(found) > MOST_PACKAGES:
            break
        if len(words) != 3 or words[1].endswith("/go.mod") or not words[1].startswith("v"):
            continue
        version = words[1].removeprefix("v")
        other = found.get(words[0])
        if other is None or key("Go", other.version) < key("Go", version):
            found[words[0]] = Package("Go", words[0], version, file.path, number, hashes=(words[2],))
    return list(found.values())
