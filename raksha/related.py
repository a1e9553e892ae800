"""Whether an exploited product may be the same thing as a package, by their names alone. Pure.

KEV names vendors and products, seldom packages: "Apache Struts", not `org.apache.struts:struts2-core`. A like name
is a hint for the reader, never a match: what it finds is shown as related, and makes nothing urgent by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

WORD = re.compile(r"[a-z][a-z0-9]+")
_COMMON = """
the and for of with in server servers client clients project projects foundation software framework library core api
web app apps application applications platform enterprise community multiple products product systems system service
services manager management security network networks data base database cloud tools tool utils util common main
plugin plugins module modules node python java javascript golang ruby rust http https json html test tests github
gitlab apache google microsoft oracle adobe cisco linux windows android apple kernel open source engine runtime access
control panel edge connect gateway desktop mobile remote office mail reader studio next plus react internet explorer
file files transfer content portal home small business unified agent device router media
"""
COMMON = frozenset(_COMMON.split())
"""Words that stand in many names and say nothing: vendors with hundreds of products are among them."""
SHORTEST = 4
OPEN_VENDORS = frozenset({"apache", "vmware"})
"""Their products are libraries often enough; with others the vendor's own name must fit too."""


def words(name: str) -> frozenset[str]:
    """Return the words of a name that tell it from others, in lower case, without figures at their end."""
    found = (word.rstrip("0123456789") for word in WORD.findall(name.lower()))
    return frozenset(word for word in found if len(word) >= SHORTEST and word not in COMMON)


class Index:
    """Exploited products by their words, to ask for many packages."""

    def __init__(self, entries: Iterable[tuple[str, str, str]]) -> None:
        """Take (CVE, vendor, product) of each entry."""
        self._products: dict[str, list[tuple[frozenset[str], str]]] = defaultdict(list)
        for cve, vendor, product in entries:
            told = words(product)
            if not told:
                continue
            if not _names_itself(vendor, told):
                told |= {_first(vendor)}
            for word in told:
                self._products[word].append((told, cve))

    def find(self, package: str) -> tuple[str, ...]:
        """Return the CVEs of products all of whose words stand in the package's name, latest first."""
        asked = words(package) | set(WORD.findall(package.lower()))
        found = {cve for word in asked for told, cve in self._products.get(word, ()) if told <= asked}
        return tuple(sorted(found, key=_by_number, reverse=True))


def _names_itself(vendor: str, product: frozenset[str]) -> bool:
    """Tell whether the product's name suffices: it is its vendor's too, or the vendor's are libraries."""
    name = _first(vendor)
    return name in OPEN_VENDORS or any(name.startswith(word) or word.startswith(name) for word in product)


def _first(vendor: str) -> str:
    return next(iter(WORD.findall(vendor.lower())), "-")


def _by_number(cve: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", cve))
