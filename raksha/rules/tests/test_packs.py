"""Each rule finds what its fixtures mark, nothing else in them, and its fix makes the finding vanish."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from raksha.rules import catalogue, loading
from raksha.rules.tests import fixtures

LANGUAGES = fixtures.languages()


@pytest.fixture(scope="module", params=LANGUAGES)
def outcome(request, tmp_path_factory) -> Any:
    """All fixtures of one language, scanned in one run."""
    language = request.param
    folder = tmp_path_factory.mktemp(language)
    rules = fixtures.rules_file(folder, language)
    parts = fixtures.parts(language)
    found, complaints = fixtures.run(folder, rules, [(part.path, part.code.encode()) for part in parts])
    own = [one for one in found if one.rule == parts[one.part].rule]
    return folder, rules, parts, own, complaints


def test_every_fixture_parses(outcome):
    _, _, parts, _, complaints = outcome

    assert [_complaint(complaint, parts) for complaint in complaints] == []


def test_every_rule_finds_exactly_the_marked_lines(outcome):
    _, _, parts, own, _ = outcome
    lines = defaultdict(set)
    for one in own:
        lines[one.part].add(one.line)

    wrong = {
        f"{part.rule} #{number}: missed {sorted(part.true_lines - lines[number])} "
        f"wrong {sorted(lines[number] - part.true_lines)}"
        for number, part in enumerate(parts)
        if lines[number] != part.true_lines
    }

    assert wrong == set()


def test_a_rule_with_a_fix_gives_one_for_each_of_its_findings(outcome):
    _, _, _, own, _ = outcome
    fixing = {facts.id for facts in catalogue.all_facts().values() if facts.has_fix}

    assert sorted({one.rule for one in own if one.fix is None and one.rule in fixing}) == []


def test_every_fix_parses_and_makes_its_finding_vanish(outcome, tmp_path):
    _, rules, parts, own, _ = outcome
    by_part = defaultdict(list)
    for one in own:
        if one.fix is not None:
            by_part[one.part].append(one)
    numbers = sorted(by_part)
    mended = [(parts[number].path, _mended(parts[number].code, by_part[number])) for number in numbers]

    left, complaints = fixtures.run(tmp_path, rules, mended)

    fixed = [parts[number] for number in numbers]
    unfixed_lines = {
        number: len({one.start for one in own if one.part == number and one.fix is None})
        for number in numbers
    }
    counts = defaultdict(set)
    for one in left:
        if one.rule == fixed[one.part].rule:
            counts[one.part].add(one.start)
    stubborn = [
        f"{fixed[index].rule}\n{mended[index][1].decode()}"
        for index, number in enumerate(numbers)
        if len(counts[index]) > unfixed_lines[number]
    ]
    assert stubborn == []
    assert [_complaint(complaint, fixed) for complaint in complaints] == []


def _mended(code: str, found: list[fixtures.Found]) -> bytes:
    content = code.encode()
    before = len(content) + 1
    for one in sorted(found, key=lambda one: (-one.start, one.end)):
        if one.end > before:
            continue  # lies around one that is already mended
        content = content[: one.start] + str(one.fix).encode() + content[one.end :]
        before = one.start
    return content


def _complaint(complaint: Any, parts: Any) -> str:
    place = (complaint.get("location") or {}).get("path", "")
    name = place.rpartition("/")[2].partition(".")[0]
    rule = parts[int(name)].rule if name.isdigit() else place
    return f"{rule} {complaint.get('message', '')[:300]} {complaint.get('rule_id', '')}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_a_true_and_a_false_fixture(language):
    parts = fixtures.parts(language)
    words = {rule["id"] for rule in loading.all_rules() if rule["id"].startswith(f"{language}.")}

    assert {part.rule for part in parts if part.true_lines} == words
    assert {part.rule for part in parts if part.false_lines} == words


def test_at_least_250_rules_and_60_percent_of_them_with_a_fix():
    rules = loading.all_rules()

    fixed = [rule for rule in rules if "fix" in rule or "fix-regex" in rule]

    assert len(rules) >= 250
    assert len(fixed) >= 0.6 * len(rules)
