"""What git says about a commit, read as it streams by: the list of its tree, then its objects."""

from __future__ import annotations

from collections.abc import Mapping

from raksha.intake import names
from raksha.intake.storing import Store
from raksha.intake.trees import Limits, Refused, Unavailable

LINK, SUBMODULE, FILES = b"120000", b"160000", (b"100644", b"100755", b"100664", b"100600")
MOST_RECORD = 64 * 1024
Wanted = Mapping[bytes, list[str]]


class Listing:
    """Reads `ls-tree -r -z --long`: which objects hold which files."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store, self._limits = store, limits
        self._waiting = b""
        self._wanted: dict[bytes, list[str]] = {}
        self._files = 0

    def feed(self, piece: bytes) -> None:
        """Take a piece of the list. Raises Refused when there are too many files."""
        *records, self._waiting = (self._waiting + piece).split(b"\0")
        for record in records:
            self._record(record)
        if len(self._waiting) > MOST_RECORD:
            raise Refused("A name in the repository is too long to be one.")

    def finish(self) -> Wanted:
        """Return paths by object. Raises Unavailable when the list was cut."""
        if self._waiting:
            raise Unavailable("The list of files was cut; try again.")
        return self._wanted

    def _record(self, record: bytes) -> None:
        facts, _, raw = record.partition(b"\t")
        mode, _, digest, size = facts.split()
        path = names.decode(raw)
        self._files += 1
        if self._files > self._limits.files:
            raise Refused(
                f"There are more than {self._limits.files:,} files in it; upload what is to be scanned."
            )
        if mode == LINK:
            self._store.skip(path, "symlink", "Links are not followed.")
        elif mode == SUBMODULE:
            self._store.skip(path, "submodule", "Submodules are not fetched; scan that repository by itself.")
        elif mode not in FILES:
            self._store.skip(path, "device", "It is no regular file.")
        elif int(size) > self._limits.file_bytes:
            self._store.skip(path, "too_large", f"It is larger than {self._limits.file_bytes:,} bytes.")
        else:
            self._wanted.setdefault(digest, []).append(path)


class Batch:
    """Reads `cat-file --batch`: a line with name, kind and size, the content, a line end, and so on."""

    def __init__(self, wanted: Wanted, store: Store, limits: Limits) -> None:
        self._wanted, self._store, self._limits = dict(wanted), store, limits
        self._waiting = bytearray()
        self._paths: list[str] = []
        self._content: list[bytes] = []
        self._left = -1  # bytes of the content and its line end; below 0 where a header comes next

    def feed(self, piece: bytes) -> None:
        """Take a piece. Raises Refused as the store does."""
        self._waiting += piece
        while self._waiting:
            if self._left < 0 and not self._header():
                break
            taken = bytes(self._waiting[: self._left])
            del self._waiting[: len(taken)]
            self._left -= len(taken)
            if self._paths:
                self._content.append(taken)
            if self._left == 0:
                self._end()
        self._store.check_time()

    def finish(self) -> None:
        """List what did not come."""
        for paths in self._wanted.values():
            for path in paths:
                self._store.skip(path, "unreadable", "The repository's host did not give its content.")

    def _header(self) -> bool:
        end = self._waiting.find(b"\n")
        if end < 0:
            if len(self._waiting) > MOST_RECORD:
                raise Unavailable("git does not answer as expected; try again.")
            return False
        parts = bytes(self._waiting[:end]).split()
        del self._waiting[: end + 1]
        if len(parts) != 3 or not parts[2].isdigit():
            raise Unavailable("git does not answer as expected; try again.")
        digest, kind, size = parts
        self._left = int(size) + 1
        is_wanted = kind == b"blob" and self._left - 1 <= self._limits.file_bytes
        self._paths = self._wanted.pop(digest, []) if is_wanted else []
        return True

    def _end(self) -> None:
        if self._paths:
            content = b"".join(self._content)[:-1]
            for path in self._paths:
                self._store.take(path, [content])
        self._content.clear()
        self._left = -1
