"""yarn.lock: version 1, which is a form of its own, and Berry's, which is YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote

from raksha.lockfiles import blocks, loading, npm_names, package_json
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, Unreadable, elsewhere
from raksha.packages import Package

PROTOCOLS = ("npm:", "patch:")
PATHS = ("workspace:", "link:", "portal:", "file:")
SECTIONS = ("dependencies:", "optionalDependencies:")


@dataclass
class Entry:
    """One entry of version 1: the specs it answers, and its facts."""

    line: int
    specs: list[str]
    facts: dict[str, str] = field(default_factory=dict)
    wants: dict[str, str] = field(default_factory=dict)


def read(file: File) -> Reading:
    """Read either form."""
    loading.check_size(file, "text")
    graph, members = (_berry if "__metadata:" in file.text[:2000] else _classic)(file)
    found = graph.packages()
    return Reading(found, elsewhere(file, found), covers=(file.folder, *members))


def _classic(file: File) -> tuple[Graph, list[str]]:
    graph = Graph(is_whole=False)
    answers: dict[str, str] = {}
    wants: dict[str, dict[str, str]] = {}
    for entry in _entries(file.text):
        name, spec = npm_names.parted(entry.specs[0])
        version, resolved = entry.facts.get("version", ""), entry.facts.get("resolved", "")
        source = npm_names.source_of(spec) or npm_names.source_of(resolved)
        node = entry.specs[0]
        answers.update(dict.fromkeys(entry.specs, node))
        wants[node] = entry.wants
        hashes = tuple(entry.facts.get("integrity", "").split())
        graph.nodes[node] = Package(
            "npm",
            npm_names.alias_of(spec) or name,
            version,
            file.path,
            entry.line,
            source=source,
            hashes=hashes,
        )
    for node, names in wants.items():
        graph.edges[node] = _answered(answers, names)
    return graph, _ask(file, graph, answers)


def _entries(text: str) -> list[Entry]:
    """Walk the lines: no indent opens an entry, two spaces a fact, four a dependency."""
    found: list[Entry] = []
    in_section = False
    for number, line in enumerate(text.split("\n"), start=1):
        content = line.strip()
        if not content or content[0] == "#":
            continue
        if len(found) > MOST_PACKAGES:
            break
        if line[0] not in " \t":
            specs = [spec.strip().strip('"') for spec in content.rstrip(":").split(",")]
            found.append(Entry(number, [spec for spec in specs if spec] or [""]))
            in_section = False
        elif not found:
            raise Unreadable(f"Not a yarn.lock: line {number} belongs to no entry.")
        elif not line.startswith("    "):
            in_section = content in SECTIONS
            key, _, value = content.partition(" ")
            found[-1].facts[key.strip('"')] = value.strip().strip('"')
        elif in_section:
            name, _, spec = content[1:].partition('"') if content[0] == '"' else content.partition(" ")
            found[-1].wants[name] = spec.strip().strip('"')
    return found


def _answered(answers: dict[str, str], names: dict[str, str]) -> list[str]:
    keys = (f"{name}@{spec}" for name, spec in names.items())
    return [answers[key] for key in keys if key in answers]


def _ask(file: File, graph: Graph, answers: dict[str, str]) -> list[str]:
    """Take the roots from the package.json beside and those of its workspaces; return the folders they are in."""
    members = package_json.members(file)
    manifests = [asked for each in (file, *members) if (asked := package_json.asked(each)) is not None]
    for always, dev in manifests:
        graph.roots += _answered(answers, always)
        graph.dev_roots += _answered(answers, dev)
    graph.is_whole = graph.tells_dev = bool(graph.roots or graph.dev_roots)
    return [member.folder for member in members]


def _berry(file: File) -> tuple[Graph, list[str]]:
    """Read Berry's form; entries of workspaces are the project itself."""
    graph, answers, members = Graph(), dict[str, str](), []
    wants: dict[str, dict[str, str]] = {}
    roots: list[dict[str, str]] = []
    for key, value in blocks.load(file).items():
        entry = blocks.block(value)
        specs = [spec.strip() for spec in key.split(",")]
        name, reference = npm_names.parted(loading.text(entry.get("resolution")) or specs[0])
        if key == "__metadata":
            continue
        if reference.startswith("workspace:"):
            roots.append(npm_names.specs(entry.get("dependencies")))
            members.append(file.resolve(reference.removeprefix("workspace:")) or "")
            continue
        node = specs[0]
        answers.update(dict.fromkeys(specs, node))
        wants[node] = npm_names.specs(entry.get("dependencies"))
        graph.nodes[node] = _hard(file, name, reference, entry)
    for spec in [spec for spec in answers if "@patch:" in spec]:
        answers.setdefault(_unpatched(spec), answers[spec])  # where nothing else answers for what it patches
    for node, names in wants.items():
        graph.edges[node] = _answered_by_protocol(answers, names)
    graph.roots = [node for names in roots for node in _answered_by_protocol(answers, names)]
    graph.is_whole = bool(roots)
    _mark_development(file, graph, answers)
    return graph, members


def _unpatched(spec: str) -> str:
    """Return what a patch is applied to: typescript@npm:^5 for typescript@patch:typescript@npm%3A^5#…"""
    name, reference = npm_names.parted(unquote(spec.partition("@patch:")[2].partition("#")[0]))
    return f"{name}@{reference}" if ":" in reference else f"{name}@npm:{reference}"


def _hard(file: File, name: str, reference: str, entry: blocks.Block) -> Package:
    version = loading.text(entry.get("version"))
    if reference.startswith("patch:"):
        name, reference = npm_names.parted(unquote(reference.removeprefix("patch:").partition("#")[0]))
    bare = reference.startswith(("npm:", "virtual:")) or not reference
    source = "" if bare else "path" if reference.startswith(PATHS) else npm_names.source_of(reference)
    checksum = loading.text(entry.get("checksum"))
    hashes = (checksum,) if checksum else ()
    return Package("npm", name, version, file.path, entry.line, source=source, hashes=hashes)


def _answered_by_protocol(answers: dict[str, str], names: dict[str, str]) -> list[str]:
    """Resolve specs; older locks leave out "npm:" where a package asks for a plain range."""
    found = []
    for name, spec in names.items():
        for key in (f"{name}@{spec}", f"{name}@npm:{spec}"):
            if key in answers:
                found.append(answers[key])
                break
    return found


def _mark_development(file: File, graph: Graph, answers: dict[str, str]) -> None:
    """Berry mixes both kinds of a workspace; its package.json tells them apart if it is the only one."""
    beside = package_json.asked(file)
    if beside is None or package_json.members(file):
        return
    dev = set(_answered_by_protocol(answers, beside[1])) - set(_answered_by_protocol(answers, beside[0]))
    graph.dev_roots = [node for node in graph.roots if node in dev]
    graph.roots = [node for node in graph.roots if node not in dev]
    graph.tells_dev = True
