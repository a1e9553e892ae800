"""What became of calls: why each model was chosen, what that saved, and how good the answers were. Never their content."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from avyay_site.accounts.models import OwnedManager, User, WorkspaceOwned
from avyay_site.fields import IdField
from avyay_site.keys.models import ApiKey


def money_field() -> models.DecimalField[Decimal, Decimal]:
    """Return a column for an exact amount of USD."""
    return models.DecimalField(max_digits=20, decimal_places=10, default=Decimal(0))


class RequestTrace(WorkspaceOwned):
    """Why one call went where it went; `request_id` is that of its usage record.

    need, doubt, task: the classifier's. reason: a short word; explain: a sentence for people.
    attempts: what was tried, in order: model, provider, credential, status, error, started_ms, ms.
    baseline_usd: what the baseline would have cost; saved_usd: that less what was paid.
    session: a hash. price_id: the version of the prices that it was billed by.
    """

    request_id = models.CharField(max_length=64, unique=True)
    occurred_at = models.DateTimeField()
    protocol = models.CharField(max_length=20, blank=True)
    policy = models.CharField(max_length=60, blank=True)
    tier = models.CharField(max_length=10, blank=True)
    task = models.CharField(max_length=40, blank=True)
    need = models.FloatField(default=0.0)
    doubt = models.FloatField(default=0.0)
    reason = models.CharField(max_length=60, blank=True)
    explain = models.CharField(max_length=500, blank=True)
    cache = models.CharField(max_length=10, blank=True)
    cache_identity = models.CharField(max_length=64, blank=True)
    attempts = models.JSONField(default=list)
    baseline_model = models.CharField(max_length=200, blank=True)
    baseline_usd = money_field()
    saved_usd = money_field()
    overhead_ms = models.FloatField(default=0.0)
    first_byte_ms = models.PositiveIntegerField(null=True)
    input_tokens_estimated = models.BigIntegerField(default=0)
    capabilities = models.JSONField(default=list)
    session = models.CharField(max_length=64, blank=True)
    warnings = models.JSONField(default=list)
    bucket = models.CharField(max_length=40, blank=True)
    price_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-occurred_at", "-id"]
        indexes = [
            models.Index(fields=["workspace", "-occurred_at", "-id"], name="trace_newest_first"),
            models.Index(fields=["occurred_at"], name="trace_oldest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.reason}"


class SavingsDay(WorkspaceOwned):
    """The sums of one UTC day by key, model and tier, written with the records; they outlive the traces.

    cached: calls answered from a cache; cache_saved_usd: their part of what was saved.
    """

    day_date = models.DateField()
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+")
    model = models.CharField(max_length=200, blank=True)
    tier = models.CharField(max_length=10, blank=True)
    requests = models.BigIntegerField(default=0)
    cached = models.BigIntegerField(default=0)
    cost_usd = money_field()
    baseline_usd = money_field()
    saved_usd = money_field()
    cache_saved_usd = money_field()

    class Meta:
        ordering = ["-day_date", "model", "tier", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "day_date", "key", "model", "tier"],
                name="savings_day_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.day_date} {self.model}"


class Feedback(WorkspaceOwned):
    """What somebody thought of an answer; a second time it replaces the first.

    tier, task, model: of the call, kept here because its trace goes sooner.
    """

    id = IdField("fb")
    request_id = models.CharField(max_length=64)
    rating = models.SmallIntegerField()
    comment = models.CharField(max_length=2000, blank=True)
    actor = models.CharField(max_length=254)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    model = models.CharField(max_length=200, blank=True)
    tier = models.CharField(max_length=10, blank=True)
    task = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[OwnedManager] = OwnedManager()

    class Meta:
        verbose_name_plural = "feedback"
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["workspace", "-created_at", "-id"], name="feedback_newest_first")]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "request_id", "actor"], name="feedback_once"),
            models.CheckConstraint(condition=Q(rating__in=(-1, 1)), name="feedback_rating"),
        ]

    def __str__(self) -> str:
        return f"{self.rating:+d} for {self.request_id}"


class Verdict(models.TextChoices):
    """What the judge, who saw both answers without their models, said of the one that was given."""

    WIN = "win", "Better"
    TIE = "tie", "As good"
    LOSS = "loss", "Worse"
    UNCLEAR = "unclear", "Unclear"


class ShadowSample(WorkspaceOwned):
    """A call that a stronger model answered too, to see what routing costs in quality.

    used_usd, compared_usd, judge_usd: what the answer, the other answer and the judge cost.
    """

    id = IdField("sample")
    request_id = models.CharField(max_length=64)
    task = models.CharField(max_length=40, blank=True)
    tier = models.CharField(max_length=10, blank=True)
    model_used = models.CharField(max_length=200)
    model_compared = models.CharField(max_length=200)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    judge = models.CharField(max_length=200, blank=True)
    used_usd = money_field()
    compared_usd = money_field()
    judge_usd = money_field()
    occurred_at = models.DateTimeField()

    objects: ClassVar[OwnedManager] = OwnedManager()

    class Meta:
        ordering = ["-occurred_at", "-id"]
        indexes = [models.Index(fields=["workspace", "-occurred_at", "-id"], name="sample_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "request_id", "model_compared"], name="shadow_sample_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_used} against {self.model_compared}: {self.verdict}"


class CachePurge(WorkspaceOwned):
    """An order to forget answers that were kept before a moment. identity: of one answer; empty means all."""

    id = IdField("purge")
    identity = models.CharField(max_length=64, blank=True)
    purged_at = models.DateTimeField()

    objects: ClassVar[OwnedManager] = OwnedManager()

    class Meta:
        ordering = ["-purged_at", "-id"]
        indexes = [models.Index(fields=["purged_at"], name="purge_oldest_first")]

    def __str__(self) -> str:
        return f"{self.identity or 'everything'} before {self.purged_at}"
