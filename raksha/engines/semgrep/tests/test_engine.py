"""The engine inside the sandbox: what it finds, what it says it left out, and what it does when the core fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from raksha.detections import Edit, Place
from raksha.engines import semgrep
from raksha.engines.results import EngineResult
from raksha.engines.semgrep import program
from raksha.languages import language_of
from raksha.sandbox import Host, Limits

pytestmark = pytest.mark.processes
RULES = [
    {
        "id": "test.weak-hash",
        "languages": ["python"],
        "severity": "WARNING",
        "message": "MD5 of $X is broken.",
        "metadata": {
            "title": "Weak hash",
            "cwe": ["CWE-328: Use of Weak Hash"],
            "owasp": ["A02:2021"],
            "llm": ["LLM05:2025"],
            "confidence": "high",
            "kind": "code",
            "fix_advice": "Use SHA-256.",
            "references": ["https://example.org/"],
        },
        "pattern": "hashlib.md5($X)",
        "fix": "hashlib.sha256($X)",
    },
    {
        "id": "test.command",
        "mode": "taint",
        "languages": ["python"],
        "severity": "ERROR",
        "message": "A request reaches a shell.",
        "metadata": {"cwe": [78]},
        "pattern-sources": [{"pattern": "request.$A"}],
        "pattern-sinks": [{"pattern": "subprocess.$F(..., shell=True, ...)"}],
    },
    {
        "id": "test.workflow",
        "languages": ["yaml"],
        "severity": "INFO",
        "message": "It runs for everybody's pull requests.",
        "metadata": {"kind": "config", "cwe": [829]},
        "pattern": "pull_request_target",
        "paths": {"include": [".github/workflows/*"]},
    },
    {
        "id": "test.eval",
        "languages": ["javascript", "typescript"],
        "severity": "ERROR",
        "message": "eval",
        "metadata": {"cwe": [95]},
        "pattern": "eval($X)",
    },
]
VIEW = """import subprocess
# ünïcödé 漢字
def ping(request):
    name = "é"; host = request.args
    return subprocess.check_output("ping " + host, shell=True)
