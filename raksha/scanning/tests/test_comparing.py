"""New, fixed, unchanged, reopened, and what nobody looked at."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from raksha.coverage import Skip
from raksha.detections import Detection, Place, fingerprints
from raksha.scanning.comparing import Known, Look, compare

PATHS = ["a.py", "lib/b.py", "lib/deep/c.py"]
NAMES = st.text("abcdef", min_size=1, max_size=2)
KNOWN = st.dictionaries(
    NAMES,
    st.builds(
        Known,
        pk=NAMES,
        engine=st.sampled_from(["semgrep", "taint"]),
        path=st.sampled_from(PATHS),
        is_open=st.booleans(),
        digest=st.sampled_from(["1", "2"]),
    ),
).map(lambda rows: {name: Known(name, k.engine, k.path, k.is_open, k.digest) for name, k in rows.items()})
FOUND = st.dictionaries(NAMES, st.sampled_from(["1", "2"]))
LOOK = Look(engines=["semgrep", "taint"], paths=PATHS, skipped={})


def look(**skipped: Skip) -> Look:
    by_engine = {engine.replace("everywhere", ""): [skip] for engine, skip in skipped.items()}
    return Look(engines=["semgrep", "taint"], paths=["a.py"], skipped=by_engine)


@given(KNOWN, FOUND)
def test_every_finding_is_counted_exactly_once(known, found):
    result = compare(known, found, LOOK)

    assert sorted(result.new + result.unchanged + result.reopened) == sorted(found)
    open_before = {name for name, row in known.items() if row.is_open}
    assert sorted(result.fixed + result.unseen) == sorted(open_before - found.keys())
    assert set(result.changed) <= set(found) & set(known)


@given(KNOWN, FOUND)
def test_a_second_scan_of_the_same_code_finds_nothing_new_and_fixes_nothing(known, found):
    after = {name: Known(name, "semgrep", "a.py", True, digest) for name, digest in found.items()}

    result = compare(after, found, LOOK)

    assert sorted(result.unchanged) == sorted(found)
    assert [*result.new, *result.fixed, *result.reopened, *result.changed, *result.unseen] == []


def test_a_file_that_is_gone_was_looked_at():
    assert look().saw("taint", "gone.py")


def test_an_engine_that_did_not_run_saw_nothing():
    assert not look().saw("secrets", "a.py")


def test_a_file_that_one_engine_left_out_was_seen_by_the_others():
    seen = look(taint=Skip("a.py", "timed_out", "It took too long."))

    assert not seen.saw("taint", "a.py")
    assert seen.saw("semgrep", "a.py")


def test_what_an_engine_left_out_as_a_whole_it_did_not_see():
    assert not look(taint=Skip("", "engine_failed", "It failed.")).saw("taint", "a.py")


def test_a_file_below_a_folder_that_was_left_out_is_not_taken_for_gone():
    seen = look(everywhere=Skip("vendor", "dependencies", "They are not yours."))

    assert not seen.saw("taint", "vendor/x/y.py")
    assert seen.saw("taint", "vendored/x.py")


def test_with_a_tree_cut_short_nothing_is_taken_for_gone():
    assert not look(everywhere=Skip("", "limit", "More were left out.")).saw("taint", "gone.py")


def test_a_file_that_only_asks_for_silence_was_looked_at():
    assert look(semgrep=Skip("a.py", "suppressed", "nosemgrep")).saw("semgrep", "a.py")


def _detections(seed: int, shift: int) -> list[Detection]:
    chance = random.Random(seed)  # noqa: S311 - a fixed sequence
    return [
        Detection(
            engine="semgrep",
            rule=chance.choice(["python.xss", "python.sql"]),
            kind="code",
            severity="high",
            confidence="high",
            title="",
            message="",
            place=Place("a.py", line + shift, 1),
            matched=chance.choice(["eval(x)", "eval(y)", "run( x )"]),
            scope=chance.choice(["f", "g", ""]),
        )
        for line in sorted(chance.sample(range(1, 400), 30))
    ]


@given(st.integers(0, 10_000), st.integers(1, 50))
def test_lines_put_above_change_no_fingerprint(seed, shift):
    assert fingerprints(_detections(seed, shift)) == fingerprints(_detections(seed, 0))


@given(st.integers(0, 10_000), st.integers(0, 29))
def test_one_more_finding_elsewhere_renames_at_most_those_of_the_same_code_and_scope_below_it(seed, position):
    before = _detections(seed, 0)
    other = before[position]
    added = Detection(
        **{
            **{name: getattr(other, name) for name in other.__dataclass_fields__},
            "matched": "quite_different(z)",
        }
    )

    kept = set(fingerprints(before)) & set(fingerprints([*before, added]))

    assert len(kept) == len(before)


def test_old_intelligence_still_sees_that_a_package_was_upgraded():
    seen = Look(
        engines=["packages"],
        paths=["requirements.txt"],
        skipped={"packages": [Skip("", "stale_feed", "It is old.")]},
    )

    assert seen.saw("packages", "requirements.txt")
