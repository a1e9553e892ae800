"""Archives that people upload, told apart by their content and unpacked by our own writer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from raksha.intake.archives import packing, tars, zips
from raksha.intake.storing import Clock, Store, Survey
from raksha.intake.trees import Limits, Refused, Tree

FORMATS = ((b"\x1f\x8b", packing.gunzip), (b"BZh", packing.bunzip), (b"\xfd7zXZ\x00", packing.unxz))
ZSTD = b"\x28\xb5\x2f\xfd"


def unpack_archive(path: Path, into: Path, limits: Limits, *, clock: Clock = time.monotonic) -> Tree:
    """Unpack a zip file or a tar archive, plain or packed by gzip, bzip2, xz or zstd, into an empty folder.

    Raises Refused; the folder is then to be removed.
    """
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(number, "rb") as file, Store(into, limits, clock=clock) as store:
        start = file.read(8)
        file.seek(0)
        if start[:4] in (zips.LOCAL, zips.END):
            zips.unpack(file, store, limits)
        else:
            # A tar archive has no table of contents: it is gone through once to see what it would be.
            tars.unpack(_unpacked(file, start, limits), Survey(limits, clock=clock), limits)
            file.seek(0)
            tars.unpack(_unpacked(file, start, limits), store, limits)
        return _nonempty(store.tree())


def _unpacked(file: BinaryIO, start: bytes, limits: Limits) -> Iterator[bytes]:
    if start.startswith(ZSTD):
        return _in_ratio(packing.unzstd(file), file, limits)
    for mark, unpack in FORMATS:
        if start.startswith(mark):
            return _in_ratio(unpack(_read(file)), file, limits)
    return _read(file)


def _read(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(packing.PIECE):
        yield piece


def _in_ratio(source: Iterator[bytes], file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    total, packed = 0, os.fstat(file.fileno()).st_size
    for piece in source:
        total += len(piece)
        if total > limits.ratio_from and total > limits.ratio * packed:
            raise Refused(f"It unpacks to more than {limits.ratio} times its size, as only bombs do.")
        yield piece


def _nonempty(tree: Tree) -> Tree:
    if not tree.files and not tree.skipped:
        raise Refused("There is no file in it.")
    return tree
