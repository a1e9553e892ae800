"""Which order an ecosystem's versions have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from raksha.versions import composer, maven, pep440, rubygems, semver


@dataclass(frozen=True, slots=True)
class Order:
    """How one ecosystem compares. key never fails; is_readable tells whether its answer means anything."""

    key: Callable[[str], Any]
    is_readable: Callable[[str], bool]
    is_prerelease: Callable[[str], bool]


SEMVER = Order(semver.key, semver.is_readable, semver.is_prerelease)
ORDERS = {
    "PyPI": Order(pep440.key, pep440.is_readable, pep440.is_prerelease),
    "Go": Order(semver.go_key, semver.is_readable, semver.is_prerelease),
    "Maven": Order(maven.key, maven.is_readable, maven.is_prerelease),
    "RubyGems": Order(rubygems.key, rubygems.is_readable, rubygems.is_prerelease),
    "Packagist": Order(composer.key, composer.is_readable, composer.is_prerelease),
    "NuGet": Order(semver.nuget_key, semver.is_readable, semver.is_prerelease),
}


def order_of(ecosystem: str) -> Order:
    """Return the order of an ecosystem; semantic versions where it has none of its own (npm, crates.io)."""
    return ORDERS.get(ecosystem, SEMVER)


@lru_cache(maxsize=65_536)
def key(ecosystem: str, version: str) -> Any:
    """Return what sorts among versions of this ecosystem, and only among them."""
    return order_of(ecosystem).key(version)


def compare(ecosystem: str, a: str, b: str) -> int:
    """Return -1, 0 or 1: a is older than b, the same, newer."""
    mine, theirs = key(ecosystem, a), key(ecosystem, b)
    return int(mine > theirs) - int(mine < theirs)


def is_readable(ecosystem: str, version: str) -> bool:
    """Tell whether this is a version of the ecosystem, and not a range, a branch or a word."""
    return order_of(ecosystem).is_readable(version)


def is_prerelease(ecosystem: str, version: str) -> bool:
    """Tell whether an installer would pass it over unless asked for it."""
    return order_of(ecosystem).is_prerelease(version)
