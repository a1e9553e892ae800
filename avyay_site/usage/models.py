"""Usage: one record per billable act, and its sums by day. Money is exact decimals."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from avyay_site.accounts.models import WorkspaceOwned
from avyay_site.keys.models import ApiKey


class Amounts(models.Model):
    """The counted columns that records and sums share."""

    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cached_input_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    reasoning_tokens = models.BigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=20, decimal_places=10, default=0)

    class Meta:
        abstract = True


class UsageRecord(Amounts, WorkspaceOwned):
    """One billable act of a product; `request_id` makes a second delivery harmless.

    is_estimated: the provider gave no usage and the tokens were counted by the platform.
    """

    request_id = models.CharField(max_length=64, unique=True)
    occurred_at = models.DateTimeField()
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+")
    product = models.CharField(max_length=20)
    action = models.CharField(max_length=40)
    model_requested = models.CharField(max_length=200, blank=True)
    model_used = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=80, blank=True)
    status = models.PositiveSmallIntegerField(default=200)
    error_type = models.CharField(max_length=60, blank=True)
    is_estimated = models.BooleanField(default=False)
    is_stream = models.BooleanField(default=False)
    is_cancelled = models.BooleanField(default=False)
    duration_ms = models.PositiveIntegerField(default=0)
    ttft_ms = models.PositiveIntegerField("time to first token, ms", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-occurred_at", "-id"]
        indexes = [
            models.Index(fields=["workspace", "-occurred_at", "-id"], name="usage_newest_first"),
            models.Index(fields=["key", "-occurred_at"], name="usage_of_key"),
        ]
        constraints = [models.CheckConstraint(condition=Q(cost_usd__gte=0), name="usage_cost_not_negative")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.model_used or self.action}"


class UsageDay(Amounts, WorkspaceOwned):
    """The sums of one UTC day by key, product and model, written with the records."""

    day_date = models.DateField()
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+")
    product = models.CharField(max_length=20)
    model = models.CharField(max_length=200, blank=True)
    requests = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-day_date", "product", "model", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "day_date", "key", "product", "model"],
                name="usage_day_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.day_date} {self.product} {self.model}"


class BudgetNotice(WorkspaceOwned):
    """A budget threshold of a key that was announced in a month, so that it is announced once."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    month_date = models.DateField()
    percent = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-month_date", "key", "percent"]
        constraints = [
            models.UniqueConstraint(fields=["month_date", "key", "percent"], name="budget_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.percent} % in {self.month_date:%Y-%m}"
