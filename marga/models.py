"""Providers and their models: what the gateway may call, for whom, and at what price."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from avyay_site.accounts.models import Owned, OwnedManager, WorkspaceOwned
from avyay_site.fields import EncryptedTextField, IdField
from marga.configfile import url_problem

if TYPE_CHECKING:
    from avyay_site.accounts.access import Access


class Kind(models.TextChoices):
    """Which wire format a provider speaks."""

    OPENAI = "openai", "OpenAI-compatible"
    ANTHROPIC = "anthropic", "Anthropic"
    OLLAMA = "ollama", "Ollama"
    SANDBOX = "sandbox", "Sandbox"


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


class Health(models.TextChoices):
    """What the latest check of a provider said."""

    UNKNOWN = "unknown", "Not checked yet"
    OK = "ok", "Answers"
    FAILING = "failing", "Fails"


def validate_address(url: str) -> None:
    """Refuse what cannot be a provider's address; host names without a dot are fine, as in a container network."""
    problem = url_problem(url)
    if problem:
        raise ValidationError(problem)


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


class ProviderQuerySet(Touched):
    def usable_by(self, access: Access) -> Self:
        """Keep the providers that the asker's workspace may call: its own and the shared ones."""
        return self.filter(Q(workspace_id=access.workspace_id) | Q(is_shared=True))

    def note_health(self, health: str, detail: str, *, now: datetime) -> int:
        """Note what a check said; the gateway's snapshot does not change by it, so `updated_at` stays."""
        return models.QuerySet.update(self, health=health, health_detail=detail, latest_checked_at=now)


class ProviderManager(OwnedManager.from_queryset(ProviderQuerySet)):  # type: ignore[misc]
    """Providers, with what their QuerySet can do."""


class Provider(TouchedModel):
    """A server that answers model calls, with the credential for it.

    is_shared: every workspace may call it; else only its own.
    is_trusted: its address was given by whoever runs the platform, so it may lie in a private network.
    timeout_seconds: from the request to the first byte of the answer.
    """

    id = IdField("prov")
    name = models.SlugField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OPENAI)
    base_url = models.CharField("base URL", max_length=500, blank=True, validators=[validate_address])
    api_key = EncryptedTextField("API key", blank=True, default="")
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.ADMIN, editable=False)
    is_shared = models.BooleanField("shared with every workspace", default=False)
    is_enabled = models.BooleanField("enabled", default=True)
    is_trusted = models.BooleanField(default=False, editable=False)
    timeout_seconds = models.FloatField(
        default=120.0, validators=[MinValueValidator(1.0), MaxValueValidator(3600.0)]
    )
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.UNKNOWN, editable=False)
    health_detail = models.CharField(max_length=300, blank=True, editable=False)
    latest_checked_at = models.DateTimeField("last checked", null=True, blank=True, editable=False)

    objects: ClassVar[ProviderManager] = ProviderManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="provider_name_once"),
            models.CheckConstraint(
                condition=Q(timeout_seconds__gte=1.0) & Q(timeout_seconds__lte=3600.0),
                name="provider_timeout",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.SANDBOX) | ~Q(base_url=""), name="provider_has_an_address"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ModelQuerySet(Touched):
    def usable_by(self, access: Access) -> Self:
        """Keep the models that the asker's workspace may call: its own and the shared ones."""
        return self.filter(Q(workspace_id=access.workspace_id) | Q(provider__is_shared=True))

    def enabled(self) -> Self:
        """Keep the models that the gateway serves."""
        return self.filter(is_enabled=True, provider__is_enabled=True)


class ModelManager(OwnedManager.from_queryset(ModelQuerySet)):  # type: ignore[misc]
    """Models, with what their QuerySet can do."""


def price_field(label: str) -> models.DecimalField[Decimal | None, Decimal | None]:
    """Return a column for USD per million tokens; null means unknown, which is not the same as free."""
    return models.DecimalField(
        label,
        max_digits=14,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )


class Model(TouchedModel):
    """A model as clients name it, at one provider.

    upstream_name: what the provider calls it. context_window: in tokens.
    """

    id = IdField("model")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="models")
    name = models.CharField(max_length=200)
    upstream_name = models.CharField(max_length=200)
    tier = models.CharField(max_length=10, choices=Tier.choices, default=Tier.MID)
    context_window = models.PositiveIntegerField("context window, tokens", null=True, blank=True)
    input_usd_per_mtok = price_field("input, USD per million tokens")
    output_usd_per_mtok = price_field("output, USD per million tokens")
    cached_input_usd_per_mtok = price_field("cached input, USD per million tokens")
    is_enabled = models.BooleanField("enabled", default=True)

    objects: ClassVar[ModelManager] = ModelManager()

    class Meta:
        ordering = ["provider__name", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="model_name_once"),
            models.CheckConstraint(
                condition=(Q(input_usd_per_mtok=None) | Q(input_usd_per_mtok__gte=0))
                & (Q(output_usd_per_mtok=None) | Q(output_usd_per_mtok__gte=0))
                & (Q(cached_input_usd_per_mtok=None) | Q(cached_input_usd_per_mtok__gte=0)),
                name="model_price_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_priced(self) -> bool:
        """Tell whether its cost can be worked out."""
        return self.input_usd_per_mtok is not None and self.output_usd_per_mtok is not None
