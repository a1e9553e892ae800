"""The report as one HTML file that needs nothing else: no script, no picture, no address is loaded."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from raksha.coverage import TITLES, count
from raksha.detections import Edit, Step
from raksha.reports.facts import Report, Reported, counts, in_order

MOST_SKIPS = 500
STYLE = """
:root{color-scheme:light dark;--line:light-dark(#ddd,#444);--soft:light-dark(#f6f6f4,#222);--quiet:light-dark(#555,#aaa)}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem;margin:0}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}pre{background:var(--soft);padding:.6rem;overflow:auto;font-size:13px}
article{border:1px solid var(--line);border-radius:6px;padding:1rem;margin:1rem 0;break-inside:avoid}
.q{color:var(--quiet)}ins,del{text-decoration:none;display:block}ins{color:light-dark(#116329,#7ee787)}del{color:light-dark(#a40e26,#ffa198)}
""".strip()


def write(report: Report) -> bytes:
    """Return the page, UTF-8; equal reports give equal bytes."""
    findings = in_order(report)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(report.project)}: scan report</title><style>{STYLE}</style></head><body><main>",
        _head(report),
        _coverage(report),
        f"<h2>Findings ({len(findings)})</h2>" if findings else "<h2>Findings</h2><p>None.</p>",
        *(_finding(one) for one in findings),
        _packages(report),
        "</main></body></html>\n",
    ]
    return "\n".join(parts).encode()


def _head(report: Report) -> str:
    where = " · ".join(escape(text) for text in (report.url, report.revision, report.commit[:12]) if text)
    found = "".join(f'<td class="n">{number}</td>' for number in counts(report).values())
    names = "".join(f'<th scope="col" class="n">{severity}</th>' for severity in counts(report))
    return (
        f'<h1>{escape(report.project)}</h1><p class="q">{where}</p>'
        f"<p><strong>{escape(report.verdict.capitalize())}.</strong> Scan {escape(report.scan)}, finished {escape(report.finished_at)}.</p>"
        f"<table><thead><tr>{names}</tr></thead><tbody><tr>{found}</tr></tbody></table>"
    )


def _coverage(report: Report) -> str:
    rows = "".join(
        f'<tr><td>{TITLES[why]}</td><td class="n">{number}</td></tr>'
        for why, number in count(report.skipped).items()
    )
    feeds = "".join(
        f"<li>{escape(feed.name)}: {escape(feed.changed_at or 'never fetched')}</li>" for feed in report.feeds
    )
    listed = "".join(
        f"<li><code>{escape(skip.path or 'whole scan')}</code>: {escape(skip.says)}</li>"
        for skip in report.skipped[:MOST_SKIPS]
    )
    more = len(report.skipped) - MOST_SKIPS
    return (
        f"<h2>What was looked at</h2><p>{report.files} files. {'Something was left out.' if report.is_partial else 'Nothing was left out.'}</p>"
        + (f'<table><thead><tr><th scope="col">Left out</th><th scope="col" class="n">Times</th></tr></thead><tbody>{rows}</tbody></table>' if rows else "")
        + (f"<details><summary>Each of them</summary><ul>{listed}</ul>{f'<p>and {more} more</p>' if more > 0 else ''}</details>" if listed else "")
        + (f"<p>Threat intelligence:</p><ul>{feeds}</ul>" if feeds else "")
        + "".join(f"<p>{escape(note)}</p>" for note in report.notes)
    )  # fmt: skip


def _finding(one: Reported) -> str:
    found, place = one.found, one.found.place
    facts = [
        f"{one.priority} of 100",
        one.word,
        found.severity,
        f"confidence {found.confidence}",
        one.state,
        one.change,
    ]
    facts += (
        [f"CWE-{cwe}" for cwe in found.cwe]
        + list(found.owasp)
        + (["known to be exploited"] if one.is_kev else [])
    )
    if one.ruling != "open":
        facts.append(
            " ".join(
                part for part in (one.ruling.replace("_", " "), one.ruling_reason.replace("_", " ")) if part
            )
        )
    if found.suppressed:
        facts.append(f"asks for silence: {found.suppressed}")
    reasons = "".join(f"<li>{reason.points:+d} {escape(reason.text)}</li>" for reason in one.reasons)
    links = "".join(f"<li>{escape(link)}</li>" for link in found.references)
    return (
        f"<article><h3>{escape(found.title)}</h3><p class=\"q\">{escape(' · '.join(facts))}</p>"
        f"<p><code>{escape(place.path)}:{place.line}</code> <span class=\"q\">{escape(found.rule)}</span></p><p>{escape(found.message)}</p>"
        + (f"<pre>{escape(found.snippet)}</pre>" if found.snippet else "")
        + _trace(found.trace)
        + _fix(found.fix)
        + (f"<p>Why this rank:</p><ul>{reasons}</ul>" if reasons else "")
        + (f"<p>Read more:</p><ul>{links}</ul>" if links else "")
        + "</article>"
    )  # fmt: skip


def _trace(steps: Iterable[Step]) -> str:
    items = "".join(
        f"<li><code>{escape(step.place.path)}:{step.place.line}</code> {escape(step.says)}<pre>{escape(step.text)}</pre></li>"
        for step in steps
    )
    return f"<p>Data flow:</p><ol>{items}</ol>" if items else ""


def _fix(edits: Iterable[Edit]) -> str:
    items = "".join(
        f"<p><code>{escape(edit.place.path)}:{edit.place.line}</code></p><pre><ins>{escape(edit.text) or '(removed)'}</ins></pre>"
        for edit in edits
    )
    return f"<p>Suggested change:</p>{items}" if items else ""


def _packages(report: Report) -> str:
    rows = "".join(
        f"<tr><td>{escape(package.ecosystem)}</td><td>{escape(package.name)}</td><td>{escape(package.version)}</td>"
        f"<td>{escape(package.path)}</td><td>{escape(package.licence)}</td></tr>"
        for package in report.packages
    )
    if not rows:
        return ""
    names = "".join(
        f'<th scope="col">{name}</th>' for name in ("Ecosystem", "Package", "Version", "From", "Licence")
    )
    return f"<h2>Packages ({len(report.packages)})</h2><table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"
