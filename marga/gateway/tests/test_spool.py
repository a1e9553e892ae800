from __future__ import annotations

import os

import pytest

from marga.gateway import spool as spooling
from marga.gateway.spool import Spool, SpoolFull


@pytest.fixture
def make(tmp_path):
    opened: list[Spool] = []

    def make_one(max_bytes: int = 1 << 30) -> Spool:
        spool = Spool(tmp_path / "usage", max_bytes=max_bytes)
        spool.start()
        opened.append(spool)
        return spool

    yield make_one
    for spool in opened:
        spool._stop.set()


def drain(spool: Spool, folder=None) -> list[bytes]:
    found: list[bytes] = []
    folder = folder or spool.own
    while True:
        newest = spool.newest if folder is spool.own else None
        lines, size = folder.read(newest)
        if not lines:
            return found
        found += lines
        spool.acknowledge(folder, len(lines), size)


def die(spool: Spool) -> None:
    """Leave the folder as a killed process leaves it: files there, lock gone."""
    spool._stop.set()
    os.close(spool.own._lock)


def test_records_come_back_in_order_across_segments_and_their_files_go_away(make, monkeypatch):
    monkeypatch.setattr(spooling, "SEGMENT_BYTES", 100)
    spool = make()
    records = [b'{"n":%d}' % n for n in range(1500)]
    for record in records:
        spool.append(record)

    assert spool.pending == 1500
    assert drain(spool) == records
    assert spool.pending == 0
    assert len(list(spool.own.path.glob("*.jsonl"))) <= 1


def test_what_is_not_acknowledged_is_read_again(make):
    spool = make()
    spool.append(b"{}")

    assert spool.own.read(spool.newest) == spool.own.read(spool.newest) == ([b"{}"], 3)


def test_the_next_process_adopts_what_a_killed_one_left(make):
    killed = make()
    for n in range(3):
        killed.append(b"%d" % n)
    die(killed)

    heir = make()

    assert heir.pending == 3
    assert drain(heir, heir.adopted[0]) == [b"0", b"1", b"2"]
    heir.finish(heir.adopted[0])
    assert not killed.own.path.exists()
    assert heir.pending == 0


def test_a_living_process_keeps_its_folder(make):
    living = make()
    living.append(b"{}")

    assert make().adopted == []


def test_half_a_record_at_the_end_is_left_out(make):
    killed = make()
    killed.append(b"{}")
    os.write(killed._descriptor, b'{"half')
    die(killed)

    heir = make()

    assert drain(heir, heir.adopted[0]) == [b"{}"]


def test_the_spool_is_full_at_its_bound_and_open_again_after_delivery(make):
    spool = make(max_bytes=100)
    while not spool.is_full:
        spool.append(b"x" * 30)

    drain(spool)

    assert not spool.is_full


def test_a_disk_that_takes_nothing_is_said_so(make, monkeypatch):
    spool = make()

    def full(descriptor, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SpoolFull, match="No space left"):
        spool.append(b"{}")


def test_closing_with_nothing_left_removes_the_folder(make):
    spool = make()
    spool.append(b"{}")
    drain(spool)

    spool.close()

    assert not spool.own.path.exists()


def test_closing_with_records_left_keeps_them_for_the_next_start(make):
    spool = make()
    spool.append(b"{}")

    spool.close()
    os.close(spool.own._lock)

    assert make().pending == 1


def test_files_are_for_the_owner_only(make):
    spool = make()
    spool.append(b"{}")

    assert spool.newest.stat().st_mode & 0o077 == 0
    assert spool.own.path.stat().st_mode & 0o077 == 0
