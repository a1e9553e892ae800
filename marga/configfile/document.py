"""What MARGA_CONFIG may say. Pure: text in, values out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import yaml

from marga.configfile.reader import Fields, Reader, WrongConfig, compose
from marga.policies import InvalidPolicy, parse_policy

DEFAULT_BASE_URLS = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "ollama": "http://127.0.0.1:11434",
    "sandbox": "",
}
TIERS = ("local", "mid", "frontier")
PROTOCOLS = ("chat", "responses", "messages", "embeddings", "images", "audio", "moderations", "files")
CAPABILITIES = ("tools", "vision", "json_schema", "thinking", "audio", "files", "embeddings")
NAME = re.compile(r"[a-zA-Z0-9_-]{1,60}")
BUCKET = re.compile(r"[a-zA-Z0-9_-]{1,40}")
PRICES = (
    "input_usd_per_mtok",
    "output_usd_per_mtok",
    "cached_input_usd_per_mtok",
    "cache_write_usd_per_mtok",
    "reasoning_usd_per_mtok",
)
CREDENTIALS = ("api_key", "api_key_env", "api_key_file")
OF_POLICY = ("name", "default", "shared")
"""Words of a policy's entry; all others belong to the policy itself."""


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    name: str
    upstream_name: str
    tier: str
    capabilities: list[str]
    context_window: int | None
    max_output_tokens: int | None
    input_usd_per_mtok: Decimal | None
    output_usd_per_mtok: Decimal | None
    cached_input_usd_per_mtok: Decimal | None
    cache_write_usd_per_mtok: Decimal | None
    reasoning_usd_per_mtok: Decimal | None
    watts: Decimal | None
    quality: float | None
    is_enabled: bool


@dataclass(frozen=True, kw_only=True, repr=False)
class CredentialEntry:
    """repr is left out because the key is secret. credential: how it is given, and its value. line: for faults."""

    name: str
    credential: tuple[str, str] | None
    bucket: str
    requests_per_minute: int | None
    tokens_per_minute: int | None
    is_enabled: bool
    line: int
    path: str


@dataclass(frozen=True, kw_only=True, repr=False)
class ProviderEntry:
    """As CredentialEntry, for the provider's own key."""

    name: str
    kind: str
    base_url: str
    protocols: list[str]
    credential: tuple[str, str] | None
    credentials: tuple[CredentialEntry, ...]
    is_shared: bool
    is_enabled: bool
    timeout_seconds: float
    models: tuple[ModelEntry, ...]
    line: int
    path: str


@dataclass(frozen=True, kw_only=True)
class PolicyEntry:
    name: str
    document: dict[str, Any]
    is_shared: bool
    is_default: bool
    line: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """All that the file says."""

    providers: tuple[ProviderEntry, ...] = ()
    policies: tuple[PolicyEntry, ...] = ()
    baseline: str = ""
    tariff_usd_per_kwh: Decimal | None = None


def parse(text: str) -> Document:
    """Return what the text says.

    Raises WrongConfig with every fault found.
    """
    reader = _Reader()
    document = reader.document(compose(text))
    if reader.faults:
        raise WrongConfig(reader.faults)
    return document


