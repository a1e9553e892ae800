"""Keep providers that a member of a workspace added out of the platform's own network (SSRF).

Their names were checked when they were entered; names can lead elsewhere later, so each look-up is checked again,
and the connection goes to the address that was checked. AVYAY_OUTBOUND_ALLOW names what may be reached all the same.
"""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from avyay_site import addresses
from avyay_site.addresses import Allowance


class NotReachable(OSError):
    """The address lies in a network that members' providers may not reach."""


class CheckedResolver(AbstractResolver):
    """Resolves names whose every address may be reached."""

    def __init__(self, allowance: Allowance, inner: AbstractResolver | None = None) -> None:
        self._allowance = allowance
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for result in found:
            _check(host, result["host"], self._allowance)
        return found

    async def close(self) -> None:
        await self._inner.close()


def check_literal(url: URL, allowance: Allowance) -> None:
    """Raise NotReachable when the address stands in the URL itself, which asks no resolver, and may not be reached."""
    if url.host and addresses.parse(url.host) is not None:
        _check(url.host, url.host, allowance)


def _check(host: str, text: str, allowance: Allowance) -> None:
    address = addresses.parse(text.partition("%")[0])
    if (
        address is None
        or "%" in text
        or not (addresses.is_public(address) or allowance.covers(host, address))
    ):
        raise NotReachable(f"{host} does not lead to a public address")
