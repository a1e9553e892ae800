"""R-08, R-09, R-10 and R-11: sources that stop engines, hide from them, or would have them run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile

import pytest

from raksha.coverage import is_partial
from raksha.engines.results import EngineResult
from raksha.intake.archives import unpack_archive
from raksha.intake.folders import read_folder
from raksha.intake.trees import Limits as Bounds
from raksha.sandbox import Host, Limits
from raksha.tests import hostile_sources as hostile

pytestmark = pytest.mark.processes
WALL_SECONDS = 40.0
RULES = json.dumps({"rules": hostile.RULES})


@pytest.fixture(scope="module")
def host():
    with Host(imports=["raksha.engines.semgrep"]) as host:
        yield host


def take(folder, files):
    """Take files in as an upload, with the names that their author gave them."""
    archive = folder / "upload.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for path, content in files.items():
            writer.writestr(path, content)
    into = folder / "code"
    into.mkdir()
    return unpack_archive(archive, into, Bounds(ratio=10_000))


def scan(host, tree, rules=RULES, **more):
    files = [
        {"path": file.path, "stored": file.stored, "language": file.language, "sha256": file.sha256}
        for file in tree.files
    ]
    request = {"files": files, "rules": rules, **more}
    answer = host.call(
        "raksha.engines.semgrep:run",
        request,
        folder=str(tree.folder),
        limits=Limits(wall_seconds=WALL_SECONDS),
    )
    return EngineResult.from_json(answer, files={file.path for file in tree.files})


@pytest.fixture
def folder(open_folder):
    open_folder.chmod(0o755)
    return open_folder


def test_there_are_30_hostile_sources_and_20_hidden_bugs_and_15_traps():
    assert (len(hostile.sources(1, 1000)), len(hostile.hidden()), len(hostile.traps("x"))) == (30, 20, 15)


def test_hostile_sources_end_in_time_and_what_is_not_read_is_listed(host, folder):
    sources = hostile.sources(depth=400, size=20_000)
    tree = take(folder, sources)
    began = time.monotonic()

    result = scan(host, tree, seconds=WALL_SECONDS - 5)

    assert time.monotonic() - began < WALL_SECONDS + 5
    found = {one.place.path for one in result.detections}
    listed = {skip.path for skip in result.skipped}
    assert found | listed == sources.keys()
    assert is_partial(result.skipped)
    assert host.run(["/bin/true"], folder=str(tree.folder), limits=Limits()).code == 0


def test_the_same_bugs_are_found_where_nothing_hides_them(host, folder):
    """The control: it is the hostile source that keeps a bug from being found, not the bug."""
    plain = {f"a.{ending}": source.encode() for ending, source in hostile.PLANTED.items()}

    result = scan(host, take(folder, plain))

    assert {one.place.path for one in result.detections} == plain.keys()
    assert result.skipped == ()


def test_no_bug_hides(host, folder):
    hidden = hostile.hidden()
    tree = take(folder, {**dict(hidden.values()), **hostile.IGNORE_FILES})

    result = scan(host, tree)

    found = {one.place.path: one.suppressed for one in result.detections}
    shown = {
        name: path.replace("\u202e", "\\u202e").replace("\n", "\\x0a") for name, (path, _) in hidden.items()
    }
    assert found.keys() == set(shown.values())
    silenced = {name for name, path in shown.items() if found[path]}
    assert silenced == {
        "nosemgrep",
        "nosemgrep with a rule",
        "nosemgrep on the line above",
        "other tools' words",
    }


def test_the_same_bugs_hide_from_the_plain_command(folder):
    """The control of R-10: with its usual manners, Semgrep's command is asked to look away and does."""
    place = folder / "project"
    for path, content in dict(hostile.hidden().values()).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    (place / ".semgrepignore").write_bytes(b"ignored/\nvendor/\n")
    (folder / "rules.json").write_text(RULES)

    done = subprocess.run(
        [os.path.join(sys.prefix, "bin", "semgrep"), "scan", "--experimental", "--json", "--metrics", "off",
         "--disable-version-check", "-j", "1", "--config", str(folder / "rules.json"), "."],
        cwd=place, capture_output=True, check=False, env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    found = {one["path"] for one in json.loads(done.stdout)["results"]}

    assert len(found) < 15


def test_no_configuration_of_a_project_is_obeyed_or_run(host, folder):
    canary = folder / "canary"
    folder.chmod(0o777)
    tree = take(folder, {**hostile.traps(str(canary)), "a.py": b"planted(1)\n"})

    result = scan(host, tree)

    assert not canary.exists()
    assert {one.rule for one in result.detections} == {"test.planted"}


def test_no_configuration_of_a_local_folder_is_obeyed_or_run(host, folder):
    canary, place = folder / "canary", folder / "project"
    folder.chmod(0o777)
    for path, content in {**hostile.traps(str(canary)), "a.py": b"planted(1)\n"}.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    (folder / "code").mkdir()

    result = scan(host, read_folder(place, folder / "code", Bounds()))

    assert not canary.exists()
    assert {one.place.path for one in result.detections} == {"a.py"}


@pytest.mark.parametrize("trap", ["setup.py", "json.py", "Makefile"])
def test_a_trap_fires_for_whoever_steps_into_it(folder, trap):
    """The control of R-11."""
    canary = folder / "canary"
    (folder / trap).write_bytes(hostile.traps(str(canary))[trap])
    argv = ["make", "-n"] if trap == "Makefile" else [sys.executable, trap]

    subprocess.run(argv, cwd=folder, capture_output=True, check=False)

    assert canary.exists()
