"""Gemfile.lock (also gems.locked): sections of specs by indent. https://bundler.io/man/gemfile.5.html"""

from __future__ import annotations

import re

from raksha.lockfiles import loading
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, Unreadable, elsewhere
from raksha.packages import Package

SPEC = re.compile(r"^    (\S+) \(([^)]+)\)$")
WANTS = re.compile(r"^      (\S+)")
ASKED = re.compile(r"^  ([^\s!(]+)")
CHECKSUM = re.compile(r"^  (\S+) \(([^)]+)\) (\S+)")
SOURCES = {"GEM": "", "GIT": "git", "PATH": "path", "PLUGIN SOURCE": "url"}
SECTION = re.compile(r"^[A-Z][A-Z ]+$")


def read(file: File) -> Reading:
    """Read a Gemfile.lock; gems built for several platforms count once."""
    loading.check_size(file, "text")
    graph = Graph()
    section, current = "", ""
    local: dict[str, list[str]] = {}
    for number, line in enumerate(file.text.split("\n"), start=1):
        if len(graph.nodes) > MOST_PACKAGES:
            break
        line = line.rstrip()
        if SECTION.match(line):
            section = line
        elif section in SOURCES and (spec := SPEC.match(line)):
            current = spec[1]
            version = spec[2].partition("-")[0]
            package = Package("RubyGems", current, version, file.path, number, source=SOURCES[section])
            if section == "PATH":
                local.setdefault(current, [])  # the project's own gem
            else:
                graph.nodes.setdefault(current, package)
                graph.edges.setdefault(current, [])
        elif section in SOURCES and current and (wants := WANTS.match(line)):
            (local if current in local else graph.edges)[current].append(wants[1])
        elif section == "DEPENDENCIES" and (asked := ASKED.match(line)):
            graph.roots += local.get(asked[1], [asked[1]])
    if not section:
        raise Unreadable("Not a Gemfile.lock: it has no section.")
    graph.is_whole = bool(graph.roots)
    found = graph.packages()
    return Reading(found, elsewhere(file, found), covers=(file.folder,))
