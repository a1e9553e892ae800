"""requirements.txt and its kin: pinned lines are packages, the others are reported. https://pip.pypa.io/en/stable/reference/requirements-file-format/"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from raksha.lockfiles.graph import Graph
from raksha.lockfiles.loading import check_size
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, distinct, elsewhere, unpinned
from raksha.packages import Package, normalise

NAMED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*(.*)", re.S)
PIN = re.compile(r"(?:^|[,(\s])===?\s*([^\s,;)*]+)(?=$|[\s,;)])")
HASH = re.compile(r"--hash[= ]\s*(\w+:[0-9A-Fa-f]+)")
EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
WHEEL = re.compile(r"/([A-Za-z0-9._]+)-([A-Za-z0-9.!+_]+?)-[^/]*\.whl")
ARCHIVE = re.compile(r"/([A-Za-z0-9._-]+?)-(\d[A-Za-z0-9.!+_]*)\.(?:tar\.(?:gz|bz2|xz)|zip|tgz)")
INCLUDE = re.compile(r"(?:-r|--requirement|-c|--constraint)[\s=]*(.+)")
DEV = re.compile(
    r"(?:^|[-_./])(dev|develop|development|tests?|testing|lint|docs?|ci|typing|qa)(?=[-_./]|$)", re.I
)
VCS = ("git+", "hg+", "svn+", "bzr+")
PATHS = ("./", "../", "/", "file:", "~", ".\\", "..\\")
ROOT = re.compile(r"^-r |\(|\.(?:in|txt|toml|cfg|py)$")
ASKER = re.compile(r"(?:-[rc] )?\S+(?: \(.*\))?")
LONGEST_ADDRESS = 2000
LARGEST_ORIGIN = 1_000_000
SNIFFED_LINES = 400
PINNED_LINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?\s*===?\s*\S+")


@dataclass
class Line:
    """One requirement with its continuations joined, and what pip-compile's comments say asks for it."""

    number: int
    text: str
    asked_by: list[str] = field(default_factory=list)
    is_told: bool = False


def read(file: File) -> Reading:
    """Read one file of requirements; constraints count as requirements, since they pin."""
    check_size(file, "text")
    packages: list[tuple[Line, Package]] = []
    loose: list[str] = []
    includes: list[str] = []
    for line in _lines(file.text):
        if line.text.startswith("-") and not line.text.startswith(("-e", "--editable")):
            includes += _included(file, line.text)
            continue
        package = _package(file, line)
        if isinstance(package, str):
            loose.append(package)
        elif package is not None:
            packages.append((line, package))
    found = _with_ways(file, packages)
    return Reading(
        packages=found,
        problems=(*unpinned(file, loose), *elsewhere(file, found)),
        includes=tuple(dict.fromkeys(includes)),
    )


def looks_like(text: str) -> bool:
    """Tell whether a text file of any name holds requirements: nearly all that is no comment is a pin."""
    lines = [line.strip() for line in text.split("\n", SNIFFED_LINES)[:SNIFFED_LINES]]
    told = [line for line in lines if line and not line.startswith(("#", "-"))]
    pins = sum(bool(PINNED_LINE.match(line)) for line in told)
    return pins >= 1 and pins >= 0.8 * len(told)


def is_for_development(path: str) -> bool:
    """Tell by its name whether a file is for tests, documentation or development."""
    return bool(DEV.search("/".join(path.split("/")[-2:]).rpartition(".")[0]))


def pinned(specifier: str) -> str:
    """Return the one version that a specifier allows; "" if it allows several."""
    found = PIN.search(specifier)
    return found[1] if found else ""


def _lines(text: str) -> list[Line]:
    """Join continuations, take comments off, and give each line the "via" comments behind it."""
    found: list[Line] = []
    parts: list[str] = []
    start = 0
    hears = False  # inside the list of names below a "via"
    for number, raw in enumerate(text.split("\n"), start=1):
        if len(found) > MOST_PACKAGES:
            break
        code, comment = _parted(raw.strip())
        start = start if parts else number
        goes_on = code.endswith("\\")
        parts += [code.removesuffix("\\").strip()] if code else []
        if parts and not goes_on:  # a comment ends a line even behind a backslash
            found.append(Line(start, " ".join(parts)))
            parts, hears = [], False
        if found and comment and not parts:
            hears = _hear(found[-1], comment, hears=hears)
    return [*found, Line(start, " ".join(parts))] if parts else found


def _parted(line: str) -> tuple[str, str]:
    """Part code and comment; a # without a space before it belongs to an address."""
    if line.startswith("#"):
        return "", line[1:].strip()
    at = line.find(" #")
    return (line, "") if at < 0 else (line[:at].rstrip(), line[at + 2 :].strip())


