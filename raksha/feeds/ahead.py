"""Read ahead in a thread: while the database takes one batch, the next is being read."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 0.2


class _End:
    """Marks that nothing follows, and what ended it."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(items: Iterable[T], *, depth: int = 2) -> Iterator[T]:
    """Yield the same items in the same order, up to depth of them made beforehand; errors come where they belong."""
    reader = _Reader(items, depth)
    reader.thread.start()
    try:
        yield from reader
    finally:
        reader.stop()


class _Reader(Generic[T]):
    def __init__(self, items: Iterable[T], depth: int) -> None:
        self._items = items
        self._waiting: queue.Queue[T | _End] = queue.Queue(depth)
        self._is_over = threading.Event()
        self.thread = threading.Thread(target=self._run, name="feed-reader", daemon=True)

    def __iter__(self) -> Iterator[T]:
        while not isinstance(item := self._waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

    def stop(self) -> None:
        """Have the thread end, also when it waits for room."""
        self._is_over.set()
        self.thread.join()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(_End(None))
        except BaseException as exc:  # noqa: BLE001 (raised again where the items are taken)
            self._put(_End(exc))

    def _put(self, item: T | _End) -> bool:
        while not self._is_over.is_set():
            try:
                self._waiting.put(item, timeout=PATIENCE_SECONDS)
            except queue.Full:
                continue
            return True
        return False
