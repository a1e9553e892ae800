"""The scanner's rows of a seeded workspace: a small shop that was scanned, with one row of each list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from avyay_site.seeding import Plot
from raksha import services
from raksha.coverage import Skip
from raksha.detections import Detection, Edit, Place, Step, fingerprints
from raksha.models import (
    Dependency,
    Exclusion,
    Finding,
    Project,
    RulingReason,
    Scan,
    ScanPolicy,
    ScanSource,
    ScanState,
    Stage,
)
from raksha.packages import Package
from raksha.scanning import covering, details, packaging

NAME = "seeded"
QUERY = Place("shop/store.py", 5, 12, 5, 70)
FOUND = (
    Detection(
        engine="taint",
        rule="python.sql-injection",
        kind="code",
        severity="high",
        confidence="high",
        title="SQL injection",
        message="What a visitor sends becomes part of an SQL statement. Pass it as a parameter.",
        place=QUERY,
        matched='db.execute("SELECT * FROM t WHERE name = \'" + name + "\'")',
        cwe=(89,),
        owasp=("A03:2021",),
        scope="find",
        snippet='    return db.execute("SELECT * FROM t WHERE name = \'" + name + "\'")',
        trace=(
            Step(Place("shop/view.py", 8, 17), 'request.args["name"]', "A visitor sends it"),
            Step(Place("shop/store.py", 3, 10), "name", "It is passed to find"),
            Step(QUERY, "db.execute(…)", "It runs as SQL"),
        ),
        fix=(Edit(QUERY, 'db.execute("SELECT * FROM t WHERE name = ?", (name,))'),),
        references=("https://cwe.mitre.org/data/definitions/89.html",),
    ),
    Detection(
        engine="packages",
        rule="CVE-2024-42005",
        kind="dependency",
        severity="critical",
        confidence="high",
        title="django 4.2.1: SQL injection in QuerySet.values()",
        message="django 4.2.1 is affected by CVE-2024-42005. Upgrade to 4.2.15.",
        place=Place("requirements.txt", 1),
        matched="PyPI:django",
        cwe=(89,),
        owasp=("A06:2021",),
        facts={
            "package": "PyPI:django",
            "name": "django",
            "version": "4.2.1",
            "fixed_version": "4.2.15",
            "cves": "CVE-2024-42005",
            "direct": "yes",
        },
    ),
    Detection(
        engine="semgrep",
        rule="docker.runs-as-root",
        kind="config",
        severity="low",
        confidence="medium",
        title="The container runs as root",
        message="Add a user and switch to it.",
        place=Place("Dockerfile", 1),
        matched="FROM python:3.11",
        cwe=(250,),
        owasp=("A05:2021",),
        suppressed="nosemgrep",
    ),
)
PACKAGES = (
    Package("PyPI", "django", "4.2.1", "requirements.txt", 1, direct=True, licence="BSD-3-Clause"),
    Package("PyPI", "sqlparse", "0.4.4", "requirements.txt", 2, direct=False, via=("django",)),
)


def seed(plot: Plot) -> Mapping[str, str]:
    """Add the rows once; return a sample id of each list."""
    project = Project.objects.visible_to(plot.access).filter(name=NAME).first() or _project(plot)
    rows = {
        "projects": project,
        "scans": Scan.objects.filter(project=project).earliest("created_at"),
        "findings": Finding.objects.filter(project=project).earliest("pk"),
        "dependencies": Dependency.objects.filter(project=project).earliest("pk"),
        "gates": ScanPolicy.objects.visible_to(plot.access).get(name=NAME),
        "exclusions": Exclusion.objects.visible_to(plot.access).earliest("pk"),
    }
    return {f"raksha/{name}": row.pk for name, row in rows.items()}


def _project(plot: Plot) -> Project:
    project = services.create_project(by=plot.access, name=NAME, mission="high")
    services.create_policy(
        by=plot.access,
        name=NAME,
        document={"fail_on": [{"kev": True}, {"severity": "high", "has_fix": True}]},
    )
    scan = _scan(plot, project)
    for name, found in zip(fingerprints(FOUND), FOUND, strict=True):
        Finding.objects.create(
            workspace=plot.workspace,
            project=project,
            fingerprint=name,
            first_scan=scan,
            latest_scan=scan,
            first_seen_at=plot.now,
            **details.fields_of(found),
        )
    packaging.keep(project, PACKAGES)
    services.exclude(
        by=plot.access,
        project=project,
        path_glob="tests/*",
        reason=RulingReason.ACCEPTED_RISK,
        note="Never deployed.",
        now=plot.now,
    )
    return project


def _scan(plot: Plot, project: Project) -> Scan:
    severities = {"critical": 1, "high": 1, "low": 1}
    scan: Scan = Scan.objects.create(
        workspace=plot.workspace,
        project=project,
        source=ScanSource.UPLOAD,
        state=ScanState.FINISHED,
        is_partial=True,
        is_passing=False,
        progress={
            stage: {"state": "done", "done": 4, "total": 4, "seconds": 0.1}
            for stage in Stage
            if stage != Stage.FETCH
        },
        counts={"new": 3, "fixed": 0, "reopened": 0, "unchanged": 0, "open": 3, "by_severity": severities},
        coverage=_coverage(),
        verdicts=[
            {"policy": NAME, "passed": False, "reasons": ["1 finding with severity high or worse and a fix"]}
        ],
        requested_by=plot.access.actor,
        attempts=1,
        fence=1,
        created_at=plot.now - timedelta(minutes=1),
        started_at=plot.now - timedelta(minutes=1),
        finished_at=plot.now,
    )
    return scan


def _coverage() -> dict[str, object]:
    paths = ["shop/view.py", "shop/store.py", "requirements.txt", "Dockerfile"]
    return covering.coverage_of(
        paths=paths,
        looked_at=paths,
        skipped=[
            Skip("logo.png", "binary", "It is not text."),
            Skip("big.sql", "too_large", "It is too large."),
        ],
        engines={"taint": covering.EngineLook(2, 0, ()), "semgrep": covering.EngineLook(4, 0, ())},
        missing_engines=(),
        detections=FOUND,
        feeds=(),
    )