def _hear(line: Line, comment: str, *, hears: bool) -> bool:
    """Take "via a, b" and the names on the lines below it; tell whether such names may follow."""
    if comment == "via" or comment.startswith("via "):
        line.is_told = True
    elif not hears or not ASKER.fullmatch(comment):
        return False
    line.asked_by += [part.strip() for part in comment.removeprefix("via").split(",") if part.strip()]
    return True


def _included(file: File, text: str) -> list[str]:
    found = INCLUDE.match(text)
    path = file.resolve(found[1].strip().strip("\"'")) if found and "://" not in found[1] else None
    return [path] if path is not None else []


def _package(file: File, line: Line) -> Package | str | None:
    """Return a package, the name of what is not pinned, or nothing for the project itself and what is no line."""
    text = re.sub(r"^(?:-e|--editable)[\s=]*", "", line.text)
    hashes = tuple(HASH.findall(text))
    text = re.split(r"\s--?[a-z]", text, maxsplit=1)[0].strip()
    if text.startswith(VCS) or "://" in text.split(";")[0].split(" ")[0]:
        return _from_address(file, line, "", text, hashes)
    if text.startswith(PATHS) or text in {".", ".."} or text.startswith((".[", "..[")):
        return None
    named = NAMED.match(text)
    if named is None:
        return None
    rest = named[3].strip()
    if rest.startswith("@"):
        return _from_address(file, line, named[1], rest[1:].strip(), hashes)
    version = pinned(rest.split(";")[0].strip())
    if not version:
        return named[1] if not rest or rest[0] in "<>=!~;(" else None
    return _made(file, line, named[1], version, "", hashes)


def _from_address(file: File, line: Line, name: str, address: str, hashes: tuple[str, ...]) -> Package | None:
    address = unquote(address.split(" ")[0][:LONGEST_ADDRESS])
    source = "git" if address.startswith(VCS) else "path" if address.startswith("file:") else "url"
    egg, archive = EGG.search(address), WHEEL.search(address) or ARCHIVE.search(address)
    version = archive[2] if archive else ""
    name = name or (egg[1] if egg else archive[1] if archive else "")
    place = re.split(r"[#?]", address.partition("://")[2])[0].rstrip("/")
    name = name or place.rpartition("/")[2].partition("@")[0].removesuffix(".git")
    return _made(file, line, name, version, source, hashes) if name else None


def _made(file: File, line: Line, name: str, version: str, source: str, hashes: tuple[str, ...]) -> Package:
    dev = is_for_development(file.path)
    return Package("PyPI", name, version, file.path, line.number, dev=dev, source=source, hashes=hashes)


def _with_ways(file: File, found: list[tuple[Line, Package]]) -> tuple[Package, ...]:
    """Fill in who asks for what, if comments tell; else the direct ones by what the list was made from."""
    if not any(line.is_told for line, _ in found):
        return _by_origin(file, [package for _, package in found])
    graph = Graph(is_whole=True)
    listed = {normalise("PyPI", package.name) for _, package in found}
    for index, (line, package) in enumerate(found):
        name = normalise("PyPI", package.name)
        node = name if name not in graph.nodes else f"{name} {index}"
        graph.nodes[node] = package
        if any(_is_the_project(parent, listed) for parent in line.asked_by):
            graph.roots.append(node)
        for parent in line.asked_by:
            graph.edges.setdefault(normalise("PyPI", parent), []).append(node)
    return graph.packages()


def _is_the_project(parent: str, listed: set[str]) -> bool:
    """Tell whether what asks is a requirement file or the project, which the list itself does not name."""
    if parent.startswith("-c "):
        return False
    return bool(ROOT.search(parent)) or normalise("PyPI", parent) not in listed


def _by_origin(file: File, packages: list[Package]) -> tuple[Package, ...]:
    """Mark the direct ones: those that a .in file beside names; without one, all that people wrote.

    Nobody writes hashes by hand: a list that has them was made by a tool, and which are direct stays open.
    """
    origin = file.beside(file.name.rpartition(".")[0] + ".in")
    if origin is not None and len(origin.data) <= LARGEST_ORIGIN:
        named = (NAMED.match(line.text) for line in _lines(origin.text))
        asked = {normalise("PyPI", name[1]) for name in named if name}
        return distinct([replace(p, direct=normalise("PyPI", p.name) in asked) for p in packages])
    is_made = any(package.hashes for package in packages)
    return distinct([replace(package, direct=None if is_made else True) for package in packages])
