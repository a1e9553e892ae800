"""The dependency engine on files as intake leaves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from raksha.engines import packages
from raksha.engines.results import EngineResult


def request(folder: Path, files: dict[str, bytes], **more: Any) -> dict[str, Any]:
    listed = []
    for number, (path, data) in enumerate(files.items()):
        stored = f"{number:06d}"
        (folder / stored).write_bytes(data)
        listed.append({"path": path, "stored": stored, "language": "", "sha256": ""})
    return {"folder": str(folder), "files": listed, **more}


def run(folder: Path, files: dict[str, bytes]) -> EngineResult:
    return EngineResult.from_json(packages.run(request(folder, files)), files=set(files))


FILES = {
    "app/requirements.txt": b"-r deps/base.in\nflask==2.0.1\nsix\n",
    "app/deps/base.in": b"werkzeug==2.0.3\n",
    "web/package.json": b'{"dependencies": {"a": "^1"}}',
    "web/yarn.lock": b'# yarn lockfile v1\n\na@^1:\n  version "1.0.0"\n',
    "mix.lock": b"%{}",
    "data.json": b'{"a": 1}',
    "bill.json": b'{"bomFormat": "CycloneDX", "components": [{"purl": "pkg:gem/rack@2.0.1"}]}',
    "main.go": b"package main",
    "web/node_modules/x/package-lock.json": b'{"packages": {"node_modules/y": {"version": "1.0.0"}}}',
}


def test_every_lockfile_of_a_tree_is_read_and_the_rest_left_alone(tmp_path):
    found = run(tmp_path, FILES)

    assert sorted(f"{p.path} {p.name} {p.version}" for p in found.packages) == [
        "app/deps/base.in werkzeug 2.0.3",
        "app/requirements.txt flask 2.0.1",
        "bill.json rack 2.0.1",
        "web/yarn.lock a 1.0.0",
    ]
    assert sorted((skip.path, skip.why) for skip in found.skipped) == [
        ("app/requirements.txt", "unpinned"),
        ("mix.lock", "unknown_lockfile"),
    ]
    assert next(p for p in found.packages if p.name == "a").direct is True


def test_a_file_that_is_gone_or_too_large_is_told(tmp_path, monkeypatch):
    asked = request(tmp_path, {"poetry.lock": b"", "yarn.lock": b"x" * 100, "go.mod": b"module a"})
    (tmp_path / "000000").unlink()
    monkeypatch.setattr(packages, "LARGEST", 50)

    found = EngineResult.from_json(packages.run(asked), files={"poetry.lock", "yarn.lock", "go.mod"})

    assert [(skip.path, skip.why) for skip in found.skipped] == [
        ("poetry.lock", "unreadable"),
        ("yarn.lock", "too_large"),
    ]


def test_an_included_file_is_never_read_beyond_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "LARGEST", 50)

    found = run(tmp_path, {"requirements.txt": b"-r huge.bin\n", "huge.bin": b"a==1\n" * 1000})

    assert len(found.packages) == 1


def test_reach_answers_for_the_projects_own_go_files(tmp_path):
    call = b'package main\nimport "example.org/v/p"\nfunc main() { p.Bad() }\n'
    wanted = {
        "GO-1": {"module": "example.org/v", "symbols": [{"path": "example.org/v/p", "names": ["Bad"]}]},
        "GO-2": {"module": "example.org/v", "symbols": [{"path": "example.org/v/q", "names": ["Bad"]}]},
        "GO-3": {"module": "example.org/w"},
    }

    own = packages.reach(request(tmp_path, {"cmd/main.go": call}, wanted=wanted))["reach"]
    copied = packages.reach(request(tmp_path, {"vendor/x/main.go": call}, wanted=wanted))["reach"]

    assert own["GO-1"] == {"word": "called", "places": [["cmd/main.go", 3, "Bad"]]}
    assert [own[name]["word"] for name in ("GO-2", "GO-3")] == ["not imported", "not imported"]
    assert copied["GO-1"]["word"] == "unknown"
