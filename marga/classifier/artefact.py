"""The trained numbers on disk: one compact file, the same bytes for the same numbers.

Format: a line of JSON that names each array with its type and shape, then the arrays' bytes one after another.
No code is stored or run, and nothing beyond the declared arrays is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

Array = np.ndarray[tuple[int, ...], np.dtype[np.generic]]
MARK = "marga-classifier"
FORMAT = 1
MOST_BYTES = 5_000_000
_TYPES = frozenset({"<f4", "<f8", "<i2", "|u1"})


class Unreadable(Exception):
    """The file is no artefact of this classifier."""


def pack(arrays: Mapping[str, Array]) -> bytes:
    """Return the artefact's bytes."""
    kept = {name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}
    table = [[name, array.dtype.str, list(array.shape)] for name, array in kept.items()]
    head = json.dumps({"kind": MARK, "format": FORMAT, "arrays": table}, separators=(",", ":"))
    return head.encode() + b"\n" + b"".join(array.tobytes() for array in kept.values())


def unpack(content: bytes) -> dict[str, Array]:
    """Return the arrays of an artefact.

    Raises Unreadable.
    """
    head, _, body = content.partition(b"\n")
    try:
        described = json.loads(head)
        if (described["kind"], described["format"]) != (MARK, FORMAT):
            raise Unreadable("It is of another kind or format; train it anew with manage.py marga_train.")
        return _arrays(described["arrays"], body)
    except (ValueError, KeyError, TypeError) as exc:
        raise Unreadable("It is damaged; train it anew with manage.py marga_train.") from exc


def _arrays(table: list[tuple[str, str, list[int]]], body: bytes) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    start = 0
    for name, kind, shape in table:
        if kind not in _TYPES:
            raise ValueError(kind)
        array = np.frombuffer(body, np.dtype(kind), int(np.prod(shape, dtype=np.int64)), start).reshape(shape)
        arrays[name] = array
        start += array.nbytes
    if start != len(body):
        raise ValueError("length")
    return arrays


def read(path: Path) -> dict[str, Array]:
    """Read an artefact from a file.

    Raises Unreadable.
    """
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable(f"It is larger than {MOST_BYTES} bytes.")
    return unpack(path.read_bytes())
