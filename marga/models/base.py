"""What the gateway's rows share: who keeps them, how able a model is, and that no change goes unnoticed."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now

from avyay_site.accounts.models import Owned, WorkspaceOwned

Price = Decimal | None
"""USD; None means unknown, which is not the same as free."""


class Source(models.TextChoices):
    """Where a row comes from: whoever wrote it keeps it up to date."""

    CONFIG = "config", "Config file"
    ENVIRONMENT = "environment", "Environment"
    ADMIN = "admin", "Dashboard or API"


class Tier(models.TextChoices):
    """How much a model can do, and so what it costs; cheapest first."""

    LOCAL = "local", "Local"
    MID = "mid", "Mid"
    FRONTIER = "frontier", "Frontier"

    @property
    def rank(self) -> int:
        """Its place, from 0 for the cheapest."""
        return list(Tier).index(self)


class Touched(Owned):
    """Rows whose `updated_at` tells the gateway's snapshot that something changed: no update may forget it."""

    def update(self, **changes: Any) -> int:
        return super().update(**({"updated_at": Now()} | changes))


class TouchedModel(WorkspaceOwned):
    """Base of rows that are part of the gateway's snapshot."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if update_fields is not None:
            update_fields = {*update_fields, "updated_at"}
        super().save(*args, update_fields=update_fields, **kwargs)


def price_field(label: str) -> models.DecimalField[Price, Price]:
    """Return a column for USD per million tokens; null means unknown, which is not the same as free."""
    return models.DecimalField(
        label,
        max_digits=14,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
