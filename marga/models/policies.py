"""By which rules calls are routed: policies, and what each key may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from avyay_site.accounts.models import OwnedManager
from avyay_site.fields import IdField
from avyay_site.keys.models import ApiKey
from marga.models.base import Source, Tier, Touched, TouchedModel
from marga.policies import InvalidPolicy, parse_policy

if TYPE_CHECKING:
    from avyay_site.accounts.access import Access

LONGEST_TTL_SECONDS = 7 * 24 * 3600
"""How long an answer may be kept at most; purges are sent for as long."""


def validate_document(document: Any) -> None:
    """Refuse what is no policy, with a sentence that names the field."""
    try:
        parse_policy("policy", document)
    except InvalidPolicy as exc:
        raise ValidationError(str(exc)) from exc


class PolicyQuerySet(Touched):
    def usable_by(self, access: Access) -> Self:
        """Keep the policies that the asker's workspace may name: its own and the shared ones."""
        return self.filter(Q(workspace_id=access.workspace_id) | Q(is_shared=True))


class PolicyManager(OwnedManager.from_queryset(PolicyQuerySet)):  # type: ignore[misc]
    """Policies, with what their QuerySet can do."""


class Policy(TouchedModel):
    """A routing policy: `auto:<name>` asks for it.

    document: as `marga.policies.parse_policy` reads it. is_shared: every workspace may name it.
    is_default: plain `auto` means it, for keys of its workspace that name none.
    """

    id = IdField("pol")
    name = models.SlugField(max_length=40)
    document = models.JSONField(default=dict, blank=True, validators=[validate_document])
    is_shared = models.BooleanField("shared with every workspace", default=False)
    is_default = models.BooleanField("what auto means", default=False)
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.ADMIN, editable=False)

    objects: ClassVar[PolicyManager] = PolicyManager()

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="policy_name_once"),
            models.UniqueConstraint(
                fields=["workspace"], condition=Q(is_default=True), name="policy_default_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CacheMode(models.TextChoices):
    """From which cache a key's calls may be answered."""

    OFF = "off", "Never"
    SAFE = "safe", "The same request, if it asks for the same answer each time"
    EXACT = "exact", "The same request"
    SEMANTIC = "semantic", "A restated request too"


class KeyRules(TouchedModel):
    """What the holder of a key may use; a key without such a row may use all that its workspace may.

    policy: what `auto` means for it; empty for its workspace's default. allowed_models, fallbacks: names or globs.
    keeps_content: whether prompts and answers of its calls may be stored; never by default.
    """

    key = models.OneToOneField(ApiKey, primary_key=True, on_delete=models.CASCADE, related_name="marga_rules")
    policy = models.CharField(max_length=40, blank=True)
    allowed_models = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    lowest_tier = models.CharField(max_length=10, choices=Tier.choices, default=Tier.LOCAL)
    highest_tier = models.CharField(max_length=10, choices=Tier.choices, default=Tier.FRONTIER)
    quality_target = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    fallbacks = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    cache = models.CharField(max_length=10, choices=CacheMode.choices, default=CacheMode.SAFE)
    cache_ttl_seconds = models.PositiveIntegerField(
        "cached for, seconds",
        default=3600,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TTL_SECONDS)],
    )
    keeps_content = models.BooleanField("may store content", default=False)

    objects: ClassVar[OwnedManager] = OwnedManager.from_queryset(Touched)()

    class Meta:
        verbose_name_plural = "key rules"
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quality_target=None) | (Q(quality_target__gte=0.0) & Q(quality_target__lte=1.0)),
                name="key_rules_quality",
            ),
            models.CheckConstraint(
                condition=Q(lowest_tier=Tier.LOCAL)
                | Q(highest_tier=Tier.FRONTIER)
                | Q(lowest_tier=Tier.MID, highest_tier=Tier.MID),
                name="key_rules_tiers_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"rules of {self.key}"
