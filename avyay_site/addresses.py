"""Which addresses may be reached on somebody else's behalf. Pure.

Only globally routable unicast addresses are; the lists below are what `ipaddress` calls global and is not for us.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

GLOBAL_V6 = IPv6Network("2000::/3")
"""RFC 4291: the only unicast space in use; maps, NAT64 (64:ff9b::/96), ULA and link-local lie outside."""

REFUSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "100.64.0.0/10",  # carrier-grade NAT, Tailscale, one cloud's metadata
        "168.63.129.16/32",  # Azure's wire server
        "192.0.0.0/24",  # IETF; another cloud's metadata
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "2001::/23",  # IETF, with Teredo, which embeds IPv4
        "2001:db8::/32",  # examples
        "2002::/16",  # 6to4, which embeds IPv4
        "3fff::/20",  # examples
    )
)


@dataclass(frozen=True)
class Allowance:
    """What the operator allows beyond the public internet: host names, and networks."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, words: Iterable[str]) -> Allowance:
        """Read names and networks such as `hooks.example.internal` and `10.1.0.0/16`."""
        hosts, networks = set(), []
        for word in words:
            try:
                networks.append(ip_network(word, strict=False))
            except ValueError:
                hosts.add(word.lower())
        return cls(hosts=frozenset(hosts), networks=tuple(networks))

    def covers(self, host: str, address: Address) -> bool:
        """Tell whether the operator allows this address under this name."""
        return host.lower() in self.hosts or any(
            address.version == network.version and address in network for network in self.networks
        )


def is_public(address: Address) -> bool:
    """Tell whether an address is globally routable unicast, with no other address hidden inside."""
    if isinstance(address, IPv6Address) and (address not in GLOBAL_V6 or address.scope_id):
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address.version == network.version and address in network for network in REFUSED)


def parse(text: str) -> Address | None:
    """Return the address that text spells in its one canonical form, else None."""
    try:
        return ip_address(text)
    except ValueError:
        return None
