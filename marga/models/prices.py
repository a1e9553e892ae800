"""The history of prices: each change of a model's prices leaves a version, and a call names the one it was billed by."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils import timezone

from avyay_site.accounts.models import Owned, OwnedManager, WorkspaceOwned
from avyay_site.fields import IdField
from marga.models.base import Source, price_field
from marga.models.defaults import Defaults

if TYPE_CHECKING:
    from marga.models.deployments import Model

PRICES = (
    "input_usd_per_mtok",
    "output_usd_per_mtok",
    "cached_input_usd_per_mtok",
    "cache_write_usd_per_mtok",
    "reasoning_usd_per_mtok",
    "watts",
)
"""All that a model's cost is made of."""


class PriceSource(models.TextChoices):
    """Who said so."""

    CATALOGUE = "catalogue", "Price list"
    CONFIG = "config", "Config file"
    ADMIN = "admin", "Dashboard or API"


SOURCES = {
    Source.CONFIG: PriceSource.CONFIG,
    Source.ENVIRONMENT: PriceSource.CATALOGUE,
    Source.ADMIN: PriceSource.ADMIN,
}


class PriceQuerySet(Owned):
    """Versions of prices."""

    def note(self, priced: Collection[Model]) -> None:
        """Add a version for each model whose prices differ from its latest version."""
        known = self.latest_of({model.pk for model in priced})
        now, tariff = timezone.now(), Defaults.current().tariff
        PriceVersion.objects.bulk_create(
            PriceVersion(
                workspace_id=model.workspace_id,
                model=model,
                model_name=model.name,
                provider_name=model.provider.name,
                effective_at=now,
                source=PriceSource.ADMIN if model.priced_by else SOURCES[Source(model.provider.source)],
                priced_by=model.priced_by,
                usd_per_kwh=None if model.watts is None else tariff,
                **{name: getattr(model, name) for name in PRICES},
            )
            for model in priced
            if model.pk not in known or not known[model.pk].is_of(model, tariff)
        )

    def latest_of(self, model_ids: Collection[str]) -> dict[str, PriceVersion]:
        """Return the version that holds now, of each model that has one."""
        found = PriceVersion.objects.filter(model_id__in=model_ids).order_by(
            "model_id", "-effective_at", "-id"
        )
        return {str(version.model_id): version for version in found.distinct("model_id")}


class PriceManager(OwnedManager.from_queryset(PriceQuerySet)):  # type: ignore[misc]
    """Versions, with what their QuerySet can do."""


class PriceVersion(WorkspaceOwned):
    """The prices of a model from a moment on; it outlives the model, for the calls that were billed by it.

    usd_per_kwh: the tariff at that moment, where watts count.
    priced_by: the actor who entered them, as in the audit log; empty for the price list and the config file.
    """

    id = IdField("price")
    model = models.ForeignKey(
        "marga.Model", null=True, on_delete=models.SET_NULL, related_name="price_versions"
    )
    model_name = models.CharField(max_length=200)
    provider_name = models.CharField(max_length=60)
    effective_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=PriceSource.choices)
    priced_by = models.CharField("by", max_length=254, blank=True)
    input_usd_per_mtok = price_field("input, USD per million tokens")
    output_usd_per_mtok = price_field("output, USD per million tokens")
    cached_input_usd_per_mtok = price_field("cached input, USD per million tokens")
    cache_write_usd_per_mtok = price_field("cache write, USD per million tokens")
    reasoning_usd_per_mtok = price_field("reasoning, USD per million tokens")
    watts = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    usd_per_kwh = models.DecimalField(max_digits=10, decimal_places=6, null=True, blank=True)

    objects: ClassVar[PriceManager] = PriceManager()

    class Meta:
        ordering = ["-effective_at", "-id"]
        indexes = [
            models.Index(fields=["model", "-effective_at", "-id"], name="price_of_model"),
            models.Index(fields=["workspace", "-effective_at", "-id"], name="price_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.model_name} from {self.effective_at:%Y-%m-%d %H:%M}"

    def is_of(self, model: Model, tariff: Decimal) -> bool:
        """Tell whether the model still costs this."""
        is_same = all(getattr(self, name) == getattr(model, name) for name in PRICES)
        return is_same and self.usd_per_kwh == (None if model.watts is None else tariff)
