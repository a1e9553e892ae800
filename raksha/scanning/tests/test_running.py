"""One whole scan, with engines of the tests."""

from __future__ import annotations

import dataclasses
import errno

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from raksha import sandbox
from raksha.coverage import Skip
from raksha.models import Dependency, Finding, Project, ScanState
from raksha.scanning import claiming, folders, running
from raksha.scanning.engines import Engine
from raksha.scanning.errors import UnableToScan
from raksha.scanning.tests import fakes
from raksha.scanning.tests.fakes import ENGINES, FakeRunner, detection
from raksha.tests import factories

pytestmark = pytest.mark.django_db

CODE = {
    "a.py": "x = 1\nBUG one\n",
    "b.py": "FLOW c.py\n",
    "c.py": "TAINTED\n",
    "requirements.txt": "django==4.2\n",
}


def findings(project: Project) -> dict[str, str]:
    rows = Finding.objects.filter(project=project).order_by("path", "line")
    return {
        f"{path}:{line} {rule}": f"{state} {change}"
        for path, line, rule, state, change in rows.values_list("path", "line", "rule", "state", "change")
    }


def test_a_scan_records_what_the_engines_say(scan_code, project):
    scan = scan_code(CODE)

    assert (scan.state, scan.is_partial, scan.reason) == (ScanState.FINISHED, False, "")
    assert findings(project) == {"a.py:2 python.bug": "open new", "b.py:1 python.flow": "open new"}
    assert (scan.counts["new"], scan.counts["open"], scan.counts["by_severity"]["high"]) == (2, 2, 2)
    assert len(scan.changes["new"]) == 2
    assert scan.coverage["files"] == scan.coverage["scanned"] == 4
    assert Dependency.objects.get(project=project).purl == "pkg:pypi/django@4.2"
    assert scan.progress["rules"] == {"state": "done", "done": 3, "total": 3, "seconds": 0.0}


def test_no_folder_is_left_whatever_happens(scan_code, project):
    scan_code(CODE)
    with pytest.raises(ZeroDivisionError):
        scan_code({"new.py": ""}, runner=FakeRunner(before=lambda: 1 // 0))

    assert list(folders.root().iterdir()) == []


def test_a_second_scan_of_the_same_code_changes_nothing_and_looks_at_nothing(scan_code, project):
    scan_code(CODE)
    before = set(Finding.objects.values_list("pk", "digest"))
    runner = FakeRunner()

    scan = scan_code(CODE, runner=runner)

    assert runner.asked == []
    assert findings(project) == {
        "a.py:2 python.bug": "open unchanged",
        "b.py:1 python.flow": "open unchanged",
    }
    assert set(Finding.objects.values_list("pk", "digest")) == before
    assert (scan.counts["new"], scan.counts["unchanged"], scan.counts["open"]) == (0, 2, 2)
    assert scan.coverage["engines"]["semgrep"] == {"files": 3, "cached": 3, "skipped": 0}


def test_a_rescan_looks_only_at_what_changed_and_at_what_stood_on_it(scan_code, project):
    scan_code(CODE)
    runner = FakeRunner()

    scan_code({**CODE, "c.py": "clean\n"}, runner=runner)

    assert runner.asked == [("fake:bugs", ["c.py"]), ("fake:flows", ["b.py", "c.py"])]
    assert findings(project) == {"a.py:2 python.bug": "open unchanged", "b.py:1 python.flow": "fixed fixed"}


def test_a_finding_that_comes_back_is_reopened_and_keeps_its_ruling(scan_code, project):
    scan_code(CODE)
    Finding.objects.filter(path="a.py").update(ruling="to_fix", ruling_note="soon")
    scan_code({**CODE, "a.py": "x = 1\n"})

    scan = scan_code(CODE)

    found = Finding.objects.get(path="a.py")
    assert (found.state, found.change, found.ruling, found.ruling_note) == (
        "open",
        "reopened",
        "to_fix",
        "soon",
    )
    assert found.fixed_at is None
    assert scan.changes["reopened"] == [found.pk]


def test_a_moved_finding_has_its_new_line_and_is_no_other(scan_code, project):
    scan_code(CODE)
    pk = Finding.objects.get(path="a.py").pk

    scan = scan_code({**CODE, "a.py": "\n" * 50 + CODE["a.py"]})

    assert Finding.objects.get(path="a.py", line=52).pk == pk
    assert (scan.counts["new"], scan.counts["fixed"]) == (0, 0)


def test_a_deleted_file_fixes_its_findings(scan_code, project):
    scan_code(CODE)

    scan_code({path: text for path, text in CODE.items() if path != "a.py"})

    assert findings(project)["a.py:2 python.bug"] == "fixed fixed"


def test_a_file_that_was_skipped_this_time_fixes_nothing(scan_code, project):
    scan_code(CODE)
    rest = {path: text for path, text in CODE.items() if path != "a.py"}

    scan = scan_code(rest, skipped=(Skip("a.py", "too_large", "It is too large."),))

    assert findings(project)["a.py:2 python.bug"] == "open unchanged"
    assert scan.is_partial
    assert scan.coverage["skips"] == [
        {"path": "a.py", "why": "too_large", "says": "It is too large.", "engine": ""}
    ]
    assert (scan.counts["unseen"], scan.counts["open"]) == (1, 2)


def test_one_bad_file_costs_no_other_its_result(scan_code, project):
    files = {f"{number}.py": f"BUG {number}\n" for number in range(9)}
    runner = FakeRunner(bad={"4.py": "timed_out"})

    scan = scan_code(files, runner=runner)

    assert len(findings(project)) == 8
    assert scan.is_partial
    assert {(skip["path"], skip["why"]) for skip in scan.coverage["skips"]} == {("4.py", "timed_out")}


def test_what_failed_for_the_moment_is_tried_again_by_the_next_scan(scan_code, project):
    scan_code({"a.py": "BUG\n"}, runner=FakeRunner(bad={"a.py": "timed_out"}))

    scan = scan_code({"a.py": "BUG\n"})

    assert len(findings(project)) == 1
    assert not scan.is_partial


def test_an_answer_about_another_file_is_not_believed(scan_code, project, monkeypatch):
    lie = {"detections": [], "per_file": {"../etc/passwd": {}}}
    monkeypatch.setitem(fakes.FUNCTIONS, "fake:bugs", lambda _: lie)

    scan = scan_code({"a.py": "BUG\n"})

    assert findings(project) == {}
    assert [skip["why"] for skip in scan.coverage["skips"]] == ["engine_failed"]


def test_vulnerable_packages_are_findings_and_unknown_ones_make_it_partial(scan_code, project, known):
    known["detections"] = (
        detection(
            *("requirements.txt", 1, "django==4.2"),
            engine="packages",
            kind="dependency",
            rule="CVE-2026-1",
            facts={
                "package": "PyPI:django",
                "version": "4.2",
                "fixed_version": "4.2.1",
                "cves": "CVE-2026-1",
            },
        ),
    )
    scan_code(CODE)
    found = Finding.objects.get(kind="dependency")
    known.update(detections=(), skipped=(Skip("requirements.txt", "no_advisories", "None are there."),))

    scan = scan_code(CODE)

    assert (found.package, found.fixed_version, found.has_fix) == ("PyPI:django", "4.2.1", True)
    assert found.cves == ["CVE-2026-1"]
    assert scan.is_partial
    assert findings(project)["requirements.txt:1 CVE-2026-1"] == "open unchanged"


def test_policies_say_whether_the_scan_passes(scan_code, project):
    assert scan_code(CODE).is_passing is None
    factories.ScanPolicyFactory.create(workspace=project.workspace, name="strict")
    factories.ScanPolicyFactory.create(workspace=project.workspace, name="off", is_enabled=False)
    factories.ScanPolicyFactory.create(name="of-others")

    scan = scan_code(CODE)

    assert scan.is_passing is False
    assert [verdict["policy"] for verdict in scan.verdicts] == ["strict"]
    assert "2 findings with severity high or worse" in scan.verdicts[0]["reasons"][0]


def test_exclusions_hold_for_findings_to_come(scan_code, project):
    factories.ExclusionFactory.create(workspace=project.workspace, rule="", path_glob="a*")
    factories.ExclusionFactory.create(rule="python.flow")

    scan = scan_code(CODE)

    assert Finding.objects.get(path="a.py").ruling == "ignored"
    assert Finding.objects.get(path="b.py").ruling == "open"
    assert (scan.counts["open"], scan.counts["ignored"]) == (1, 1)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (UnableToScan("The archive is not here any more."), "not here any more"),
        (OSError(errno.ENOSPC, "No space left"), "disk of the scanner is full"),
        (MemoryError(), "too little memory"),
        (sandbox.Walless("RAKSHA_SANDBOX is require"), "RAKSHA_SANDBOX"),
    ],
    ids=["expected", "disk", "memory", "walls"],
)
def test_a_scan_that_cannot_be_done_says_why(scan_code, project, trouble, reason):
    def fail() -> None:
        raise trouble

    scan = scan_code(CODE, runner=FakeRunner(before=fail))

    assert scan.state == ScanState.FAILED
    assert reason in scan.reason
    assert findings(project) == {}


