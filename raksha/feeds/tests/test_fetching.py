"""R-17: a server of feeds that is away, slow, changed or hostile."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from raksha.feeds import downloading, fetching, importing, sources
from raksha.feeds.downloading import Line
from raksha.feeds.errors import FeedError, Refused, Unavailable
from raksha.models import Advisory, Feed, FeedState, KevEntry

from .conftest import epss, kev, lines, osv, zipped

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def feeds(shop):
    """Return the row of each feed by its name, as a first tick makes them."""
    return {feed.name: feed for feed in fetching.ensure_feeds()}


def put_kev(shop, *numbers, **more):
    shop.put("/kev.json", json.dumps(kev(*numbers, **more)).encode(), ETag=f'"{numbers}{more}"')


def put_osv(shop, records, modified=()):
    shop.put("/PyPI/all.zip", zipped(records), ETag=f'"{len(records)}"')
    listed = "".join(f"{at},{osv_id}\n" for at, osv_id in modified)
    shop.put("/PyPI/modified_id.csv", listed.encode())


def test_every_feed_that_has_an_address_is_due_at_first_and_then_in_its_time(shop, feeds):
    put_kev(shop, *range(20))
    assert len(fetching.get_due_ids(now=NOW)) == len(feeds) == 4

    counts = fetching.fetch(feeds["kev"].pk, now=NOW)

    assert counts.rows == 20  # type: ignore[union-attr]
    feed = Feed.objects.get(kind="kev")
    assert (feed.state, feed.fetched_at, feed.next_at, feed.claimed_until) == (
        *(FeedState.CURRENT, NOW, NOW + HOUR, None),
    )
    assert feed.pk not in fetching.get_due_ids(now=NOW)
    assert feed.pk in fetching.get_due_ids(now=NOW + HOUR)


def test_what_did_not_change_is_neither_sent_nor_imported_and_counts_as_fresh(shop, feeds):
    put_kev(shop, *range(20))
    fetching.fetch(feeds["kev"].pk, now=NOW)

    assert fetching.fetch(feeds["kev"].pk, now=NOW + HOUR) is None

    assert shop.asked[-1][1]["If-None-Match"]
    feed = Feed.objects.get(kind="kev")
    assert (feed.fetched_at, feed.changed_at) == (NOW + HOUR, NOW)


def test_the_same_bytes_without_a_tag_are_not_imported_again(shop, feeds):
    body = json.dumps(kev(*range(20))).encode()
    shop.put("/kev.json", body)
    fetching.fetch(feeds["kev"].pk, now=NOW)

    assert fetching.fetch(feeds["kev"].pk, now=NOW + HOUR) is None


def test_two_workers_do_not_fetch_the_same_and_a_lost_one_does_not_block_for_ever(shop, feeds):
    put_kev(shop, *range(20))
    feed_id = feeds["kev"].pk
    Feed.objects.filter(pk=feed_id).update(claimed_until=NOW + HOUR)

    assert fetching.fetch(feed_id, now=NOW) is None
    assert feed_id not in fetching.get_due_ids(now=NOW)
    assert shop.asked == []

    assert fetching.fetch(feed_id, now=NOW + 2 * HOUR).rows == 20  # type: ignore[union-attr]


ANSWERS = {
    "gone": (404, b"", {}),
    "broken": (500, b"", {}),
    "busy": (503, b"", {"Retry-After": "60"}),
    "too many": (429, b"", {}),
    "a page": (200, b"<html>Sign in</html>", {}),
    "emptied": (200, json.dumps(kev(version="2026.03.02")).encode(), {}),
    "shrunk": (200, json.dumps(kev(*range(15), version="2026.03.02")).encode(), {}),
    "older": (200, json.dumps(kev(*range(20), version="2020.01.01")).encode(), {}),
    "cut off": (200, json.dumps(kev(*range(30))).encode()[:-700], {}),
    "shorter than said": (200, b"{}", {"Content-Length": "5000"}),
    "a circle": (302, b"", {"Location": "/kev.json"}),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_comes_in_its_place_the_last_good_feed_stays_and_is_tried_again_later(shop, feeds, answer):
    put_kev(shop, *range(20))
    fetching.fetch(feeds["kev"].pk, now=NOW)
    shop.answers["/kev.json"] = ANSWERS[answer]

    waits = []
    for number in range(1, 4):
        with pytest.raises(FeedError):
            fetching.fetch(feeds["kev"].pk, now=NOW + number * HOUR)
        feed = Feed.objects.get(kind="kev")
        waits.append(feed.next_at - NOW - number * HOUR)  # type: ignore[operator]

    assert KevEntry.objects.filter(removed_at=None, changed_at=NOW).count() == 20
    assert (feed.state, feed.rows, feed.fetched_at, feed.failures) == (FeedState.FAILED, 20, NOW, 3)
    assert feed.error
    assert feed.claimed_until is None
    assert waits == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]


def test_a_feed_that_recovers_forgets_its_failures(shop, feeds):
    shop.answers["/kev.json"] = (500, b"", {})
    with pytest.raises(Unavailable):
        fetching.fetch(feeds["kev"].pk, now=NOW)
    put_kev(shop, *range(20))

    fetching.fetch(feeds["kev"].pk, now=NOW + HOUR)

    feed = Feed.objects.get(kind="kev")
    assert (feed.state, feed.error, feed.failures) == (FeedState.CURRENT, "", 0)


def test_nobody_there_is_a_reason_to_wait(settings, shop):
    settings.RAKSHA_FEED_KEV = "http://127.0.0.1:9/kev.json"
    feed = next(feed for feed in fetching.ensure_feeds() if feed.kind == "kev")

    with pytest.raises(Unavailable, match="could not be fetched"):
        fetching.fetch(feed.pk, now=NOW)


def test_a_flood_is_cut_off(shop, tmp_path):
    shop.put("/flood", b"0" * 3_000_000)

    with Line() as line, pytest.raises(Refused, match="more than 1 MB"):
        line.fetch(f"{shop.address}/flood", tmp_path / "flood", most_bytes=1024**2)

    assert (tmp_path / "flood").stat().st_size <= 1024**2


def test_a_trickle_is_cut_off(shop, tmp_path, monkeypatch):
    shop.put("/slow", b"0" * 1_000)
    times = iter([0.0, 61.0, 1_000.0])
    monkeypatch.setattr(downloading.time, "monotonic", lambda: next(times, 1_000.0))  # type: ignore[attr-defined]

    with Line(deadline_seconds=30) as line, pytest.raises(Unavailable, match="too slow"):
        line.fetch(f"{shop.address}/slow", tmp_path / "slow", most_bytes=1024**2)


def test_only_what_was_modified_is_fetched_between_whole_exports(shop, feeds):
    feed_id = feeds["osv/PyPI"].pk
    put_osv(shop, [osv(n) for n in range(20)], [("2026-03-01T10:00:00Z", "PYSEC-2025-1")])
    fetching.fetch(feed_id, now=NOW)
    modified = osv(1, summary="now worse", modified="2026-03-02T10:00:00Z")
    put_osv(shop, [], [("2026-03-02T10:00:00Z", "PYSEC-2025-1"), ("2026-03-01T10:00:00Z", "PYSEC-2025-2")])
    shop.put("/PyPI/PYSEC-2025-1.json", json.dumps(modified, indent=2).encode())
    shop.asked.clear()

    counts = fetching.fetch(feed_id, now=NOW + HOUR)

    assert (counts.rows, counts.changed, counts.gone) == (20, 1, 0)  # type: ignore[union-attr]
    assert Advisory.objects.get(osv_id="PYSEC-2025-1").summary == "now worse"
    assert [path for path, _ in shop.asked] == ["/PyPI/modified_id.csv", "/PyPI/PYSEC-2025-1.json"]
    assert fetching.fetch(feed_id, now=NOW + 2 * HOUR) is None


def test_an_export_is_fetched_whole_when_its_time_has_come_or_too_much_was_modified(shop, feeds, monkeypatch):
    feed_id = feeds["osv/PyPI"].pk
    put_osv(shop, [osv(n) for n in range(20)], [("2026-03-01T10:00:00Z", "PYSEC-2025-1")])
    fetching.fetch(feed_id, now=NOW)
    put_osv(
        shop, [osv(n) for n in range(21)], [(f"2026-03-02T10:00:0{n}Z", f"PYSEC-2025-{n}") for n in (3, 2, 1)]
    )
    monkeypatch.setattr(fetching, "MOST_SINGLE", 2)

    assert fetching.fetch(feed_id, now=NOW + HOUR).rows == 21  # type: ignore[union-attr]

    put_osv(shop, [osv(n) for n in range(22)], [("2026-03-02T10:00:03Z", "PYSEC-2025-3")])
    assert fetching.fetch(feed_id, now=NOW + HOUR + sources.WHOLE_EVERY).rows == 22  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "record",
    [osv(2, modified="2026-03-02T10:00:00Z"), [osv(1)], {"error": "not found"}],
    ids=["another id", "a list", "no advisory"],
)
def test_a_single_record_that_is_not_the_one_asked_for_is_refused(shop, feeds, record):
    feed_id = feeds["osv/PyPI"].pk
    put_osv(shop, [osv(n) for n in range(20)], [("2026-03-01T10:00:00Z", "PYSEC-2025-1")])
    fetching.fetch(feed_id, now=NOW)
    put_osv(shop, [], [("2026-03-02T10:00:00Z", "PYSEC-2025-1")])
    shop.put("/PyPI/PYSEC-2025-1.json", json.dumps(record).encode())

    with pytest.raises(Refused):
        fetching.fetch(feed_id, now=NOW + HOUR)

    assert Advisory.objects.filter(changed_at=NOW).count() == 20


def test_a_list_of_changes_that_leads_elsewhere_is_refused(shop, feeds):
    feed_id = feeds["osv/PyPI"].pk
    put_osv(shop, [osv(n) for n in range(20)], [("2026-03-01T10:00:00Z", "PYSEC-2025-1")])
    fetching.fetch(feed_id, now=NOW)
    put_osv(shop, [], [("2026-03-02T10:00:00Z", "../../secret")])

    with pytest.raises(Refused, match="not a moment and the id"):
        fetching.fetch(feed_id, now=NOW + HOUR)


def test_a_new_address_is_asked_without_what_the_old_one_said(shop, feeds, settings):
    put_kev(shop, *range(20))
    fetching.fetch(feeds["kev"].pk, now=NOW)
    shop.put("/mirror.json", json.dumps(kev(*range(21), version="2026.03.02")).encode())
    settings.RAKSHA_FEED_KEV = f"{shop.address}/mirror.json"

    fetching.ensure_feeds()

    assert feeds["kev"].pk in fetching.get_due_ids(now=NOW)
    assert fetching.fetch(feeds["kev"].pk, now=NOW).rows == 21  # type: ignore[union-attr]
    assert "If-None-Match" not in shop.asked[-1][1]


def test_nothing_is_due_when_feeds_are_off_or_have_no_address(shop, feeds, settings):
    settings.RAKSHA_FEED_KEV = "off"
    fetching.ensure_feeds()
    assert feeds["kev"].pk not in fetching.get_due_ids(now=NOW)
    assert fetching.fetch(feeds["kev"].pk, now=NOW) is None

    settings.RAKSHA_FEEDS = False
    assert fetching.get_due_ids(now=NOW) == []


def test_all_kinds_come_over_the_network(shop, feeds):
    put_kev(shop, *range(20))
    put_osv(shop, [osv(n) for n in range(20)])
    shop.put("/epss.csv.gz", epss({n: (0.1, 0.2) for n in range(20)}))
    record = {"cveMetadata": {"cveId": "CVE-2025-0001", "state": "PUBLISHED"}}
    record["containers"] = {"cna": {"problemTypes": [{"descriptions": [{"cweId": "CWE-79"}]}]}}  # type: ignore[dict-item]
    shop.put("/cve.zip", zipped([record]))

    for feed_id in fetching.get_due_ids(now=NOW):
        fetching.fetch(feed_id, now=NOW)

    assert dict(Feed.objects.values_list("kind", "rows")) == {"kev": 20, "osv": 20, "epss": 20, "cve": 1}
    assert set(Feed.objects.values_list("state", flat=True)) == {FeedState.CURRENT}


def test_a_row_emptied_by_hand_is_fetched_anew_in_spite_of_its_tag(shop, feeds):
    put_kev(shop, *range(20))
    fetching.fetch(feeds["kev"].pk, now=NOW)
    Feed.objects.update(rows=0)

    assert fetching.fetch(feeds["kev"].pk, now=NOW + HOUR) is not None


def test_a_file_by_hand_and_a_fetch_go_together(shop, feeds, tmp_path):
    path = tmp_path / "osv.jsonl"
    path.write_bytes(lines([osv(n) for n in range(20)]))
    importing.import_file(importing.get_feed("osv", "PyPI"), path, now=NOW)
    put_osv(shop, [osv(n) for n in range(21)], [("2026-03-01T10:00:00Z", "PYSEC-2025-1")])

    assert fetching.fetch(feeds["osv/PyPI"].pk, now=NOW + HOUR).changed == 1  # type: ignore[union-attr]
