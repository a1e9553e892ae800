from __future__ import annotations

import csv
import io
import json
import random
import re
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raksha.coverage import Skip
from raksha.detections import Detection, Edit, Place, Step
from raksha.packages import Package
from raksha.reports import FORMATS, sarif
from raksha.reports.facts import Feed, Reason, Report, Reported
from raksha.reports.tables import COLUMNS
from raksha.reports.tests.shapes import SARIF

EVIL = "<script>alert(1)</script>=cmd|' /C calc'!A0"


def reported(number: int = 1, **over: object) -> Reported:
    found = Detection(
        engine="taint", rule="python.sql-injection", kind="code", severity="high", confidence="high",
        title="SQL injection", message=f"Request data reaches SQL {EVIL}.", place=Place(f"app/views {EVIL}.py", number, 5, number, 20),
        matched="cursor.execute(q)", cwe=(89,), owasp=("A03:2021",), snippet=f"    cursor.execute(q)  # {EVIL}",
        trace=(Step(Place("app/views.py", 1, 1, 1, 9), "request.args", "comes from the request"), Step(Place("app/views.py", number), "execute(q)", "runs as SQL")),
        fix=(Edit(Place("app/views.py", number, 5, number, 20), "cursor.execute(q, (name,))"),), references=("https://example.org/89",),
    )  # fmt: skip
    base = Reported(
        f"fnd_{number}",
        f"{number:032x}",
        found,
        priority=number % 101,
        word="Attend",
        reasons=(Reason(23, "high severity"),),
    )
    return replace(base, **over)  # type: ignore[arg-type]


def vulnerable(**over: object) -> Reported:
    found = Detection(
        engine="packages", rule="dependency.vulnerable", kind="dependency", severity="high", confidence="high", title="jinja2 2.11.2",
        message="Sandbox escape.", place=Place("requirements.txt", 3), matched="jinja2==2.11.2", cwe=(79,), references=("https://osv.dev/x",),
        facts={"advisory": "PYSEC-2021-66", "aliases": "CVE-2020-28493 GHSA-g3rq-g295-4j3m", "package": "PyPI:jinja2", "name": "Jinja2",
               "version": "2.11.2", "fixed_version": "2.11.3", "cvss": "7.5", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"},
    )  # fmt: skip
    base = Reported(
        "fnd_dep", "f" * 32, found, priority=70, word="Act", is_kev=True, epss=0.42, cves=("CVE-2020-28493",)
    )
    return replace(base, **over)  # type: ignore[arg-type]


def report(*findings: Reported, **over: object) -> Report:
    base = Report(
        project="shop", scan="scan_1", finished_at="2026-03-02T09:30:00Z", version="0.1.0", url="https://github.com/a/shop", revision="main",
        commit="0" * 40, files=12, findings=findings, skipped=(Skip(f"big {EVIL}.js", "too_large", "It is 3 MB."),), feeds=(Feed("kev"),),
        packages=(Package("PyPI", "Jinja2", "2.11.2", "requirements.txt", 3, True, licence="BSD-3-Clause", hashes=("sha256:" + "a" * 64,)),
                  Package("npm", "@a/b", "1.0.0", "package-lock.json", 9, False, ("x",), True)),
    )  # fmt: skip
    return replace(base, **over)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_equal_reports_give_equal_bytes_whatever_the_order_of_findings(name):
    findings = [reported(number) for number in range(1, 6)] + [vulnerable()]
    other = findings.copy()
    random.Random(3).shuffle(other)  # noqa: S311 - an order, not a secret

    assert FORMATS[name].write(report(*findings)) == FORMATS[name].write(report(*other))


def test_sarif_has_the_shape_of_the_standard():
    document = json.loads(
        sarif.write(
            report(reported(), vulnerable(), reported(2, ruling="ignored", ruling_reason="false_positive"))
        )
    )

    jsonschema.validate(document, SARIF)
    run = document["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert [len(result.get("suppressions", [])) for result in run["results"]] == [0, 1, 0]
    assert (
        "external/cwe/cwe-089"
        in next(rule for rule in rules if rule["id"] == "python.sql-injection")["properties"]["tags"]
    )
    assert "too large" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].lower()


def test_sarif_has_no_markdown_and_paths_are_addresses():
    data = sarif.write(report(reported())).decode()

    assert "markdown" not in data
    uris = re.findall(r'"uri":"([^"]*)"', data)
    assert any("views%20%3Cscript%3E" in uri for uri in uris)
    assert all(" " not in uri and "<" not in uri for uri in uris)


def test_sarif_keeps_the_most_urgent_where_there_are_too_many():
    many = [reported(number) for number in range(1, 30_001)]

    document = json.loads(sarif.write(report(*many)))

    run = document["runs"][0]
    assert len(run["results"]) <= sarif.MOST_RESULTS
    ranks = [result["rank"] for result in run["results"]]
    assert ranks == sorted(ranks, reverse=True)
    left = run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]
    assert left.startswith(f"{30_000 - len(run['results']):,} less urgent findings")


