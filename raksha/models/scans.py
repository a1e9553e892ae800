"""Uploads and scans. A scan's row is the queue: who works at it is said by its lease, never by the broker."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from avyay_site.accounts.models import Owned, OwnedManager, WorkspaceOwned
from avyay_site.fields import IdField
from raksha.models.projects import Project


class Upload(WorkspaceOwned):
    """An archive that was sent: its bytes lie under AVYAY_VAR/uploads/raksha in a file named by the id.

    name: as the sender called it; only shown. expires_at: from then on it is swept, unless a scan waits for it.
    """

    id = IdField("upl")
    name = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField("size, bytes")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["expires_at"], name="upload_oldest_first")]

    def __str__(self) -> str:
        return self.name or str(self.pk)


class ScanSource(models.TextChoices):
    """Where the code of a scan comes from."""

    UPLOAD = "upload", "Archive"
    REPOSITORY = "repository", "Repository"
    FOLDER = "folder", "Local folder"


class Stage(models.TextChoices):
    """What a scan does, in this order; the engines in the middle run side by side."""

    FETCH = "fetch", "Fetch"
    UNPACK = "unpack", "Unpack"
    RULES = "rules", "Code rules"
    TAINT = "taint", "Data flow"
    SECRETS = "secrets", "Secrets"
    PACKAGES = "packages", "Packages"
    INTELLIGENCE = "intelligence", "Intelligence"
    REPORT = "report", "Report"


class ScanState(models.TextChoices):
    """Where a scan is on its way: queued → running → one of the last three; running → queued after a crash."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE = (ScanState.QUEUED, ScanState.RUNNING)


class ScanQuerySet(Owned):
    def active(self) -> Self:
        """Keep the scans that wait or run."""
        return self.filter(state__in=ACTIVE)

    def abandoned(self, now: datetime) -> Self:
        """Keep the running scans whose worker is gone: it let its lease run out."""
        return self.filter(state=ScanState.RUNNING, leased_until__lte=now)

    def held(self, scan_id: str, fence: int) -> Self:
        """Keep the scan if the lease with this number still holds: all that a worker writes goes through here."""
        return self.filter(pk=scan_id, fence=fence, state=ScanState.RUNNING)


class ScanManager(OwnedManager.from_queryset(ScanQuerySet)):  # type: ignore[misc]
    """Scans, with what their QuerySet can do."""


class Scan(WorkspaceOwned):
    """One look at a project's code.

    commit: what the revision was. is_partial: something was left out; `coverage` says what and why.
    progress: per `Stage` {"state", "done", "total", "seconds"}; state is running, done, skipped or failed, and a stage
    that has not begun is missing. counts: of its findings.
    changes: ids of findings that were new, fixed or reopened by it. verdicts: what the policies say of it.
    versions: of engines, rule packs and feeds. fence: rises with each claim, so that a worker that lost its
    lease changes nothing more. retry_at: no claim before. reason: why it failed, for people.
    """

    id = IdField("scan")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scans")
    source = models.CharField(max_length=10, choices=ScanSource.choices)
    upload = models.ForeignKey(Upload, null=True, blank=True, on_delete=models.SET_NULL, related_name="scans")
    url = models.CharField("repository URL", max_length=500, blank=True)
    revision = models.CharField(max_length=250, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    folder = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=10, choices=ScanState.choices, default=ScanState.QUEUED)
    is_partial = models.BooleanField(default=False)
    progress = models.JSONField(default=dict, blank=True)
    coverage = models.JSONField(default=dict, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    changes = models.JSONField(default=dict, blank=True)
    verdicts = models.JSONField(default=list, blank=True)
    is_passing = models.BooleanField(null=True, blank=True)
    versions = models.JSONField(default=dict, blank=True)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    requested_by = models.CharField(max_length=200, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ScanManager] = ScanManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="scan_newest_first"),
            models.Index(fields=["project", "-created_at", "-id"], name="scan_of_project_newest"),
            # The workspace that was served longest ago comes first.
            models.Index(fields=["workspace", "-started_at"], name="scan_latest_start"),
            # The queue: few rows of many.
            models.Index(fields=["created_at"], condition=Q(state__in=ACTIVE), name="scan_active"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="scan_idempotent_once",
            ),
            models.CheckConstraint(
                condition=~Q(state=ScanState.RUNNING) | Q(leased_until__isnull=False),
                name="scan_running_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ACTIVE, finished_at__isnull=True)
                | (~Q(state__in=ACTIVE) & Q(finished_at__isnull=False)),
                name="scan_ended_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ScanState.FAILED) | ~Q(reason=""), name="scan_failed_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"scan of {self.project} at {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_active(self) -> bool:
        """Tell whether it waits or runs."""
        return self.state in ACTIVE

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing was found and nothing was left out."""
        is_whole = self.state == ScanState.FINISHED and not self.is_partial
        return is_whole and not self.counts.get("open", 0)
