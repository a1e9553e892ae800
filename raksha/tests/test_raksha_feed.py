"""The command by which intelligence comes in, and the clock's tasks."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from avyay_site.notifications.models import Channel, Delivery
from raksha import reranking, schedule
from raksha.feeds.tests.conftest import epss, kev, lines, osv, shop, zipped  # noqa: F401 (a fixture)
from raksha.models import Advisory, Feed, Finding, KevEntry
from raksha.tests.factories import DependencyFactory, ProjectFactory

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words):
    out, err = StringIO(), StringIO()
    call_command("raksha_feed", *map(str, words), stdout=out, stderr=err)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    def written(content):
        path = tmp_path / "feed.dat"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return written


def test_a_file_is_imported_and_stored_projects_are_ranked_by_it(file):
    project = ProjectFactory.create()
    DependencyFactory.create(project=project, name="package-1")

    said = run("import", "osv", file(zipped([osv(1), osv(2)])), "--ecosystem", "PyPI")

    assert "osv/PyPI: 2 rows, 2 new or changed, 0 gone in" in said
    assert "1 projects ranked again" in said
    assert Finding.objects.get().rule == "CVE-2025-0001"


def test_a_broken_file_is_refused_with_a_reason_and_its_own_exit_code(file):
    run("import", "kev", file(kev(*range(20))))

    with pytest.raises(
        CommandError, match="was not imported: It holds no exploited CVEs; the 20 known"
    ) as refusal:
        run("import", "kev", file(kev(version="2026.04.01")))

    assert refusal.value.returncode == 2
    assert KevEntry.objects.filter(removed_at=None).count() == 20


def test_force_and_merge_are_for_those_who_know(file):
    run("import", "osv", file(lines([osv(n) for n in range(20)])), "--ecosystem", "PyPI")

    run("import", "osv", file(lines([osv(99)])), "--ecosystem", "PyPI", "--merge")
    assert Advisory.objects.filter(withdrawn_at=None).count() == 21

    run("import", "osv", file(lines([osv(1)])), "--ecosystem", "PyPI", "--force")
    assert Advisory.objects.filter(withdrawn_at=None).count() == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import", "osv", "/nowhere"), "add --ecosystem"),
        (("import", "osv", "/nowhere", "--ecosystem", "pypi"), "one of PyPI"),
        (("import", "kev", "/nowhere"), "/nowhere is not a file"),
        (("import", "rss", "/nowhere"), "invalid choice"),
        ((), "required"),
    ],
)
def test_a_wrong_call_says_what_to_write(words, says):
    with pytest.raises(CommandError, match=says):
        run(*words)


def test_status_shows_each_feed_and_fails_when_one_is_old(file):
    with pytest.raises(CommandError, match="No threat intelligence") as refusal:
        run("status")
    assert refusal.value.returncode == 1

    run("import", "kev", file(kev(1)))
    Feed.objects.update(fetched_at=timezone.now())
    assert "1 rows" in run("status")

    Feed.objects.update(fetched_at=timezone.now() - timezone.timedelta(days=9))  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="kev is 9 days old"):
        run("status")


def test_fetch_brings_all_and_names_those_that_fail(shop):  # noqa: F811
    shop.put("/kev.json", json.dumps(kev(1, 2)).encode(), ETag='"1"')
    shop.put("/PyPI/all.zip", zipped([osv(1)]))
    shop.put("/cve.zip", b"", status=500)

    with pytest.raises(CommandError, match="2 of 4 feeds failed") as refusal:
        run("fetch")
    assert refusal.value.returncode == 2
    assert set(Feed.objects.filter(state="current").values_list("kind", flat=True)) == {"kev", "osv"}

    assert run("fetch", "kev") == "kev: unchanged\n"


def test_the_clock_fetches_what_is_due_ranks_by_it_and_tells_people(shop, monkeypatch):  # noqa: F811
    project = ProjectFactory.create()
    DependencyFactory.create(project=project, name="package-1")
    Channel.objects.create(
        workspace=project.workspace,
        name="ops",
        kind="email",
        target="ops@example.org",
        event_types=["finding.escalated"],
    )
    shop.put("/kev.json", json.dumps(kev(1)).encode())
    shop.put("/epss.csv.gz", epss({1: (0.9, 0.99)}))
    shop.put("/PyPI/all.zip", zipped([osv(1)]))
    hints = []
    monkeypatch.setattr(schedule.fetch_feed, "delay_on_commit", lambda **values: hints.append(values))

    schedule.fetch_feeds()
    for values in hints:
        schedule.fetch_feed(**values)
    schedule.rank_again()

    assert len(hints) == 4
    finding = Finding.objects.get()
    assert (finding.word, finding.is_kev, finding.epss) == ("Act", True, 0.9)
    assert not reranking.is_behind()
    delivery = Delivery.objects.get()
    assert delivery.event_type == "finding.escalated"
    schedule.fetch_feeds()
    assert len(hints) == 4
