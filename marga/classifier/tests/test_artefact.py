from __future__ import annotations

import numpy as np
import pytest

from marga.classifier import artefact

ARRAYS = {"b": np.arange(6, dtype="<f4").reshape(2, 3), "a": np.array([1, 2], "|u1")}


def test_arrays_come_back_as_they_were_packed():
    found = artefact.unpack(artefact.pack(ARRAYS))

    assert {name: array.tolist() for name, array in found.items()} == {
        name: array.tolist() for name, array in ARRAYS.items()
    }


def test_the_order_of_the_arrays_does_not_change_the_bytes():
    assert artefact.pack(ARRAYS) == artefact.pack(dict(reversed(ARRAYS.items())))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04.",
        b"[]\n",
        b'{"kind":"other","format":1,"arrays":[]}\n',
        b'{"kind":"marga-classifier","format":1,"arrays":[["a","|O",[1]]]}\n12345678',
        artefact.pack(ARRAYS)[:-1],
        artefact.pack(ARRAYS) + b"x",
    ],
    ids=["empty", "pickle", "list", "other kind", "objects", "cut short", "too long"],
)
def test_anything_else_is_refused(content):
    with pytest.raises(artefact.Unreadable):
        artefact.unpack(content)


def test_a_file_beyond_the_bound_is_not_read(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"x" * (artefact.MOST_BYTES + 1))

    with pytest.raises(artefact.Unreadable):
        artefact.read(path)
