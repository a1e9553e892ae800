"""The queue boundary: a message is a hint, the rows say what is done."""

from __future__ import annotations

import pytest

from raksha import scanning, tasks
from raksha.scanning import working
from raksha.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def hinted(monkeypatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(tasks.run_scan, "delay_on_commit", lambda *, scan_id: sent.append(scan_id))
    return sent


def test_a_worker_that_did_a_scan_comes_again_for_the_next(monkeypatch, hinted):
    waiting = factories.ScanFactory.create()
    monkeypatch.setattr(scanning, "run_next", lambda: "scan_other")

    tasks.run_scan(scan_id="scan_other")

    assert hinted == [waiting.pk]


def test_a_worker_that_found_nothing_to_do_rests(monkeypatch, hinted):
    factories.ScanFactory.create()
    monkeypatch.setattr(scanning, "run_next", lambda: None)

    tasks.run_scan(scan_id="scan_gone", something_new=True)

    assert hinted == []


def test_a_scan_that_broke_holds_up_no_other(monkeypatch, hinted):
    waiting = factories.ScanFactory.create()
    monkeypatch.setattr(scanning, "run_next", lambda: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        tasks.run_scan(scan_id="scan_x")

    assert hinted == [waiting.pk]


def test_a_worker_takes_no_more_scans_than_it_has_room_for(settings):
    settings.RAKSHA_SCANS_PER_WORKER = 1
    room = working._room(1)
    with room:
        assert scanning.run_next() is None
    assert room.acquire(blocking=False)
    room.release()
