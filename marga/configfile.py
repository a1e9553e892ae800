"""Read MARGA_CONFIG strictly: every fault is named with its line and path. Pure: text in, values out.

```yaml
providers:
  - name: openai
    kind: openai
    api_key_env: OPENAI_API_KEY
    models:
      - name: gpt-5-mini
        tier: mid
        input_usd_per_mtok: 0.25
        output_usd_per_mtok: 2
```
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from urllib.parse import urlsplit

import yaml

DEFAULT_BASE_URLS = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "ollama": "http://127.0.0.1:11434",
    "sandbox": "",
}
TIERS = ("local", "mid", "frontier")
PROVIDER_NAME = re.compile(r"[a-zA-Z0-9_-]{1,60}")
PRICES = ("input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok")
CREDENTIALS = ("api_key", "api_key_env", "api_key_file")
TEXT_MOST = 1024 * 1024
TRUE, FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})

T = TypeVar("T")
Fields = dict[str, yaml.Node]


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong. line: counted from 1. path: such as `providers[0].models[2].tier`."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", {self.path}" if self.path else "")
        return f"{where}: {self.message}"


class WrongConfig(Exception):
    """The file cannot be used; `faults` says why, in the order of its lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    name: str
    upstream_name: str
    tier: str
    context_window: int | None
    input_usd_per_mtok: Decimal | None
    output_usd_per_mtok: Decimal | None
    cached_input_usd_per_mtok: Decimal | None
    is_enabled: bool


@dataclass(frozen=True, kw_only=True, repr=False)
class ProviderEntry:
    """repr is left out because api_key is secret. credential: how the key is given, and its value. line: for faults."""

    name: str
    kind: str
    base_url: str
    credential: tuple[str, str] | None
    is_shared: bool
    is_enabled: bool
    timeout_seconds: float
    models: tuple[ModelEntry, ...]
    line: int
    path: str


def parse(text: str) -> tuple[ProviderEntry, ...]:
    """Return the providers that the text describes.

    Raises WrongConfig with every fault found.
    """
    reader = _Reader()
    providers = reader.document(_compose(text))
    if reader.faults:
        raise WrongConfig(reader.faults)
    return providers


def _compose(text: str) -> yaml.Node | None:
    if len(text) > TEXT_MOST:
        raise WrongConfig([Fault(1, "", "The file is larger than 1 MiB.")])
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        raise WrongConfig(
            [Fault(mark.line + 1 if mark else 1, "", f"This is not YAML: {exc.problem}.")]
        ) from exc
    except (yaml.YAMLError, RecursionError) as exc:
        raise WrongConfig([Fault(1, "", f"This is not YAML: {str(exc).splitlines()[0]}.")]) from exc