class _Reader(Reader):
    """Knows the words of the file."""

    def document(self, node: yaml.Node | None) -> Document:
        if node is None:
            return Document()
        known = ("providers", "policies", "baseline", "tariff_usd_per_kwh")
        fields = self.mapping(node, "", known, needed=("providers",))
        return Document(
            providers=tuple(self.listed(fields, "providers", "", self.provider)),
            policies=self.policies(fields),
            baseline=self.text(fields, "baseline", "", most=200),
            tariff_usd_per_kwh=self.number(fields, "tariff_usd_per_kwh", "", least=0, most=100),
        )

    def listed(self, fields: Fields, name: str, path: str, read: Any) -> list[Any]:
        """Return the entries of a list, whose names must differ."""
        here = f"{path}.{name}".lstrip(".")
        found = self.entries(fields.get(name), here, read)
        self.distinct(found, fields.get(name), here)
        return found

    def provider(self, node: yaml.Node, path: str) -> ProviderEntry:
        known = (
            *("name", "kind", "base_url", "protocols", *CREDENTIALS, "credentials"),
            *("shared", "enabled", "timeout_seconds", "models"),
        )
        fields = self.mapping(node, path, known, needed=("name", "kind", "models"))
        kind = self.choice(fields, "kind", path, tuple(DEFAULT_BASE_URLS), default="openai")
        return ProviderEntry(
            name=self.slug(fields, "name", path, NAME, most=60),
            kind=kind,
            base_url=self.base_url(fields, path, DEFAULT_BASE_URLS[kind]),
            protocols=list(self.words(fields, "protocols", path, PROTOCOLS)),
            credential=self.secret(node, fields, path),
            credentials=tuple(self.listed(fields, "credentials", path, self.credential)),
            is_shared=self.switch(fields, "shared", path),
            is_enabled=self.switch(fields, "enabled", path),
            timeout_seconds=float(
                self.number(fields, "timeout_seconds", path, least=1, most=3600) or Decimal(120)
            ),
            models=tuple(self.listed(fields, "models", path, self.model)),
            line=node.start_mark.line + 1,
            path=path,
        )

    def credential(self, node: yaml.Node, path: str) -> CredentialEntry:
        known = ("name", *CREDENTIALS, "bucket", "requests_per_minute", "tokens_per_minute", "enabled")
        fields = self.mapping(node, path, known, needed=("name",))
        secret = self.secret(node, fields, path)
        if fields and secret is None:
            self.fault(node, path, f"Give one of {', '.join(CREDENTIALS)}.")
        return CredentialEntry(
            name=self.slug(fields, "name", path, NAME, most=60),
            credential=secret,
            bucket=self.slug(fields, "bucket", path, BUCKET, most=40),
            requests_per_minute=self.whole(fields, "requests_per_minute", path, "requests"),
            tokens_per_minute=self.whole(fields, "tokens_per_minute", path, "tokens"),
            is_enabled=self.switch(fields, "enabled", path),
            line=node.start_mark.line + 1,
            path=path,
        )

    def model(self, node: yaml.Node, path: str) -> ModelEntry:
        known = (
            *("name", "upstream_name", "tier", "capabilities", "context_window", "max_output_tokens"),
            *(*PRICES, "watts", "quality", "enabled"),
        )
        fields = self.mapping(node, path, known, needed=("name",))
        name = self.text(fields, "name", path, most=200)
        quality = self.number(fields, "quality", path, least=0, most=1)
        return ModelEntry(
            name=name,
            upstream_name=self.text(fields, "upstream_name", path, most=200) or name,
            tier=self.choice(fields, "tier", path, TIERS, default="mid"),
            capabilities=list(self.words(fields, "capabilities", path, CAPABILITIES)),
            context_window=self.whole(fields, "context_window", path, "tokens"),
            max_output_tokens=self.whole(fields, "max_output_tokens", path, "tokens"),
            watts=self.number(fields, "watts", path, least=0, most=100_000),
            quality=None if quality is None else float(quality),
            is_enabled=self.switch(fields, "enabled", path),
            **{price: self.number(fields, price, path, least=0, most=10**6) for price in PRICES},
        )

    def policies(self, fields: Fields) -> tuple[PolicyEntry, ...]:
        found: list[PolicyEntry] = self.listed(fields, "policies", "", self.policy)
        defaults = [entry for entry in found if entry.is_default]
        if len(defaults) > 1:
            node = fields["policies"].value[found.index(defaults[1])]
            self.fault(node, f"{defaults[1].path}.default", "Only one policy can be the default.")
        return tuple(found)

    def policy(self, node: yaml.Node, path: str) -> PolicyEntry:
        fields: Fields = {}
        if isinstance(node, yaml.MappingNode):
            fields = {str(key.value): value for key, value in node.value if key.value in OF_POLICY}
            free = yaml.MappingNode(
                node.tag,
                [(key, value) for key, value in node.value if key.value not in OF_POLICY],
                node.start_mark,
            )
            document = self.plain(free, path)
        else:
            self.mapping(node, path, OF_POLICY, needed=("name",))
            document = None
        name = self.text(fields, "name", path, most=40)
        if isinstance(document, dict):
            self.check_policy(node, path, name, document)
        return PolicyEntry(
            name=name,
            document=document or {},
            is_shared=self.switch(fields, "shared", path),
            is_default=self.switch(fields, "default", path, default="false"),
            line=node.start_mark.line + 1,
            path=path,
        )

    def check_policy(self, node: yaml.Node, path: str, name: str, document: dict[str, Any]) -> None:
        try:
            parse_policy(name, document)
        except InvalidPolicy as exc:
            # The message begins with the field that is wrong, such as `tiers.mid`.
            field = str(exc).split(" ", 1)[0]
            self.fault(_place(node, field.split(".")), f"{path}.{field}", str(exc))

    def slug(self, fields: Fields, name: str, path: str, form: re.Pattern[str], *, most: int) -> str:
        found = self.text(fields, name, path, most=most)
        if found and not form.fullmatch(found):
            self.fault(fields[name], f"{path}.{name}", "Use letters, digits, '-' and '_'.")
        return found

    def base_url(self, fields: Fields, path: str, default: str) -> str:
        url = self.text(fields, "base_url", path, most=500)
        if not url:
            return default
        problem = url_problem(url)
        if problem:
            self.fault(fields["base_url"], f"{path}.base_url", problem)
        return url

    def secret(self, node: yaml.Node, fields: Fields, path: str) -> tuple[str, str] | None:
        given = [name for name in CREDENTIALS if name in fields]
        if len(given) > 1:
            self.fault(node, path, f"Give only one of {', '.join(CREDENTIALS)}.")
        return (given[0], self.text(fields, given[0], path, most=4000)) if given else None


def _place(node: yaml.Node, names: Sequence[str]) -> yaml.Node:
    """Return the deepest node that the names lead to."""
    for name in names:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        inner = next((value for key, value in pairs if getattr(key, "value", "") == name), None)
        if inner is None:
            break
        node = inner
    return node


def url_problem(url: str) -> str:
    """Say what is wrong with a provider's address; empty when nothing is."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "This is not an address; give one such as https://api.openai.com/v1."
    if (
        parts.scheme not in ("http", "https")
        or not host
        or not url.isascii()
        or any(c.isspace() for c in url)
    ):
        return "Give an address that begins with https:// or http://, such as https://api.openai.com/v1."
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        return "Leave user name, query and fragment out of the address; a key belongs in its own field."
    return ""
