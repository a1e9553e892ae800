"""Providers: servers that answer model calls, with the credentials for them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from avyay_site.accounts.models import OwnedManager
from avyay_site.fields import EncryptedTextField, IdField
from marga.configfile import url_problem
from marga.models.base import Source, Touched, TouchedModel

if TYPE_CHECKING:
    from avyay_site.accounts.access import Access


class Kind(models.TextChoices):
    """Which wire format a provider speaks."""

    OPENAI = "openai", "OpenAI-compatible"
    ANTHROPIC = "anthropic", "Anthropic"
    OLLAMA = "ollama", "Ollama"
    SANDBOX = "sandbox", "Sandbox"


class Protocol(models.TextChoices):
    """A wire form that a provider's server understands."""

    CHAT = "chat", "OpenAI chat completions"
    RESPONSES = "responses", "OpenAI responses"
    MESSAGES = "messages", "Anthropic messages"
    EMBEDDINGS = "embeddings", "Embeddings"
    IMAGES = "images", "Images"
    AUDIO = "audio", "Audio"
    MODERATIONS = "moderations", "Moderations"
    FILES = "files", "Files"


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
    api_key: the credential of every bucket that has none of its own.
    protocols: the wire forms that it understands; empty means those that are usual for its kind.
    timeout_seconds: from the request to the first byte of the answer.
    """

    id = IdField("prov")
    name = models.SlugField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OPENAI)
    base_url = models.CharField("base URL", max_length=500, blank=True, validators=[validate_address])
    api_key = EncryptedTextField("API key", blank=True, default="")
    protocols = ArrayField(
        models.CharField(max_length=12, choices=Protocol.choices), default=list, blank=True
    )
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


class CredentialState(models.TextChoices):
    """How a credential fares, as the gateway last reported."""

    UNKNOWN = "unknown", "Not used yet"
    OK = "ok", "Works"
    RESTING = "resting", "Rests"
    DEAD = "dead", "Refused"


class CredentialQuerySet(Touched):
    def note_state(self, state: str, *, until: datetime | None, now: datetime) -> int:
        """Note what the gateway reported; its snapshot does not change by it, so `updated_at` stays."""
        return models.QuerySet.update(self, state=state, state_until=until, reported_at=now)


class CredentialManager(OwnedManager.from_queryset(CredentialQuerySet)):  # type: ignore[misc]
    """Credentials, with what their QuerySet can do."""


class Credential(TouchedModel):
    """One of several keys of a provider, with its own limits there.

    bucket: whose calls use it (`people`, `agents`, `content` …); empty serves every bucket that has none of its own.
    state_until: when a resting or refused one is tried again.
    """

    id = IdField("cred")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="credentials")
    name = models.SlugField(max_length=60)
    api_key = EncryptedTextField("API key")
    bucket = models.SlugField(max_length=40, blank=True)
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    is_enabled = models.BooleanField("enabled", default=True)
    state = models.CharField(
        max_length=10, choices=CredentialState.choices, default=CredentialState.UNKNOWN, editable=False
    )
    state_until = models.DateTimeField(null=True, blank=True, editable=False)
    reported_at = models.DateTimeField("last reported", null=True, blank=True, editable=False)

    objects: ClassVar[CredentialManager] = CredentialManager()

    class Meta:
        ordering = ["provider__name", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="credential_name_once"),
            models.CheckConstraint(condition=~Q(api_key=""), name="credential_has_a_key"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.provider}"