class _Reader:
    """Walk the nodes to the depth of the schema, noting faults instead of stopping at the first."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, node: yaml.Node, path: str, message: str) -> None:
        self.faults.append(Fault(node.start_mark.line + 1, path, message))

    def document(self, node: yaml.Node | None) -> tuple[ProviderEntry, ...]:
        if node is None:
            return ()
        fields = self.mapping(node, "", ("providers",), needed=("providers",))
        providers = self.entries(fields.get("providers"), "providers", self.provider)
        self.distinct(providers, fields.get("providers"), "providers")
        return tuple(providers)

    def provider(self, node: yaml.Node, path: str) -> ProviderEntry:
        known = ("name", "kind", "base_url", *CREDENTIALS, "shared", "enabled", "timeout_seconds", "models")
        fields = self.mapping(node, path, known, needed=("name", "kind", "models"))
        kind = self.choice(fields, "kind", path, tuple(DEFAULT_BASE_URLS), default="openai")
        models = self.entries(fields.get("models"), f"{path}.models", self.model)
        self.distinct(models, fields.get("models"), f"{path}.models")
        return ProviderEntry(
            name=self.provider_name(fields, path),
            kind=kind,
            base_url=self.base_url(fields, path, DEFAULT_BASE_URLS[kind]),
            credential=self.credential(node, fields, path),
            is_shared=self.switch(fields, "shared", path),
            is_enabled=self.switch(fields, "enabled", path),
            timeout_seconds=float(
                self.number(fields, "timeout_seconds", path, least=1, most=3600) or Decimal(120)
            ),
            models=tuple(models),
            line=node.start_mark.line + 1,
            path=path,
        )

    def model(self, node: yaml.Node, path: str) -> ModelEntry:
        known = ("name", "upstream_name", "tier", "context_window", *PRICES, "enabled")
        fields = self.mapping(node, path, known, needed=("name",))
        name = self.text(fields, "name", path, most=200)
        window = self.number(fields, "context_window", path, least=1, most=2**31 - 1)
        if window is not None and window != int(window):
            self.fault(fields["context_window"], f"{path}.context_window", "Give a whole number of tokens.")
        prices = {price: self.number(fields, price, path, least=0, most=10**6) for price in PRICES}
        return ModelEntry(
            name=name,
            upstream_name=self.text(fields, "upstream_name", path, most=200) or name,
            tier=self.choice(fields, "tier", path, TIERS, default="mid"),
            context_window=None if window is None else int(window),
            is_enabled=self.switch(fields, "enabled", path),
            **prices,
        )

    def mapping(
        self, node: yaml.Node, path: str, known: tuple[str, ...], *, needed: tuple[str, ...]
    ) -> Fields:
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, path, f"Here belong {' and '.join(needed)} as `name: value` lines.")
            return {}
        fields: Fields = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            here = f"{path}.{name}".lstrip(".")
            if name not in known:
                self.fault(key, here, f"{name!r} is unknown; known are {', '.join(known)}.")
            elif name in fields:
                self.fault(key, here, f"{name} stands here twice.")
            else:
                fields[name] = value
        for name in needed:
            if name not in fields:
                self.fault(node, path, f"{name} is missing.")
        return fields

    def entries(self, node: yaml.Node | None, path: str, read: Callable[[yaml.Node, str], T]) -> list[T]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.fault(node, path, "Here belongs a list: lines that begin with `- `.")
            return []
        return [read(item, f"{path}[{index}]") for index, item in enumerate(node.value)]

    def distinct(
        self, found: Iterable[ProviderEntry | ModelEntry], node: yaml.Node | None, path: str
    ) -> None:
        seen: set[str] = set()
        for index, entry in enumerate(found):
            if entry.name and entry.name in seen and isinstance(node, yaml.SequenceNode):
                self.fault(node.value[index], f"{path}[{index}].name", f"{entry.name!r} stands here twice.")
            seen.add(entry.name)

    def text(self, fields: Fields, name: str, path: str, *, most: int) -> str:
        node = fields.get(name)
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode) or not node.value or not node.value.isprintable():
            self.fault(node, f"{path}.{name}", "Give a text in one line.")
            return ""
        if len(node.value) > most:
            self.fault(node, f"{path}.{name}", f"Give at most {most} characters.")
        return str(node.value)

    def provider_name(self, fields: Fields, path: str) -> str:
        name = self.text(fields, "name", path, most=60)
        if name and not PROVIDER_NAME.fullmatch(name):
            self.fault(fields["name"], f"{path}.name", "Use letters, digits, '-' and '_'.")
        return name

    def base_url(self, fields: Fields, path: str, default: str) -> str:
        url = self.text(fields, "base_url", path, most=500)
        if not url:
            return default
        problem = url_problem(url)
        if problem:
            self.fault(fields["base_url"], f"{path}.base_url", problem)
        return url

    def choice(self, fields: Fields, name: str, path: str, known: tuple[str, ...], *, default: str) -> str:
        found = self.text(fields, name, path, most=40) or default
        if found not in known:
            self.fault(
                fields[name], f"{path}.{name}", f"{found!r} is unknown; choose among {', '.join(known)}."
            )
            return default
        return found

    def switch(self, fields: Fields, name: str, path: str) -> bool:
        found = self.text(fields, name, path, most=10).lower() or "true"
        if found not in TRUE | FALSE:
            self.fault(fields[name], f"{path}.{name}", "Give true or false.")
        return found in TRUE

    def number(self, fields: Fields, name: str, path: str, *, least: int, most: int) -> Decimal | None:
        node = fields.get(name)
        if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
            return None
        try:
            # The text itself, not the float that YAML would make of it: money is exact.
            number = Decimal(node.value) if isinstance(node, yaml.ScalarNode) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or not least <= number <= most:
            self.fault(node, f"{path}.{name}", f"Give a number from {least} to {most}.")
            return None
        return number

    def credential(self, node: yaml.Node, fields: Fields, path: str) -> tuple[str, str] | None:
        given = [name for name in CREDENTIALS if name in fields]
        if len(given) > 1:
            self.fault(node, path, f"Give only one of {', '.join(CREDENTIALS)}.")
        return (given[0], self.text(fields, given[0], path, most=4000)) if given else None


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
