"""Threat intelligence as it was published: reference rows of the whole installation, in no workspace.

Only the feeds write them (`raksha.feeds`), and many at a time by SQL: keep columns and statements together.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

STALE_AFTER = timedelta(hours=48)
"""An age at which pages warn: every feed is published at least once a day."""


class FeedKind(models.TextChoices):
    """What a feed holds."""

    KEV = "kev", "CISA KEV"
    OSV = "osv", "OSV"
    EPSS = "epss", "EPSS"
    CVE = "cve", "CVE enrichment"
    GHSA = "ghsa", "GitHub advisories"


class FeedState(models.TextChoices):
    """How the latest try went; with a failure the rows of the last good one stay."""

    EMPTY = "empty", "Never imported"
    CURRENT = "current", "Current"
    FAILED = "failed", "Latest try failed"


class Feed(models.Model):
    """A source of intelligence and what became of the latest tries.

    fetched_at: when its rows were last known to be what the source has; the age that people see.
    changed_at: when rows last changed; ranked_at: up to which change the stored findings were ranked again.
    cursor_at: the latest `modified` that was seen, from which the next incremental fetch begins.
    claimed_until: a worker is at it until then. next_at: no try before, which backs off after failures.
    """

    kind = models.CharField(max_length=10, choices=FeedKind.choices)
    ecosystem = models.CharField(max_length=40, blank=True)
    url = models.CharField(max_length=500, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    version = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=FeedState.choices, default=FeedState.EMPTY)
    error = models.CharField(max_length=500, blank=True)
    rows = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    ranked_at = models.DateTimeField(null=True, blank=True)
    cursor_at = models.DateTimeField(null=True, blank=True)
    full_at = models.DateTimeField("whole import at", null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["kind", "ecosystem"]
        constraints = [models.UniqueConstraint(fields=["kind", "ecosystem"], name="feed_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return the name that commands and metrics use, such as `osv/PyPI`."""
        return f"{self.kind}/{self.ecosystem}" if self.ecosystem else self.kind

    def age(self, now: datetime) -> timedelta | None:
        """Return how old its rows are; None when it has none."""
        return now - self.fetched_at if self.fetched_at else None

    def is_stale(self, now: datetime) -> bool:
        """Tell whether it holds rows that nobody has confirmed for two days."""
        return self.fetched_at is not None and now - self.fetched_at > STALE_AFTER


class Advisory(models.Model):
    """An OSV record. The same id may come by two feeds; the one modified latest holds.

    aliases, cwe: as published, CVE numbers among the aliases. score: highest CVSS base score, if a vector is given.
    severity: a word of ours, empty when nobody said. facts: vectors, references, what the source adds.
    withdrawn_at: taken back by its publisher, or gone from the feed; such rows match nothing.
    digest: of the content, to see what changed.
    """

    id = models.BigAutoField(primary_key=True)
    # Without a constraint in the database: it would look at each of half a million rows of an import by itself.
    feed = models.ForeignKey(
        Feed, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    osv_id = models.CharField("id in OSV", max_length=120)
    aliases = ArrayField(models.CharField(max_length=120), default=list)
    summary = models.TextField(blank=True)
    details = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    modified_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    score = models.FloatField(null=True)
    severity = models.CharField(max_length=10, blank=True)
    cwe = ArrayField(models.PositiveIntegerField(), default=list)
    facts = models.JSONField(default=dict)
    digest = models.BigIntegerField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "advisories"
        ordering = ["feed", "osv_id"]
        constraints = [models.UniqueConstraint(fields=["osv_id", "feed"], name="advisory_once_a_feed")]
        # Rows of one import lie together, so the bounds of blocks say enough and cost nothing.
        indexes = [BrinIndex(fields=["feed", "changed_at"], name="advisory_changed", autosummarize=True)]

    def __str__(self) -> str:
        return self.osv_id


class AffectedPackage(models.Model):
    """What an advisory says of one package: the list of OSV `affected` entries for it, package names left out.

    name: normalised, as `raksha.packages.normalise` makes it.
    """

    id = models.BigAutoField(primary_key=True)
    advisory = models.ForeignKey(
        Advisory, on_delete=models.CASCADE, related_name="packages", db_constraint=False
    )
    ecosystem = models.CharField(max_length=40)
    name = models.CharField(max_length=300)
    affected = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["ecosystem", "name"], name="affected_by_name")]

    def __str__(self) -> str:
        return f"{self.ecosystem}:{self.name}"


class Alias(models.Model):
    """Another name of an advisory, such as its CVE number: the way from KEV and EPSS to packages."""

    id = models.BigAutoField(primary_key=True)
    advisory = models.ForeignKey(
        Advisory, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    alias = models.CharField(max_length=120)

    class Meta:
        verbose_name_plural = "aliases"
        ordering = ["id"]
        # Not db_index: that makes a second index for LIKE, which nobody asks for and every import would pay.
        indexes = [models.Index(fields=["alias"], name="alias_by_name")]

    def __str__(self) -> str:
        return self.alias


class KevEntry(models.Model):
    """A CVE of which CISA knows that it is exploited. removed_at: it was in the catalogue and is no more."""

    cve = models.CharField("CVE", max_length=30, primary_key=True)
    vendor = models.CharField(max_length=200)
    product = models.CharField(max_length=300)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    action = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    added_date = models.DateField()
    due_date = models.DateField()
    is_ransomware = models.BooleanField(default=False)
    cwe = ArrayField(models.PositiveIntegerField(), default=list)
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "KEV entry"
        verbose_name_plural = "KEV entries"
        ordering = ["-added_date", "cve"]

    def __str__(self) -> str:
        return self.cve


class EpssScore(models.Model):
    """How probable the exploitation of a CVE is within 30 days, 0 to 1, and the share of CVEs at or below it."""

    cve = models.CharField("CVE", max_length=30, primary_key=True)
    probability = models.FloatField()
    percentile = models.FloatField()
    scored_date = models.DateField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "EPSS score"
        ordering = ["cve"]

    def __str__(self) -> str:
        return self.cve


class CveFacts(models.Model):
    """What CVE records and their enrichment say: CVSS, CWE, and CISA's SSVC points; empty where nobody said."""

    cve = models.CharField("CVE", max_length=30, primary_key=True)
    vector = models.CharField(max_length=200, blank=True)
    score = models.FloatField(null=True)
    cwe = ArrayField(models.PositiveIntegerField(), default=list)
    exploitation = models.CharField(max_length=10, blank=True)
    automatable = models.BooleanField(null=True)
    technical_impact = models.CharField(max_length=10, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "CVE facts"
        verbose_name_plural = "CVE facts"
        ordering = ["cve"]

    def __str__(self) -> str:
        return self.cve
