"""Who asks for whom: direct or not, one shortest way to each package, and what only development needs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from raksha.lockfiles.reading import distinct
from raksha.packages import Package

LONGEST_WAY = 32


@dataclass
class Graph:
    """Nodes by any name that is theirs alone. Edges may name what is not there.

    roots: what the project asks for; dev_roots: what only its development asks for.
    is_whole: the roots are known to be all; else what nobody asks for is taken for direct, if anything asks at
    all, and of the rest it stays open whether the project asks for it too.
    tells_dev: nodes reached only from dev_roots are for development; else each node's own mark stands.
    """

    nodes: dict[str, Package] = field(default_factory=dict)
    edges: dict[str, list[str]] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    dev_roots: list[str] = field(default_factory=list)
    is_whole: bool = True
    tells_dev: bool = False

    def packages(self) -> tuple[Package, ...]:
        """Return all nodes with direct, via and dev filled in."""
        roots, dev_roots = self.roots, self.dev_roots
        if not self.is_whole:
            roots = roots or self._unasked()
        from_all = self._reach([*roots, *dev_roots])
        lasting = self._reach(roots) if self.tells_dev else {}
        asked = {*roots, *dev_roots}
        return distinct([self._marked(name, asked, from_all, lasting) for name in self.nodes])

    def _unasked(self) -> list[str]:
        if not any(self.edges.get(name) for name in self.nodes):
            return []  # a mere list: nothing tells what was asked for
        asked = {target for name, targets in self.edges.items() for target in targets if target != name}
        return [name for name in self.nodes if name not in asked]

    def _reach(self, starts: Iterable[str]) -> dict[str, str]:
        """Return each node that can be reached, with the one before it on a shortest way; "" for a start."""
        before = {name: "" for name in starts if name in self.nodes}
        waiting = deque(before)
        while waiting:
            name = waiting.popleft()
            for target in self.edges.get(name, ()):
                if target not in before and target in self.nodes:
                    before[target] = name
                    waiting.append(target)
        return before

    def _marked(
        self, name: str, asked: set[str], reached: dict[str, str], lasting: dict[str, str]
    ) -> Package:
        package = self.nodes[name]
        direct = True if name in asked else (False if self.is_whole and name in reached else None)
        dev = (name in reached and name not in lasting) if self.tells_dev else package.dev
        return replace(package, direct=direct, via=self._way(name, reached), dev=dev)

    def _way(self, name: str, reached: dict[str, str]) -> tuple[str, ...]:
        way: list[str] = []
        before = reached.get(name, "")
        while before and len(way) < LONGEST_WAY:
            way.append(self.nodes[before].name)
            before = reached[before]
        return tuple(reversed(way))