def test_sarif_stays_below_the_size_that_is_taken(monkeypatch):
    monkeypatch.setattr(sarif, "MOST_BYTES", 6_000)
    chance = random.Random(5)  # noqa: S311 - text that does not compress
    many = [
        reported(number, found=replace(reported(number).found, snippet=f"{chance.getrandbits(800):x}"))
        for number in range(1, 200)
    ]

    import gzip

    data = sarif.write(report(*many))

    assert len(gzip.compress(data, 6)) <= 6_000
    assert json.loads(data)["runs"][0]["results"]


def test_cyclonedx_names_packages_vulnerabilities_and_decisions():
    document = json.loads(
        FORMATS["cyclonedx"].write(
            report(
                vulnerable(ruling="ignored", ruling_reason="false_positive", ruling_note="unused"), reported()
            )
        )
    )

    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert [component["purl"] for component in document["components"]] == [
        "pkg:npm/%40a/b@1.0.0",
        "pkg:pypi/jinja2@2.11.2",
    ]
    (vulnerability,) = document["vulnerabilities"]
    assert vulnerability["id"] == "PYSEC-2021-66"
    assert vulnerability["affects"] == [{"ref": "pkg:pypi/jinja2@2.11.2"}]
    assert vulnerability["analysis"] == {"state": "false_positive", "detail": "unused"}
    assert vulnerability["ratings"][0] == {
        "severity": "high", "score": 7.5, "method": "CVSSv31", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
    }  # fmt: skip


def test_csv_has_a_line_for_each_finding_and_no_formulas():
    found = replace(reported().found, message="=HYPERLINK(1)", title="+1")
    rows = list(
        csv.reader(io.StringIO(FORMATS["csv"].write(report(reported(found=found), vulnerable())).decode()))
    )

    assert rows[0] == list(COLUMNS)
    assert len(rows) == 3
    assert all(not value.startswith(("=", "+", "-", "@")) for row in rows for value in row)


def test_html_runs_nothing_and_loads_nothing():
    page = FORMATS["html"].write(report(reported(), vulnerable())).decode()

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r"(?:src|href)\s*=", page)
    assert "default-src 'none'" in page


def test_pdf_is_one_and_takes_hostile_text():
    data = FORMATS["pdf"].write(
        report(
            reported(), reported(2, found=replace(reported(2).found, title="<img src='file:///etc/passwd'/>"))
        )
    )

    assert data.startswith(b"%PDF-")
    assert b"root:" not in data


def test_a_report_is_clean_only_when_nothing_was_left_out():
    assert report().verdict == "nothing found in what was looked at"
    assert report(skipped=()).verdict == "clean"
    assert report(reported(), skipped=()).verdict == "findings"
    assert report(reported(ruling="ignored"), skipped=()).verdict == "clean"


TEXT = st.text(max_size=30)
PLACES = st.builds(Place, TEXT, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))


@settings(max_examples=30, deadline=None)
@given(PLACES, TEXT, TEXT, st.sampled_from(sorted(set(FORMATS) - {"pdf"})))
def test_any_text_can_be_reported(place, message, snippet, name):
    found = replace(
        reported().found,
        place=place,
        message=message,
        snippet=snippet,
        trace=(Step(place, snippet, message),),
    )

    data = FORMATS[name].write(report(reported(found=found)))

    if name == "sarif":
        jsonschema.validate(json.loads(data), SARIF)
    assert data.decode("utf-8", errors="strict") or True
