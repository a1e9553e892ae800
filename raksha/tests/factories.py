"""Valid minimal rows of the scanner."""

from __future__ import annotations

import datetime as dt

from factory.declarations import LazyAttribute, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from avyay_site.accounts.tests.factories import WorkspaceFactory
from raksha.models import (
    Dependency,
    Exclusion,
    FileResult,
    Finding,
    FindingKind,
    Project,
    RulingReason,
    Scan,
    ScanPolicy,
    ScanSource,
    Severity,
    Upload,
)

NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


class ProjectFactory(DjangoModelFactory[Project]):
    class Meta:
        model = Project

    workspace = SubFactory(WorkspaceFactory)
    name = Sequence(lambda n: f"project-{n}")


class UploadFactory(DjangoModelFactory[Upload]):
    class Meta:
        model = Upload

    workspace = SubFactory(WorkspaceFactory)
    name = "code.zip"
    sha256 = "0" * 64
    size = 1000
    created_at = NOW
    expires_at = LazyAttribute(lambda row: row.created_at + dt.timedelta(hours=1))


class ScanFactory(DjangoModelFactory[Scan]):
    class Meta:
        model = Scan

    project = SubFactory(ProjectFactory)
    workspace = SelfAttribute("project.workspace")
    source = ScanSource.UPLOAD
    created_at = NOW


class FindingFactory(DjangoModelFactory[Finding]):
    class Meta:
        model = Finding

    project = SubFactory(ProjectFactory)
    workspace = SelfAttribute("project.workspace")
    fingerprint = Sequence(lambda n: f"{n:032x}")
    engine = "taint"
    rule = "python.sql-injection"
    kind = FindingKind.CODE
    severity = Severity.HIGH
    confidence = "high"
    title = "SQL built from a request"
    cwe = [89]
    path = "app/views.py"
    line = 10
    first_seen_at = NOW


class DependencyFactory(DjangoModelFactory[Dependency]):
    class Meta:
        model = Dependency

    project = SubFactory(ProjectFactory)
    workspace = SelfAttribute("project.workspace")
    ecosystem = "PyPI"
    name = Sequence(lambda n: f"package-{n}")
    key = LazyAttribute(lambda row: f"{row.ecosystem}:{row.name}")
    version = "1.0"
    path = "requirements.txt"


class ExclusionFactory(DjangoModelFactory[Exclusion]):
    class Meta:
        model = Exclusion

    workspace = SubFactory(WorkspaceFactory)
    rule = "python.weak-hash"
    reason = RulingReason.ACCEPTED_RISK


class FileResultFactory(DjangoModelFactory[FileResult]):
    class Meta:
        model = FileResult

    workspace = SubFactory(WorkspaceFactory)
    key = Sequence(lambda n: f"{n:064x}")
    engine = "semgrep"
    used_at = NOW


class ScanPolicyFactory(DjangoModelFactory[ScanPolicy]):
    class Meta:
        model = ScanPolicy

    workspace = SubFactory(WorkspaceFactory)
    name = Sequence(lambda n: f"policy-{n}")
    document = {"fail_on": [{"severity": "high"}]}
