"""Findings and packages of a project, as its latest scan left them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, F, IntegerField, Q, TextField, Value, When
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual

from avyay_site.accounts.models import Owned, OwnedManager, WorkspaceOwned
from avyay_site.fields import IdField
from raksha.models.base import Confidence, FindingKind, Ruling, RulingReason, Severity, Word
from raksha.models.projects import Project
from raksha.models.scans import Scan

MOST_DETAIL_CHARACTERS = 120_000


class FindingState(models.TextChoices):
    """Whether the latest scan that looked there still found it."""

    OPEN = "open", "Open"
    FIXED = "fixed", "Fixed"


class Change(models.TextChoices):
    """What the latest scan said of a finding against the one before."""

    NEW = "new", "New"
    UNCHANGED = "unchanged", "Unchanged"
    REOPENED = "reopened", "Reopened"
    FIXED = "fixed", "Fixed"


class FindingQuerySet(Owned):
    def standing(self) -> Self:
        """Keep what is there and nobody ignores."""
        return self.filter(state=FindingState.OPEN).exclude(ruling=Ruling.IGNORED)

    def snoozed_until(self, now: datetime) -> Self:
        """Keep those whose ruling has run out."""
        return self.exclude(ruling=Ruling.OPEN).filter(ruled_until__lte=now)

    def most_urgent_first(self) -> Self:
        """Order by priority, then severity, then place."""
        ranks = [When(severity=severity, then=Value(severity.rank)) for severity in Severity]
        worst_first = Case(*ranks, default=Value(len(ranks)), output_field=IntegerField())
        return self.order_by(F("priority").desc(), worst_first, "path", "line", "id")


class FindingManager(OwnedManager.from_queryset(FindingQuerySet)):  # type: ignore[misc]
    """Findings, with what their QuerySet can do."""


class Finding(WorkspaceOwned):
    """One weakness of a project, known by its fingerprint for as long as the project lives.

    detail: message, matched, snippet, trace, fix, references, owasp, facts and columns, as `raksha.scanning.details`
    writes them; bounded. digest: of all that a scan writes, so that an equal finding is not written again.
    suppressed: how the source asks for silence; it is shown all the same. package: "ecosystem:name" as normalised.
    cves: what joins it with the feeds. priority: 0 to 100; word: by SSVC; reasons: [{"points", "text"}].
    ruling: what people said, and until when.
    """

    id = IdField("fnd")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="findings")
    fingerprint = models.CharField(max_length=32)
    engine = models.CharField(max_length=20)
    rule = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=FindingKind.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    confidence = models.CharField(max_length=6, choices=Confidence.choices)
    title = models.CharField(max_length=300)
    cwe = ArrayField(models.IntegerField(), default=list, blank=True)
    path = models.TextField()
    line = models.PositiveIntegerField(default=1)
    end_line = models.PositiveIntegerField(default=0)
    scope = models.CharField(max_length=300, blank=True)
    suppressed = models.CharField(max_length=60, blank=True)
    has_fix = models.BooleanField(default=False)
    package = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=200, blank=True)
    fixed_version = models.CharField(max_length=200, blank=True)
    cves = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    detail = models.JSONField(default=dict)
    digest = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=6, choices=FindingState.choices, default=FindingState.OPEN)
    change = models.CharField(max_length=10, choices=Change.choices, default=Change.NEW)
    first_scan = models.ForeignKey(Scan, null=True, on_delete=models.SET_NULL, related_name="+")
    latest_scan = models.ForeignKey(Scan, null=True, on_delete=models.SET_NULL, related_name="findings")
    first_seen_at = models.DateTimeField()
    fixed_at = models.DateTimeField(null=True, blank=True)
    ruling = models.CharField(max_length=8, choices=Ruling.choices, default=Ruling.OPEN)
    ruling_reason = models.CharField(max_length=20, choices=RulingReason.choices, blank=True)
    ruling_note = models.CharField(max_length=1000, blank=True)
    ruled_until = models.DateTimeField(null=True, blank=True)
    ruled_by = models.CharField(max_length=200, blank=True)
    ruled_at = models.DateTimeField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(default=0)
    word = models.CharField(max_length=6, choices=Word.choices, default=Word.TRACK)
    reasons = models.JSONField(default=list, blank=True)
    is_kev = models.BooleanField("known to be exploited", default=False)
    epss = models.FloatField(null=True, blank=True)

    objects: ClassVar[FindingManager] = FindingManager()

    class Meta:
        ordering = ["-priority", "-id"]
        indexes = [
            models.Index(fields=["workspace", "state", "-priority", "-id"], name="finding_most_urgent"),
            models.Index(fields=["project", "state", "-priority", "-id"], name="finding_of_project"),
            models.Index(fields=["workspace", "rule"], name="finding_by_rule"),
            models.Index(
                fields=["ruled_until"], condition=Q(ruled_until__isnull=False), name="finding_snoozed"
            ),
            GinIndex(fields=["cves"], name="finding_by_cve"),
            models.Index(fields=["package"], condition=~Q(package=""), name="finding_by_package"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["project", "fingerprint"], name="finding_once"),
            models.CheckConstraint(condition=Q(priority__lte=100), name="finding_priority"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length(Cast("detail", TextField())), Value(MOST_DETAIL_CHARACTERS)),
                name="finding_detail_bounded",
            ),
            models.CheckConstraint(
                condition=Q(ruling=Ruling.IGNORED) | Q(ruling_reason=""), name="finding_reason_to_ignore"
            ),
            models.CheckConstraint(
                condition=Q(state=FindingState.FIXED, fixed_at__isnull=False)
                | Q(state=FindingState.OPEN, fixed_at__isnull=True),
                name="finding_fixed_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} in {self.path}:{self.line}"


class Dependency(WorkspaceOwned):
    """One package of a project's lockfiles, as its latest scan read them.

    name: as written; key: "ecosystem:name" as normalised. is_direct: empty when the file does not tell.
    via: one shortest path from a direct package, by name. source: empty for the registry.
    """

    id = IdField("dep")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="dependencies")
    ecosystem = models.CharField(max_length=30)
    name = models.CharField(max_length=250)
    key = models.CharField(max_length=300)
    version = models.CharField(max_length=200, blank=True)
    purl = models.CharField(max_length=600, blank=True)
    path = models.TextField()
    line = models.PositiveIntegerField(default=1)
    is_direct = models.BooleanField(null=True, blank=True)
    is_dev = models.BooleanField(default=False)
    via = models.JSONField(default=list, blank=True)
    licence = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=20, blank=True)
    hashes = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name_plural = "dependencies"
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["project", "name", "id"], name="dependency_of_project"),
            # A changed advisory asks who has its package.
            models.Index(fields=["key"], name="dependency_by_package"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Exclusion(WorkspaceOwned):
    """A ruling that holds for all findings of a rule or below a path, also for those that come later.

    rule, path_glob: at least one is given. project: empty for all projects of the workspace.
    """

    id = IdField("excl")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="exclusions"
    )
    rule = models.CharField(max_length=200, blank=True)
    path_glob = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=20, choices=RulingReason.choices)
    note = models.CharField(max_length=1000, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    made_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(rule="") | ~Q(path_glob=""), name="exclusion_names_something"
            ),
        ]

    def __str__(self) -> str:
        return " in ".join(filter(None, [self.rule, self.path_glob]))
