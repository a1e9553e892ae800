from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raksha.feeds.archives import Zip
from raksha.feeds.errors import Refused


def read(path: Path, most_bytes: int = 1_000_000, most_total: int = 10_000_000) -> list[bytes]:
    archive = Zip(path, most_bytes=most_bytes, most_total=most_total)
    try:
        return list(archive.members(".json"))
    finally:
        archive.close()


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_members_come_in_order_and_others_are_passed_over(tmp_path, method):
    path = tmp_path / "all.zip"
    path.write_bytes(packed({"a.json": b"1", "folder/": b"", "readme.md": b"x", "ä.json": b"22"}, method))

    assert read(path) == [b"1", b"22"]


def test_more_members_than_sixteen_bits_count_are_read(tmp_path):
    path = tmp_path / "all.zip"
    path.write_bytes(packed({f"{number}.json": b"{}" for number in range(66_000)}, zipfile.ZIP_STORED))

    assert len(read(path)) == 66_000


def test_a_member_written_as_a_stream_is_read(tmp_path):
    path = tmp_path / "all.zip"

    class Pipe(io.RawIOBase):
        """Cannot seek, so that sizes stand behind the content."""

        def __init__(self):
            self.held = b""

        def writable(self):
            return True

        def write(self, data):
            self.held += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b"content")
    path.write_bytes(pipe.held)

    assert read(path) == [b"content"]


def test_a_cut_archive_is_refused_wherever_it_is_cut(tmp_path):
    whole = packed({f"{number}.json": bytes([number]) * 50 for number in range(20)})
    path = tmp_path / "all.zip"

    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(Refused):
            read(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_an_altered_byte_is_noticed_or_does_no_harm(tmp_path, place, value):
    whole = bytearray(packed({"a.json": b"one one one one", "b.json": b"two two two"}))
    whole[place % len(whole)] = value
    path = tmp_path / "all.zip"
    path.write_bytes(whole)

    try:
        found = read(path)
    except Refused:
        return
    assert set(found) <= {b"one one one one", b"two two two"}


def test_bombs_are_refused_by_member_and_as_a_whole(tmp_path):
    path = tmp_path / "all.zip"
    path.write_bytes(packed({f"{number}.json": b"0" * 100_000 for number in range(5)}))

    with pytest.raises(Refused, match="more than is taken"):
        read(path, most_bytes=99_999)
    with pytest.raises(Refused, match="more than is taken"):
        read(path, most_total=450_000)


def test_a_member_that_unpacks_to_more_than_it_says_is_refused(tmp_path):
    lying = packed({"a.json": b"0" * 5_000}).replace(
        (5_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    )
    path = tmp_path / "all.zip"
    path.write_bytes(lying)

    with pytest.raises(Refused, match="damaged"):
        read(path)