"""


@pytest.fixture(scope="module")
def host():
    with Host(imports=["raksha.engines.semgrep"]) as host:
        yield host


def lay(folder: Path, sources: dict[str, bytes | str]) -> list[dict[str, str]]:
    """Put sources into a folder as intake would, and return them as a request names them."""
    folder.chmod(0o755)
    files = []
    for number, (path, source) in enumerate(sources.items()):
        data = source.encode() if isinstance(source, str) else source
        stored = f"{number:06d}{Path(path).suffix.lower()}"
        (folder / stored).write_bytes(data)
        files.append(
            {"path": path, "stored": stored, "language": language_of(path, data[:200]), "sha256": "0"}
        )
    return files


def scan(host, folder, sources, rules=RULES, **more):
    files = lay(folder, sources)
    request = (
        {"files": files, **more}
        if rules is None
        else {"files": files, "rules": json.dumps({"rules": rules}), **more}
    )
    answer = host.call("raksha.engines.semgrep:run", request, folder=str(folder), limits=Limits())
    return EngineResult.from_json(answer, files=frozenset(sources))


def test_a_match_becomes_a_detection_with_all_that_the_rule_says(host, open_folder):
    result = scan(host, open_folder, {"a/b.py": 'import hashlib\ns = "漢"; x = hashlib.md5(s)\n'})

    (found,) = result.detections
    assert (found.engine, found.rule, found.kind) == ("semgrep", "test.weak-hash", "code")
    assert (found.severity, found.confidence) == ("medium", "high")
    assert found.message == "MD5 of s is broken."
    assert found.place == Place("a/b.py", 2, 14, 2, 28)
    assert found.matched == "hashlib.md5(s)"
    assert found.snippet == 's = "漢"; x = hashlib.md5(s)'
    assert (found.cwe, found.owasp) == ((328,), ("A02:2021", "LLM05:2025"))
    assert found.fix == (Edit(found.place, "hashlib.sha256(s)"),)
    assert (found.facts, found.references) == ({"advice": "Use SHA-256."}, ("https://example.org/",))
    assert result.skipped == ()
    assert result.versions == {"semgrep": program.version(), "semgrep_way": "core"}


def test_a_data_flow_becomes_steps(host, open_folder):
    (found,) = scan(host, open_folder, {"v.py": VIEW}).detections

    assert (found.severity, found.cwe) == ("high", (78,))
    assert [(step.place.line, step.place.column, step.text) for step in found.trace] == [
        (4, 24, "request.args"),
        (4, 17, "host"),
        (5, 12, 'subprocess.check_output("ping " + host, shell=True)'),
    ]


def test_a_rule_for_some_paths_looks_at_the_paths_as_their_author_named_them(host, open_folder):
    text = "on: pull_request_target\n"

    found = scan(host, open_folder, {".github/workflows/ci.yml": text, "other.yml": text}).detections

    assert [(one.place.path, one.kind, one.severity) for one in found] == [
        (".github/workflows/ci.yml", "config", "low")
    ]


def test_languages_of_one_family_are_told_apart_by_the_files(host, open_folder):
    sources = {
        "a.js": "eval(x)",
        "b.tsx": "const a: X = <div>{eval(x)}</div>",
        "c.mjs": "eval(x)",
        "d.ts": "eval(<X>y)",
    }

    result = scan(host, open_folder, sources)

    assert sorted(one.place.path for one in result.detections) == sorted(sources)
    assert result.skipped == ()


def test_our_own_packs_are_used_when_no_rules_are_given(host, open_folder):
    source = "import flask\napp = flask.Flask(__name__)\napp.run(debug=True)\n"

    result = scan(host, open_folder, {"a.py": source}, rules=None)

    assert "python.flask-debug" in {one.rule for one in result.detections}
    assert result.skipped == ()


def test_what_cannot_be_parsed_is_listed(host, open_folder):
    result = scan(host, open_folder, {"bad.py": "def (:\n  hashlib.md5(1\n", "good.py": "hashlib.md5(1)"})

    assert [one.place.path for one in result.detections] == ["good.py"]
    assert [(skip.path, skip.why) for skip in result.skipped] == [("bad.py", "parse_error")]


def test_a_wrong_rule_is_listed_and_the_others_are_used(host, open_folder):
    wrong = {"id": "test.wrong", "languages": ["python"], "severity": "INFO", "message": "m", "pattern": "f("}

    result = scan(host, open_folder, {"a.py": "hashlib.md5(1)"}, rules=[*RULES, wrong])

    assert len(result.detections) == 1
    assert {skip.why for skip in result.skipped} == {"rule_error"}
    assert "test.wrong" in result.skipped[0].says


def test_a_file_beyond_the_size_is_listed(host, open_folder):
    large = b"x = 1\n" * 900_000

    result = scan(host, open_folder, {"large.py": large, "a.py": "hashlib.md5(1)"})

    assert len(result.detections) == 1
    assert [(skip.path, skip.why) for skip in result.skipped] == [("large.py", "too_large")]


def test_more_matches_than_are_kept_are_listed(host, open_folder):
    result = scan(host, open_folder, {"a.py": "hashlib.md5(1)\n" * 10_001}, jobs=1)

    assert [(skip.path, skip.why) for skip in result.skipped] == [("a.py", "limit")]


def test_shards_find_what_one_process_finds(host, open_folder):
    sources = {f"{number}.py": f"x = {number}\nhashlib.md5({number})\n" for number in range(170)}

    one = scan(host, open_folder, sources, jobs=1)
    two = scan(host, open_folder, sources, jobs=2)

    assert one.detections == two.detections
    assert len(one.detections) == 170


class Core:
    """Stands for the core: fails on some files, and notes what it was asked."""

    def __init__(self, fails=frozenset(), hangs=frozenset()):
        self.fails, self.hangs, self.asked = fails, hangs, []

    def __call__(self, rules, targets, folder, *, seconds, memory_mb, rule_seconds=5):
        names = [target.path for target in targets]
        self.asked.append((names, seconds))
        if self.fails & set(names):
            raise program.CoreFailed("It broke.")
        if self.hangs & set(names):
            raise program.CoreFailed("It took too long.", is_late=True)
        if not targets:
            return {"results": [], "errors": [], "paths": {"scanned": []}}
        return program.call_core(rules, targets, folder, seconds=seconds, memory_mb=memory_mb)


def run_here(folder, sources, monkeypatch, core, **more):
    monkeypatch.setattr(semgrep._Run, "__init__", _with(core, semgrep._Run.__init__))
    request = {
        "folder": str(folder),
        "files": lay(folder, sources),
        "rules": json.dumps({"rules": RULES}),
        **more,
    }
    return EngineResult.from_json(semgrep.run(request), files=frozenset(sources))


def _with(core, original):
    def init(self, **fields):
        original(self, **{**fields, "call": core})

    return init


def test_a_file_that_breaks_the_core_costs_only_itself(open_folder, monkeypatch):
    sources = {f"{number}.py": "hashlib.md5(1)" for number in range(9)}

    result = run_here(open_folder, sources, monkeypatch, Core(fails={"4.py"}, hangs={"7.py"}), jobs=1)

    assert {one.place.path for one in result.detections} == sources.keys() - {"4.py", "7.py"}
    assert [(skip.path, skip.why) for skip in sorted(result.skipped, key=lambda skip: skip.path)] == [
        ("4.py", "engine_failed"),
        ("7.py", "timed_out"),
    ]


def test_when_the_time_is_over_what_is_left_is_listed(open_folder, monkeypatch):
    result = run_here(open_folder, {"a.py": "hashlib.md5(1)"}, monkeypatch, Core(), seconds=0)

    assert [(skip.path, skip.why) for skip in result.skipped] == [("a.py", "timed_out")]


def test_a_file_on_which_rules_ran_out_of_time_gets_more_of_it(open_folder, monkeypatch):
    asked = []

    def hasty(rules, targets, folder, *, rule_seconds=5, **limits):
        asked.append((sorted(target.path for target in targets), rule_seconds))
        answer = program.call_core(rules, targets, folder, rule_seconds=rule_seconds, **limits)
        if rule_seconds > 5:
            return answer
        late = [one for one in answer["results"] if one["path"].endswith("000001.py")]
        errors = [
            {"error_type": "Timeout", "location": {"path": one["path"]}, "rule_id": "r"} for one in late
        ]
        kept = [one for one in answer["results"] if one not in late]
        return {**answer, "results": kept, "errors": errors}

    result = run_here(
        open_folder, {"a.py": "hashlib.md5(1)", "b.py": "hashlib.md5(1)"}, monkeypatch, hasty, jobs=1
    )

    assert [one.place.path for one in result.detections] == ["a.py", "b.py"]
    assert result.skipped == ()
    assert asked == [(["a.py", "b.py"], 5), (["b.py"], 20)]


def test_a_file_that_the_core_passes_over_in_silence_is_listed(open_folder, monkeypatch):
    def silent(rules, targets, folder, **limits):
        answer = program.call_core(rules, targets, folder, **limits)
        return {**answer, "paths": {"scanned": []}, "results": []}

    result = run_here(open_folder, {"a.py": "hashlib.md5(1)"}, monkeypatch, silent)

    assert [(skip.path, skip.why) for skip in result.skipped] == [("a.py", "unreadable")]


def test_a_core_that_finds_nothing_is_noticed_and_the_command_is_used(open_folder, monkeypatch):
    """A later version might change the interface that nobody promised us."""
    monkeypatch.setattr(program, "CANARY_SOURCE", "something_else()\n")

    request = {
        "folder": str(open_folder),
        "files": lay(open_folder, {"a.py": "hashlib.md5(1)  # nosemgrep\n"}),
    }
    answer = semgrep.run({**request, "rules": json.dumps({"rules": RULES})})
    result = EngineResult.from_json(answer, files={"a.py"})

    assert [(one.rule, one.suppressed) for one in result.detections] == [("test.weak-hash", "nosemgrep")]
    assert "command" in result.versions["semgrep_way"]
