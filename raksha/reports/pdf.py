"""The report as PDF for people who were not there: verdict, numbers, what was left out, the most urgent findings."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import escape
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, PropertySet, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import (
    KeepTogether,
    Paragraph,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from raksha.coverage import TITLES, count
from raksha.reports.facts import Report, Reported, counts, in_order

MOST_FINDINGS = 200
MOST_CODE_LINES = 12
WIDEST = 96
STYLES = getSampleStyleSheet()
TEXT, HEAD, TITLE = STYLES["BodyText"], STYLES["Heading2"], STYLES["Title"]
QUIET = ParagraphStyle("quiet", parent=TEXT, textColor=colors.HexColor("#555555"), fontSize=8.5)
CODE = ParagraphStyle(
    "code", parent=STYLES["Code"], fontSize=7.5, leading=9.5, backColor=colors.HexColor("#f4f4f2")
)
GRID = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
        ("FONTSIZE", (0, 0), (-1, -1), 9),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
    ]
)


def write(report: Report) -> bytes:
    """Return the document; equal reports give equal bytes."""
    out = io.BytesIO()
    # invariant: neither the clock nor a random id goes into the file.
    document = SimpleDocTemplate(
        out, pagesize=A4, title=f"{report.project}: scan report", author="Avyay", invariant=1,
        leftMargin=18 * mm, rightMargin=18 * mm, topMargin=16 * mm, bottomMargin=16 * mm,
    )  # fmt: skip
    document.build(list(_story(report)))
    return out.getvalue()


def _story(report: Report) -> Iterator[Any]:
    findings = in_order(report)
    yield _paragraph(report.project, TITLE)
    yield _paragraph(
        " · ".join(part for part in (report.url, report.revision, report.commit[:12]) if part), QUIET
    )
    yield _paragraph(f"{report.verdict.capitalize()}. Scan {report.scan}, finished {report.finished_at}.")
    numbers = counts(report)
    yield Table([[*numbers], [str(number) for number in numbers.values()]], style=GRID, hAlign="LEFT")
    yield from _coverage(report)
    yield _paragraph(f"Findings ({len(findings)})", HEAD)
    for one in findings[:MOST_FINDINGS]:
        yield KeepTogether(list(_finding(one)))
    if len(findings) > MOST_FINDINGS:
        yield _paragraph(
            f"{len(findings) - MOST_FINDINGS} less urgent findings are in the other formats.", QUIET
        )


def _coverage(report: Report) -> Iterator[Any]:
    yield _paragraph("What was looked at", HEAD)
    yield _paragraph(
        f"{report.files} files. {'Something was left out:' if report.is_partial else 'Nothing was left out.'}"
    )
    if left := count(report.skipped):
        yield Table([[TITLES[why], str(number)] for why, number in left.items()], style=GRID, hAlign="LEFT")
    for feed in report.feeds:
        yield _paragraph(f"{feed.name}: {feed.changed_at or 'never fetched'}", QUIET)
    for note in report.notes:
        yield _paragraph(note, QUIET)


def _finding(one: Reported) -> Iterator[Any]:
    found = one.found
    yield _paragraph(f"{one.priority} · {found.title}", STYLES["Heading3"])
    words = [
        one.word,
        found.severity,
        one.change,
        *(f"CWE-{cwe}" for cwe in found.cwe),
        f"{found.place.path}:{found.place.line}",
    ]
    yield _paragraph(" · ".join(words + (["known to be exploited"] if one.is_kev else [])), QUIET)
    yield _paragraph(found.message)
    if found.snippet:
        yield Preformatted(_code(found.snippet), CODE)
    if one.reasons:
        yield _paragraph(
            "Rank: " + "; ".join(f"{reason.points:+d} {reason.text}" for reason in one.reasons), QUIET
        )
    yield Spacer(1, 3 * mm)


def _code(text: str) -> str:
    return "\n".join(line[:WIDEST] for line in text.expandtabs(4).splitlines()[:MOST_CODE_LINES])


def _paragraph(text: str, style: PropertySet = TEXT) -> Paragraph:
    # Paragraphs take markup: what comes from outside is escaped, so that it can name no picture and no link.
    return Paragraph(escape(text), style)
