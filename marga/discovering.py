"""Find providers in the environment: OPENAI_API_KEY, ANTHROPIC_API_KEY, OLLAMA_HOST, or an Ollama on loopback.

What is found becomes rows of source `environment` in the first workspace, shared with all. Models come from the
provider's own list; while it cannot be reached, from the dated list in prices.toml. What an operator changes on a
model stays.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from django.conf import settings
from django.db import connection, transaction

from avyay_site.accounts.models import Workspace
from marga import catalogue, checking
from marga.configfile import DEFAULT_BASE_URLS, url_problem
from marga.models import Capability, Health, Kind, Model, PriceVersion, Provider, Source, Tier

log = structlog.get_logger(__name__)

OLLAMA_PORT = 11434
PROBE_SECONDS = 0.3
PATIENCE = httpx.Timeout(2.0, connect=1.0)
"""Short: the platform's start waits for it."""


@dataclass(frozen=True, repr=False)
class Found:
    """A provider that the environment names. repr is left out because api_key is secret."""

    name: str
    kind: Kind
    base_url: str
    api_key: str = ""


def discover(*, now: datetime) -> list[str]:
    """Bring the rows in step with the environment; return the names of what was found."""
    workspace = Workspace.objects.order_by("created_at", "id").first()
    if workspace is None:
        return []
    found = look_around()
    # A tariff that changed changes what local models cost.
    PriceVersion.objects.note(Model.objects.exclude(watts=None).select_related("provider"))
    for provider in _write_providers(workspace, found):
        verdict = checking.check(provider, now=now, timeout=PATIENCE)
        _write_models(provider, _model_names(provider, verdict))
    return [one.name for one in found]


def look_around() -> list[Found]:
    """Return what the environment names."""
    found = []
    if settings.OPENAI_API_KEY:
        base = settings.OPENAI_BASE_URL or DEFAULT_BASE_URLS["openai"]
        found.append(Found("openai", Kind.OPENAI, base, settings.OPENAI_API_KEY))
    if settings.ANTHROPIC_API_KEY:
        base = settings.ANTHROPIC_BASE_URL or DEFAULT_BASE_URLS["anthropic"]
        found.append(Found("anthropic", Kind.ANTHROPIC, base, settings.ANTHROPIC_API_KEY))
    ollama = ollama_url(settings.OLLAMA_HOST) if settings.OLLAMA_HOST else _local_ollama()
    if ollama:
        found.append(Found("ollama", Kind.OLLAMA, ollama))
    return [one for one in found if _is_usable(one)]


def ollama_url(host: str) -> str:
    """Return the address that OLLAMA_HOST means: it may be a host, a port, both, or a URL; 0.0.0.0 means here."""
    text = host.strip().rstrip("/")
    if "://" not in text:
        text = f"http://{text}"
    parts = urlsplit(text)
    name = parts.hostname or "127.0.0.1"
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)  # noqa: S104 - what servers bind to, not us
    port = parts.port or {"https": 443}.get(parts.scheme, OLLAMA_PORT)
    return f"{parts.scheme}://{f'[{name}]' if ':' in name else name}:{port}{parts.path}"


def _local_ollama() -> str:
    try:
        with socket.create_connection(("127.0.0.1", OLLAMA_PORT), timeout=PROBE_SECONDS):
            return DEFAULT_BASE_URLS["ollama"]
    except OSError:
        return ""


def _is_usable(found: Found) -> bool:
    problem = url_problem(found.base_url)
    if problem:
        log.error("provider_address_refused", provider=found.name, problem=problem)
    return not problem


@transaction.atomic
def _write_providers(workspace: Workspace, found: Iterable[Found]) -> list[Provider]:
    """Make the rows of source `environment` what was found; names that others gave are left to them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('marga_discover'))")
    wanted = {one.name: one for one in found}
    Provider.objects.filter(source=Source.ENVIRONMENT).exclude(name__in=wanted, workspace=workspace).delete()
    present = {row.name: row for row in Provider.objects.filter(workspace=workspace, name__in=wanted)}
    return [
        _write_provider(workspace, one, present.get(one.name))
        for one in wanted.values()
        if one.name not in present or present[one.name].source == Source.ENVIRONMENT
    ]


def _write_provider(workspace: Workspace, found: Found, row: Provider | None) -> Provider:
    if row is None:
        row = Provider(
            workspace=workspace,
            name=found.name,
            kind=found.kind,
            base_url=found.base_url,
            api_key=found.api_key,
            source=Source.ENVIRONMENT,
            is_shared=True,
            is_trusted=True,
        )
        row.save()
        return row
    changed = {}
    if row.base_url != found.base_url:
        changed["base_url"] = found.base_url
    if not row.api_key.holds(found.api_key):
        changed["api_key"] = found.api_key
    if changed:
        for name, value in changed.items():
            setattr(row, name, value)
        row.save(update_fields=changed)
    return row


def _model_names(provider: Provider, verdict: checking.Verdict) -> list[str]:
    if verdict.health == Health.OK:
        return [name for name in verdict.models if catalogue.takes_calls(name)]
    present = [str(name) for name in provider.models.values_list("name", flat=True)]
    listed = catalogue.price_lists().get(provider.kind)
    # Another server that speaks the same form need not have its maker's models.
    if present or listed is None or provider.base_url != DEFAULT_BASE_URLS[provider.kind]:
        return present
    return [known.name for known in listed.models]


def _write_models(provider: Provider, names: list[str]) -> None:
    provider.models.exclude(name__in=names).delete()
    present = set(provider.models.values_list("name", flat=True))
    Model.objects.bulk_create(
        [_new_model(provider, name) for name in names if name not in present], ignore_conflicts=True
    )


def _new_model(provider: Provider, name: str) -> Model:
    known = catalogue.find(provider.kind, name)
    if known is None and _is_nearby(provider.base_url):
        known = catalogue.of_family(name)
    facts = known.facts() if known else _guesses(provider, name)
    return Model(
        workspace_id=provider.workspace_id, provider=provider, name=name, upstream_name=name, **facts
    )


def _is_nearby(base_url: str) -> bool:
    """Tell whether a server stands on one's own machines, judged by an address that says so."""
    host = urlsplit(base_url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def _guesses(provider: Provider, name: str) -> dict[str, Any]:
    """Return what a name and a kind tell of a model that no list knows: little."""
    facts: dict[str, Any] = {"tier": Tier.LOCAL} if provider.kind == Kind.OLLAMA else {}
    if catalogue.makes_embeddings(name):
        facts["capabilities"] = [Capability.EMBEDDINGS]
    return facts
