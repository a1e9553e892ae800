"""Models at providers: what clients may ask for, what it can do and costs, and how it fares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q

from avyay_site.accounts.models import OwnedManager, WorkspaceOwned
from avyay_site.fields import IdField
from marga.models.base import Tier, Touched, TouchedModel, price_field
from marga.models.prices import PRICES, PriceVersion
from marga.models.providers import Kind, Provider

if TYPE_CHECKING:
    from avyay_site.accounts.access import Access


class Capability(models.TextChoices):
    """What a request may need of a model."""

    TOOLS = "tools", "Tools"
    VISION = "vision", "Images"
    JSON_SCHEMA = "json_schema", "JSON schema"
    THINKING = "thinking", "Thinking"
    AUDIO = "audio", "Audio"
    FILES = "files", "Files"
    EMBEDDINGS = "embeddings", "Embeddings"


class ModelQuerySet(Touched):
    def usable_by(self, access: Access) -> Self:
        """Keep the models that the asker's workspace may call: its own and the shared ones."""
        return self.filter(Q(workspace_id=access.workspace_id) | Q(provider__is_shared=True))

    def enabled(self) -> Self:
        """Keep the models that the gateway serves."""
        return self.filter(is_enabled=True, provider__is_enabled=True)

    @transaction.atomic
    def update(self, **changes: Any) -> int:
        if not changes.keys() & set(PRICES):
            return super().update(**changes)
        # The change may take rows out of this very selection, so that it has to be named before.
        ids = list(self.values_list("pk", flat=True))
        count = super().update(**changes)
        PriceVersion.objects.note(list(Model.objects.filter(pk__in=ids).select_related("provider")))
        return count

    @transaction.atomic
    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        made: list[Any] = super().bulk_create(objs, *args, **kwargs)
        # Of those that were there already, nothing was written and nothing is to be noted.
        ids = [model.pk for model in made]
        PriceVersion.objects.note(list(Model.objects.filter(pk__in=ids).select_related("provider")))
        return made


class ModelManager(OwnedManager.from_queryset(ModelQuerySet)):  # type: ignore[misc]
    """Models, with what their QuerySet can do."""


def _not_negative(*names: str) -> Q:
    conditions = [Q(**{name: None}) | Q(**{f"{name}__gte": 0}) for name in names]
    return Q(*conditions)


class Model(TouchedModel):
    """A model as clients name it, at one provider.

    upstream_name: what the provider calls it. context_window, max_output_tokens: in tokens.
    capabilities: what it is known to do; empty where nobody said, and then nothing is held against it.
    watts: what the machine draws while the model works; for models on one's own machines, with the tariff.
    quality: how often its answers do, from 0 to 1, as somebody measured; null means unknown.
    """

    id = IdField("model")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="models")
    name = models.CharField(max_length=200)
    upstream_name = models.CharField(max_length=200)
    tier = models.CharField(max_length=10, choices=Tier.choices, default=Tier.MID)
    capabilities = ArrayField(
        models.CharField(max_length=12, choices=Capability.choices), default=list, blank=True
    )
    context_window = models.PositiveIntegerField("context window, tokens", null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField("longest answer, tokens", null=True, blank=True)
    input_usd_per_mtok = price_field("input, USD per million tokens")
    output_usd_per_mtok = price_field("output, USD per million tokens")
    cached_input_usd_per_mtok = price_field("cached input, USD per million tokens")
    cache_write_usd_per_mtok = price_field("cache write, USD per million tokens")
    reasoning_usd_per_mtok = price_field("reasoning, USD per million tokens")
    watts = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    quality = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    is_enabled = models.BooleanField("enabled", default=True)

    priced_by = ""
    """Who enters these prices, for their history; set it before saving. Empty for the price list and the config file."""

    objects: ClassVar[ModelManager] = ModelManager()

    class Meta:
        ordering = ["provider__name", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="model_name_once"),
            models.CheckConstraint(condition=_not_negative(*PRICES), name="model_price_not_negative"),
            models.CheckConstraint(
                condition=Q(quality=None) | (Q(quality__gte=0.0) & Q(quality__lte=1.0)), name="model_quality"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        fields = None if update_fields is None else set(update_fields)
        super().save(*args, update_fields=fields, **kwargs)
        if fields is None or fields & set(PRICES):
            PriceVersion.objects.note([self])

    @property
    def is_priced(self) -> bool:
        """Tell whether its cost can be worked out."""
        is_priced_by_token = self.input_usd_per_mtok is not None and self.output_usd_per_mtok is not None
        return is_priced_by_token or self.watts is not None

    @property
    def is_local(self) -> bool:
        """Tell whether it runs on one's own machines."""
        return self.watts is not None or self.provider.kind == Kind.OLLAMA


class DeploymentState(models.TextChoices):
    """How a model fares at its provider, as the gateway last reported."""

    OK = "ok", "Answers"
    TRYING = "trying", "Is tried again"
    OPEN = "open", "Left out"


class DeploymentHealthQuerySet(models.QuerySet["DeploymentHealth"]):
    def note(self, reports: Sequence[DeploymentHealth]) -> None:
        """Store the newest report of each model; in rows of their own, so that no snapshot changes by it."""
        self.bulk_create(
            reports,
            update_conflicts=True,
            unique_fields=["model"],
            update_fields=["state", "latency_ms", "ttft_ms", "requests", "errors", "reported_at"],
        )


class DeploymentHealth(WorkspaceOwned):
    """The newest report on a model. latency_ms, ttft_ms: moving averages. requests, errors: since the gateway began."""

    model = models.OneToOneField(
        Model, primary_key=True, on_delete=models.CASCADE, related_name="deployment_health"
    )
    state = models.CharField(max_length=10, choices=DeploymentState.choices, default=DeploymentState.OK)
    latency_ms = models.FloatField(null=True)
    ttft_ms = models.FloatField("time to first token, ms", null=True)
    requests = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0)
    reported_at = models.DateTimeField("last reported")

    objects: ClassVar[OwnedManager] = OwnedManager.from_queryset(DeploymentHealthQuerySet)()

    class Meta:
        verbose_name_plural = "deployment health"
        ordering = ["model"]

    def __str__(self) -> str:
        return f"{self.model_id} {self.state}"
