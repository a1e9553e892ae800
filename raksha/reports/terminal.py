"""The report for a terminal: most urgent first, each with its place, why it ranks, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from raksha.coverage import TITLES, count
from raksha.reports.facts import Report, Reported, counts, in_order

COLOURS = {"critical": "1;31", "high": "31", "medium": "33", "low": "36", "info": "2"}
MOST_REASONS = 3
MOST_STEPS = 6


def write(report: Report, *, width: int = 100, colour: bool = False, most: int = 200) -> str:
    """Return the text, ending with a line that says what was not looked at.

    most: so many findings are shown; the rest is counted. Control characters of scanned code are left out.
    """
    shown = [one for one in in_order(report) if one.is_standing]
    lines: list[str] = []
    for one in shown[:most]:
        lines += _finding(one, width, colour)
    if len(shown) > most:
        lines += [f"… and {len(shown) - most:,} less urgent findings.", ""]
    return "\n".join([*lines, *_end(report)]) + "\n"


def _finding(one: Reported, width: int, colour: bool) -> Iterator[str]:
    found = one.found
    head = f"{one.priority:>3}  {found.severity.upper():<8}  {found.title}"
    marks = [f"CWE-{cwe}" for cwe in found.cwe[:3]] + (["known to be exploited"] if one.is_kev else [])
    yield _painted(_plain(f"{head}  {' · '.join(marks)}".rstrip()), COLOURS[found.severity] if colour else "")
    yield _plain(f"     {found.place.path}:{found.place.line}  {found.rule}  {one.word}, {one.change}")
    yield from _wrapped(found.message, width)
    steps = (
        found.trace
        if len(found.trace) <= MOST_STEPS
        else (*found.trace[:2], *found.trace[-(MOST_STEPS - 2) :])
    )
    for step in steps:
        yield _plain(f"       → {step.place.path}:{step.place.line}  {step.says}: {step.text}")[: width + 20]
    if found.snippet and not steps:
        yield from (_plain(f"       {line}")[: width + 20] for line in found.snippet.splitlines()[:3])
    if one.reasons:
        best = sorted(one.reasons, key=lambda reason: -abs(reason.points))[:MOST_REASONS]
        yield from _wrapped(
            "Why: " + "; ".join(f"{reason.text} ({reason.points:+d})" for reason in best), width
        )
    if fix := _fix(one):
        yield from _wrapped(f"Fix: {fix}", width)
    yield ""


def _fix(one: Reported) -> str:
    facts = one.found.facts
    if facts.get("fixed_version"):
        return f"upgrade {facts.get('name', '')} to {facts['fixed_version']}"
    return " / ".join(edit.text.strip() or "remove it" for edit in one.found.fix[:3])


def _end(report: Report) -> Iterator[str]:
    numbers = ", ".join(f"{number} {severity}" for severity, number in counts(report).items() if number)
    yield f"{report.project}: {numbers or report.verdict}. {report.files:,} files, {len(report.packages):,} packages looked at."
    if report.skipped:
        left = ", ".join(f"{number} {TITLES[why].lower()}" for why, number in count(report.skipped).items())
        yield f"{'Left out' if report.is_partial else 'Beside that'}: {left}."
    else:
        yield "Nothing was left out."
    yield from report.notes


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(_plain(text), max(width, 40), initial_indent="     ", subsequent_indent="     ")


def _plain(text: str) -> str:
    """Return the text without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if code else text
