import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.coverage import WHYS, Skip
from raksha.detections import SEVERITIES, Detection, Edit, Place, Step
from raksha.engines.results import EngineResult, FileNote
from raksha.engines.strict import Malformed

FILES = frozenset({"a.py", "lib/b.py"})
PLACE = Place("a.py", 3, 5, 3, 9)
FOUND = Detection(
    engine="taint",
    rule="python.sql-injection",
    kind="code",
    severity="high",
    confidence="high",
    title="SQL injection",
    message="Text of a request runs as SQL.",
    place=PLACE,
    matched="db.execute(q)",
    cwe=(89,),
    trace=(Step(Place("lib/b.py", 1), "request.args", "request parameter"),),
    fix=(Edit(PLACE, "x"),),
    facts={"sink": "execute"},
)
RESULT = EngineResult(
    detections=(FOUND,),
    skipped=(Skip("lib/b.py", "timed_out", "It took too long."), Skip("", "rule_error", "A rule failed.")),
    per_file={"a.py": FileNote({"lib/b.py": "ab", "lib/c.py": ""})},
    seconds=0.25,
    versions={"semgrep": "1.182.0"},
)

_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
_places = st.builds(Place, st.sampled_from(sorted(FILES)), st.integers(0, 10**6), st.integers(0, 10**6))
_steps = st.builds(Step, _places, _text, _text)
_found = st.builds(
    lambda place, text, severity, trace, fix, facts: replace(
        FOUND, place=place, message=text, severity=severity, trace=trace, fix=fix, facts=facts
    ),
    _places,
    _text,
    st.sampled_from(SEVERITIES),
    st.lists(_steps, max_size=3).map(tuple),
    st.lists(st.builds(Edit, _places, _text), max_size=2).map(tuple),
    st.dictionaries(_text, _text, max_size=3),
)
_skips = st.builds(Skip, st.sampled_from(["", *sorted(FILES)]), st.sampled_from(WHYS), _text)


@given(
    st.lists(_found, max_size=4).map(tuple),
    st.lists(_skips, max_size=4).map(tuple),
    st.floats(0, 1e6),
)
def test_a_result_comes_back_from_json_as_it_was(detections, skipped, seconds):
    result = EngineResult(detections=detections, skipped=skipped, seconds=seconds)

    data = json.dumps(result.to_json()).encode()

    assert EngineResult.from_bytes(data, files=FILES) == result


def test_every_part_comes_back():
    assert EngineResult.from_json(RESULT.to_json(), files=FILES) == RESULT


def _changed(path, value):
    changed = json.loads(json.dumps(RESULT.to_json()))
    *way, last = path
    part = changed
    for step in way:
        part = part[step]
    part[last] = value
    return changed


WRONG = {
    "another file": (["detections", 0, "place", "path"], "../etc/passwd"),
    "another file in a trace": (["detections", 0, "trace", 0, "place", "path"], "c.py"),
    "another file in a fix": (["detections", 0, "fix", 0, "place", "path"], "c.py"),
    "another file skipped": (["skipped", 0, "path"], "c.py"),
    "another file noted": (["per_file"], {"c.py": {}}),
    "unknown field": (["detections", 0, "evil"], 1),
    "number for text": (["detections", 0, "title"], 7),
    "text for number": (["detections", 0, "place", "line"], "3"),
    "truth for number": (["detections", 0, "place", "line"], True),
    "negative line": (["detections", 0, "place", "line"], -1),
    "huge number": (["detections", 0, "place", "column"], 10**30),
    "unknown severity": (["detections", 0, "severity"], "fatal"),
    "list as severity": (["detections", 0, "severity"], []),
    "half a character": (["detections", 0, "title"], "\ud800"),
    "NUL": (["detections", 0, "title"], "a\0b"),
    "long text": (["detections", 0, "title"], "x" * 100_001),
    "long trace": (["detections", 0, "trace"], [RESULT.to_json()["detections"][0]["trace"][0]] * 1001),
    "not a number": (["seconds"], float("nan")),
    "object for list": (["detections"], {}),
    "list for object": (["versions"], []),
    "missing field": (["detections", 0, "place"], {"path": "a.py"}),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_wrong_answer_is_refused(name):
    with pytest.raises(Malformed):
        EngineResult.from_json(_changed(*WRONG[name]), files=FILES)


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"[]", b"null", b"\xff"], ids=range(6))
def test_what_is_no_object_of_json_is_refused(data):
    with pytest.raises(Malformed):
        EngineResult.from_bytes(data, files=FILES)


@pytest.mark.parametrize("number", [-1, 1])
def test_a_note_names_only_results_that_are_there(number):
    answer = {
        "per_file": {"a.py": {"skipped": [number]}},
        "skipped": [{"path": "a.py", "why": "budget", "says": "."}],
    }

    with pytest.raises(Malformed, match="not there"):
        EngineResult.from_json(answer, files=["a.py"])
