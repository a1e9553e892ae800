"""The heap in layers, so that a fork costs nothing and a merge looks only at what changed since the fork."""

from __future__ import annotations

from collections.abc import Iterator

from raksha.taint.heap import Object, join_objects

FLAT_EVERY = 8


class Layer:
    """Frozen objects by number above those of the parent. flat: the same with all below, on every few layers."""

    __slots__ = ("depth", "entries", "flat", "parent", "size")

    def __init__(self, entries: dict[int, Object], parent: Layer | None) -> None:
        self.entries = entries
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.size: int = len(entries) + (parent.size if parent is not None else 0)
        self.flat: dict[int, Object] | None = None
        if self.depth % FLAT_EVERY == 0:
            self.flat = _flat(self)


def _flat(layer: Layer) -> dict[int, Object]:
    chain: list[Layer] = []
    at: Layer | None = layer
    while at is not None:
        chain.append(at)
        if at.flat is not None:
            break
        at = at.parent
    result: dict[int, Object] = {}
    for one in reversed(chain):
        result.update(one.entries if one.flat is None else one.flat)
    return result


class Heap:
    """Objects by number. `own` belongs to this heap alone; what is below is shared with its forks."""

    __slots__ = ("below", "own")

    def __init__(self, below: Layer | None = None) -> None:
        self.own: dict[int, Object] = {}
        self.below = below

    def get(self, number: int) -> Object | None:
        found = self.own.get(number)
        if found is not None:
            return found
        return _get(self.below, number)

    def set(self, number: int, thing: Object) -> None:
        self.own[number] = thing

    def fork(self) -> Heap:
        """Return a heap that holds the same and changes by itself."""
        if self.own:
            self.below = Layer(self.own, self.below)
            self.own = {}
        return Heap(self.below)

    def size(self) -> int:
        """About how many objects there are; changed ones may count twice."""
        return len(self.own) + (self.below.size if self.below is not None else 0)

    def entries(self) -> dict[int, Object]:
        """Return all objects."""
        result = dict(_flat(self.below)) if self.below is not None else {}
        result.update(self.own)
        return result

    def since(self, layer: Layer | None) -> dict[int, Object]:
        """Return what was set above a layer of its own."""
        chain = [self.own]
        at = self.below
        while at is not layer and at is not None:
            chain.append(at.entries)
            at = at.parent
        if len(chain) == 1:
            return self.own
        result: dict[int, Object] = {}
        for entries in reversed(chain):
            result.update(entries)
        return result

    def common(self, other: Heap) -> Layer | None:
        """Return the topmost layer that both stand on."""
        one, two = self.below, other.below
        while one is not two:
            if one is None or two is None:
                return None
            if one.depth >= two.depth:
                one = one.parent
            else:
                two = two.parent
        return one

    def merge(self, other: Heap, base: dict[int, Object]) -> None:
        """Take in what the other holds: an object that differs becomes the join of both."""
        layer = self.common(other)
        mine, theirs = self.since(layer), other.since(layer)
        result = dict(mine)
        for number, thing in theirs.items():
            old = mine.get(number) or _get(layer, number) or base.get(number)
            if old is None:
                result[number] = thing
            elif old is not thing:
                result[number] = join_objects(old, thing)
        for number, thing in mine.items():
            if number not in theirs:
                old = _get(layer, number) or base.get(number)
                if old is not None and old is not thing:
                    result[number] = join_objects(thing, old)
        self.own, self.below = result, layer

    def changed(self, other: Heap) -> Iterator[tuple[Object, Object | None]]:
        """Yield every object of this heap that the other may hold differently, with the other's."""
        layer = self.common(other)
        mine, theirs = self.since(layer), other.since(layer)
        for number in mine.keys() | theirs.keys():
            old = mine.get(number) or _get(layer, number)
            if old is not None:
                yield old, theirs.get(number) or _get(layer, number)


def _get(layer: Layer | None, number: int) -> Object | None:
    while layer is not None:
        if layer.flat is not None:
            return layer.flat.get(number)
        found = layer.entries.get(number)
        if found is not None:
            return found
        layer = layer.parent
    return None
