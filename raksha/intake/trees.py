"""What intake hands over: files on disk under names of ours, and all that was left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from raksha.coverage import Skip, Why

MEGABYTE = 1024 * 1024


class UnableToTake(Exception):
    """Code cannot be taken in; the message says what to do."""


class Refused(UnableToTake):
    """It will not be taken however often it is tried."""


class Unavailable(UnableToTake):
    """It may work later."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one intake.

    bytes: of all content, unpacked, and of a repository on disk.  file_bytes: of one file; larger ones are skipped.
    ratio: unpacked to packed, looked at from ratio_from bytes on, since little text may be packed well.
    """

    bytes: int = 512 * MEGABYTE
    file_bytes: int = 20 * MEGABYTE
    files: int = 50_000
    ratio: int = 100
    ratio_from: int = 10 * MEGABYTE
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file. path: as its author calls it, relative and safe to show.  stored: its name in the tree's folder.

    why_skipped: set where engines for source code leave it alone though it is there for the others.
    """

    path: str
    stored: str
    size: int
    sha256: str
    language: str = ""
    why_skipped: Why | str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """All that was taken in, files by path."""

    folder: Path
    files: tuple[SourceFile, ...]
    skipped: tuple[Skip, ...] = ()
    commit: str = ""
    revision: str = ""
