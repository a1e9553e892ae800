"""A rescan finds exactly what a full scan finds, and looks at less."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from raksha.coverage import Skip
from raksha.models import FileResult, Finding, Project
from raksha.scanning import caching
from raksha.scanning.caching import Answer
from raksha.scanning.tests.fakes import FakeRunner, detection
from raksha.tests import factories
from raksha.tests.factories import NOW

pytestmark = pytest.mark.django_db

LINES = ("x = 1", "BUG one", "BUG two", "TAINTED", "FLOW a.py", "FLOW b.py", "FLOW gone.py", "")
ANSWER = Answer(
    detections=(detection("a.py", 1, "BUG"),),
    skipped=(Skip("a.py", "parse_error", "Line 3."),),
    consulted={"b.py": ""},
)


def edited(files: dict[str, str], chance: random.Random) -> dict[str, str]:
    """Return the files after one edit: a line changed, a file added, removed or renamed."""
    files, act = dict(files), chance.randrange(5)
    path = chance.choice(sorted(files))
    if act == 0 and len(files) > 2:
        del files[path]
    elif act == 1:
        files[chance.choice(["gone.py", "new.py", "e.py"])] = "\n".join(chance.choices(LINES, k=3))
    elif act == 2:
        files[f"{chance.randrange(3)}_{path}"[-12:]] = files.pop(path)
    else:
        lines = files[path].splitlines()
        lines[chance.randrange(len(lines)) :] = chance.choices(LINES, k=2)
        files[path] = "\n".join(lines)
    return files


def state_of(project: Project) -> list[tuple[object, ...]]:
    rows = Finding.objects.filter(project=project, state="open").order_by("fingerprint")
    return list(rows.values_list("fingerprint", "digest", "path", "line"))


@pytest.mark.parametrize("seed", range(3))
def test_after_any_edits_a_rescan_equals_a_full_scan(scan_code, project, seed):
    chance = random.Random(seed)  # noqa: S311 - a fixed sequence
    files = {path: "\n".join(chance.choices(LINES, k=5)) for path in ("a.py", "b.py", "c.py", "d.py")}
    scan_code(files)
    saved = 0

    for _ in range(15):
        files = edited(files, chance)
        rescan = FakeRunner()
        scan_code(files, runner=rescan)
        saved += 2 * len(files) - len(rescan.looked_at)
        fresh = factories.ProjectFactory.create()
        scan_code(files, project=fresh)
        assert state_of(project) == state_of(fresh)

    assert saved > 15


def test_another_workspace_s_results_are_never_used(scan_code, project):
    scan_code({"a.py": "BUG\n"})
    runner = FakeRunner()

    scan_code({"a.py": "BUG\n"}, project=factories.ProjectFactory.create(), runner=runner)

    assert runner.looked_at == ["a.py", "a.py"]


def test_another_project_of_the_workspace_profits(scan_code, project):
    scan_code({"a.py": "BUG\n"})
    runner = FakeRunner()

    other = factories.ProjectFactory.create(workspace=project.workspace)
    scan = scan_code({"a.py": "BUG\n"}, project=other, runner=runner)

    assert runner.looked_at == []
    assert scan.counts["new"] == 1


def test_an_answer_comes_back_as_it_was_kept(workspace):
    caching.keep(workspace.pk, "semgrep", {"k": ANSWER, "empty": Answer()}, now=NOW)

    found = caching.look_up(workspace.pk, ["k", "empty", "other"], {"a.py": "1"}, now=NOW)

    assert found == {"k": ANSWER, "empty": Answer()}


def test_an_answer_holds_only_while_what_it_consulted_is_the_same(workspace):
    caching.keep(workspace.pk, "taint", {"k": Answer(consulted={"b.py": "1", "c.py": ""})}, now=NOW)

    def holds(tree: dict[str, str]) -> bool:
        return "k" in caching.look_up(workspace.pk, ["k"], tree, now=NOW)

    assert holds({"b.py": "1"})
    assert not holds({"b.py": "2"})
    assert not holds({})
    assert not holds({"b.py": "1", "c.py": "3"})


def test_an_answer_in_an_old_shape_is_asked_for_again(workspace):
    caching.keep(workspace.pk, "semgrep", {"k": ANSWER}, now=NOW)
    FileResult.objects.update(result=b"not compressed")

    assert caching.look_up(workspace.pk, ["k"], {}, now=NOW) == {}


def test_results_that_no_scan_used_for_long_are_forgotten(workspace):
    caching.keep(workspace.pk, "semgrep", {"old": ANSWER, "used": ANSWER}, now=NOW)
    later = NOW + timedelta(days=29)
    caching.look_up(workspace.pk, ["used"], {}, now=later)

    assert caching.forget_old(now=NOW + timedelta(days=31)) == 1
    assert FileResult.objects.get().key == "used"


@pytest.mark.parametrize("why", ["timed_out", "out_of_memory", "engine_failed"])
def test_trouble_of_the_moment_is_not_kept(workspace, why):
    caching.keep(workspace.pk, "semgrep", {"k": Answer(skipped=(Skip("a.py", why, "Trouble."),))}, now=NOW)

    assert not FileResult.objects.exists()