def test_what_nobody_expected_is_told_and_not_hidden(scan_code, project):
    with pytest.raises(ZeroDivisionError):
        scan_code(CODE, runner=FakeRunner(before=lambda: 1 // 0))

    assert project.scans.get().state == ScanState.FAILED
    assert "Something went wrong" in project.scans.get().reason


def test_a_broken_sandbox_is_tried_three_times_and_then_given_up(scan_code, project, later):
    def break_down() -> None:
        raise sandbox.Broken("no host")

    scan = scan_code(CODE, runner=FakeRunner(before=break_down))
    states = [scan.state]
    for attempt in (1, 2):
        assert claiming.claim_next(now=later(60 * attempt - 50)) is None
        claim = claiming.claim_next(now=later(60 * attempt))
        assert claim is not None
        running.run(claim, clock=lambda: later(60), runner=FakeRunner(before=break_down), engines=ENGINES)
        scan.refresh_from_db()
        states.append(scan.state)

    assert states == ["queued", "queued", "failed"]
    assert "no host" in scan.reason


def test_a_cancelled_scan_records_nothing(scan_code, project):
    def cancel() -> None:
        project.scans.update(state=ScanState.CANCELLED, leased_until=None, finished_at=factories.NOW)

    scan = scan_code(CODE, runner=FakeRunner(), engines=_cancelling(cancel))

    assert scan.state == ScanState.CANCELLED
    assert findings(project) == {}


def _cancelling(cancel):
    """Have an engine's version be asked for: that happens in the thread that may use the database."""

    class Cancelling(Engine):
        @property
        def version(self) -> str:
            cancel()
            return "1"

    values = {field.name: getattr(ENGINES[0], field.name) for field in dataclasses.fields(ENGINES[0])}
    return (Cancelling(**values),)


def test_more_findings_take_no_more_queries(scan_code, project):
    def queries(lines: int, scanned: Project) -> int:
        with CaptureQueriesContext(connection) as caught:
            scan_code({"a.py": "BUG\n" * lines, "requirements.txt": "x==1\n" * lines}, project=scanned)
        return len(caught)

    few = queries(2, project)
    many = queries(300, factories.ProjectFactory.create(workspace=project.workspace))

    assert many == few <= 60
