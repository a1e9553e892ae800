"""Keep providers that a member of a workspace added out of the platform's own network (SSRF).

Their names were checked when they were entered; names can lead elsewhere later, so the addresses are checked again
before each connection, which goes to an address that was checked. AVYAY_OUTBOUND_ALLOW names what may be reached all
the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from avyay_site import addresses
from avyay_site.addresses import Allowance


class NotReachable(OSError):
    """The address lies in a network that members' providers may not reach."""


def check(host: str, found: Iterable[str], allowance: Allowance) -> None:
    """Check every address that a name has, or the one that an address is.

    Raises NotReachable if one of them may not be reached.
    """
    for text in found:
        address = addresses.parse(text)
        if (
            address is None
            or "%" in text
            or not (addresses.is_public(address) or allowance.covers(host, address))
        ):
            raise NotReachable(f"{host} does not lead to a public address")
