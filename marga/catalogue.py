"""What is known of well-known models: tier, sizes, abilities, prices. Dated, from prices.toml; no network."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("prices.toml")
SAME_MODEL = re.compile(r"([-@](\d{4}-\d{2}-\d{2}|\d{6,8}|latest)|-v\d+(:\d+)?|:\d+|\[1m\])*")
"""What may follow a name without making it another model: its date, the revision, the window."""
MAKERS = re.compile(
    r"^(models/|(us\.|eu\.|global\.)?(openai|anthropic|qwen|deepseek(-ai)?|meta-llama|mistralai|google)[./])"
)
EMBEDS = re.compile(r"embed|^all-minilm|^bge-")
NO_CHAT = re.compile(
    r"whisper|tts|dall-e|image|audio|realtime|moderation|transcribe|sora|search|davinci|babbage|instruct|computer-use"
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A model as its maker describes it; prices in USD per million tokens, None where its source does not say."""

    name: str
    tier: str
    capabilities: tuple[str, ...]
    context_window: int | None
    max_output_tokens: int | None
    input_usd_per_mtok: Decimal | None
    output_usd_per_mtok: Decimal | None
    cached_input_usd_per_mtok: Decimal | None
    cache_write_usd_per_mtok: Decimal | None

    def facts(self) -> dict[str, Any]:
        """Return what a model's row begins with."""
        return {name: value for name, value in vars(self).items() if name != "name"} | {
            "capabilities": list(self.capabilities)
        }


@dataclass(frozen=True)
class PriceList:
    """One maker's models, best first. as_of: the day on which the source said so."""

    as_of: date
    source: str
    models: tuple[Known, ...]


@cache
def price_lists() -> dict[str, PriceList]:
    """Return the price list of each kind of provider that has one."""
    return {
        kind: PriceList(table["as_of"], table["source"], tuple(_known(row) for row in table["models"]))
        for kind, table in _content().items()
        if "models" in table
    }


def find(kind: str, name: str) -> Known | None:
    """Return what is known of a model: of the names that begin its own, the longest.

    What follows may only be a date or a revision: `gpt-5-pro` is another model than `gpt-5`, at another price.
    """
    plain = MAKERS.sub("", name.lower())
    if kind == "ollama":
        return _of_family(plain)
    listed = price_lists().get(kind)
    fitting = [
        known
        for known in (listed.models if listed else ())
        if plain.startswith(known.name) and SAME_MODEL.fullmatch(plain, len(known.name))
    ]
    return max(fitting, key=lambda known: len(known.name), default=None)


def of_family(name: str) -> Known | None:
    """Return what is known of an open model on one's own machine, such as `qwen2.5-coder:7b`."""
    return _of_family(MAKERS.sub("", name.lower()))


def takes_calls(name: str) -> bool:
    """Tell whether a listed model answers chat or makes embeddings, judged by its name: lists do not say."""
    return bool(EMBEDS.search(name)) or not NO_CHAT.search(name)


def makes_embeddings(name: str) -> bool:
    """Tell whether a model makes embeddings and nothing else, judged by its name."""
    return bool(EMBEDS.search(MAKERS.sub("", name.lower())))


def _of_family(plain: str) -> Known | None:
    families: Mapping[str, tuple[str, ...]] = _families()
    fitting = [name for name in families if plain.startswith(name)]
    return _local(plain, families[max(fitting, key=len)]) if fitting else None


def _local(name: str, capabilities: tuple[str, ...]) -> Known:
    return Known(
        name=name,
        tier="local",
        capabilities=capabilities,
        context_window=None,
        max_output_tokens=None,
        input_usd_per_mtok=None,
        output_usd_per_mtok=None,
        cached_input_usd_per_mtok=None,
        cache_write_usd_per_mtok=None,
    )


@cache
def _families() -> dict[str, tuple[str, ...]]:
    return {row["name"]: tuple(row["can"]) for row in _content()["local"]["families"]}


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _known(row: Mapping[str, Any]) -> Known:
    return Known(
        name=row["name"],
        tier=row["tier"],
        capabilities=tuple(row["can"]),
        context_window=row.get("context_window"),
        max_output_tokens=row.get("max_output"),
        input_usd_per_mtok=_usd(row, "input"),
        output_usd_per_mtok=_usd(row, "output"),
        cached_input_usd_per_mtok=_usd(row, "cached_input"),
        cache_write_usd_per_mtok=_usd(row, "cache_write"),
    )


def _usd(row: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(row[name]) if name in row else None
