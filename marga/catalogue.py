"""What is known of well-known models: tier, context window, prices. Dated, from prices.toml; no network."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("prices.toml")
DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$")
NO_CHAT = re.compile(
    r"embed|whisper|tts|dall-e|image|audio|realtime|moderation|transcribe|sora|search|davinci|babbage|instruct|computer-use"
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A model as its maker describes it; prices in USD per million tokens."""

    name: str
    tier: str
    context_window: int
    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_input_usd_per_mtok: Decimal


@dataclass(frozen=True)
class PriceList:
    """One maker's models, best first. as_of: the day on which the source said so."""

    as_of: date
    source: str
    models: tuple[Known, ...]


@cache
def price_lists() -> dict[str, PriceList]:
    """Return the price list of each kind of provider that has one."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        kind: PriceList(table["as_of"], table["source"], tuple(_known(row) for row in table["models"]))
        for kind, table in content.items()
    }


def find(kind: str, name: str) -> Known | None:
    """Return what is known of a model by its name, or by its name without a date at the end."""
    listed = price_lists().get(kind)
    if listed is None:
        return None
    wanted = (name, DATED.sub("", name))
    return next((known for known in listed.models if known.name in wanted), None)


def takes_chat(name: str) -> bool:
    """Tell whether a listed model answers chat, judged by its name: lists do not say."""
    return not NO_CHAT.search(name)


def _known(row: dict[str, str | int]) -> Known:
    return Known(
        name=str(row["name"]),
        tier=str(row["tier"]),
        context_window=int(row["context_window"]),
        input_usd_per_mtok=Decimal(row["input"]),
        output_usd_per_mtok=Decimal(row["output"]),
        cached_input_usd_per_mtok=Decimal(row["cached_input"]),
    )
