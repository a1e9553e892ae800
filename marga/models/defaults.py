"""What holds for all workspaces."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q


class Defaults(models.Model):
    """What holds for all workspaces, from the config file; one row.

    baseline: the name of the model that savings are counted against; empty means the ablest that a key could have had.
    tariff_usd_per_kwh: the price of electricity; null leaves it to the environment.
    """

    baseline = models.CharField(max_length=200, blank=True)
    tariff_usd_per_kwh = models.DecimalField(
        max_digits=10, decimal_places=6, null=True, validators=[MinValueValidator(Decimal(0))]
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "defaults"
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="defaults_once")]

    def __str__(self) -> str:
        return "what holds for all workspaces"

    @classmethod
    def current(cls) -> Defaults:
        """Return the row, or what holds without one."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def tariff(self) -> Decimal:
        """What a kilowatt-hour costs in USD."""
        stated: Decimal | None = self.tariff_usd_per_kwh
        environment: Decimal = settings.MARGA_TARIFF_USD_PER_KWH
        return environment if stated is None else stated
