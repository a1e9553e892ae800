"""One credential at a provider: what it may do, how it stands, and what this worker has used of it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field

from marga.gateway.leases import Lease
from marga.gateway.lending import Lending
from marga.gateway.windows import Window


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Credential:
    """One account at a provider. repr is left out because api_key is secret; bucket "" serves every bucket."""

    id: str
    api_key: str | None
    bucket: str = ""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a credential stands. state: ok, resting or dead; until: monotonic seconds; status: what the provider said."""

    state: str = "ok"
    until: float = -math.inf
    status: int = 0


class Account:
    """What this worker knows of one credential, and has used of it."""

    __slots__ = (
        "credential",
        "failures",
        "is_hearsay",
        "mark",
        "picked",
        "requests",
        "requests_lease",
        "standing",
        "tokens",
        "tokens_lease",
    )

    def __init__(self, credential: Credential, now: float, lending: Lending) -> None:
        self.credential = credential
        self.mark = mark_of(credential)
        self.picked = 0
        self.failures = 0
        self.is_hearsay = False
        self.standing = Standing()
        self.requests = Window(now)
        self.tokens = Window(now)
        self.requests_lease: Lease | None
        self.tokens_lease: Lease | None
        self.renew(credential, lending)

    def renew(self, credential: Credential, lending: Lending) -> None:
        """Take over changed limits; a changed secret makes it a credential that nobody has refused yet."""
        self.credential = credential
        if (mark := mark_of(credential)) != self.mark:
            self.mark, self.standing, self.failures = mark, Standing(), 0
        self.requests_lease = self.tokens_lease = None
        if (limit := credential.requests_per_minute) is not None:
            self.requests_lease = lending.lease(f"account-requests:{credential.id}", limit, self.requests)
        if (limit := credential.tokens_per_minute) is not None:
            self.tokens_lease = lending.lease(f"account-tokens:{credential.id}", limit, self.tokens)

    def lacking(self, tokens: int, now: float) -> tuple[Lease, float] | None:
        """Return the limit that has no room, with what does not fit."""
        if self.requests_lease is not None and not self.requests_lease.fits(1, now):
            return self.requests_lease, 1
        if self.tokens_lease is not None and not self.tokens_lease.fits(tokens, now):
            return self.tokens_lease, tokens
        return None

    def wait(self, tokens: int, now: float) -> float:
        """Return the seconds until the limits have room again, as far as this worker can tell."""
        seconds = 0.0
        if (lease := self.requests_lease) is not None:
            seconds = self.requests.wait(now, max(0, lease.held - 1))
        if (lease := self.tokens_lease) is not None:
            seconds = max(seconds, self.tokens.wait(now, max(0, lease.held - tokens)))
        return max(seconds, 0.001)

    def use(self, tokens: int) -> Credential:
        """Count one call."""
        self.picked += 1
        self.requests.add(1)
        self.tokens.add(tokens)
        return self.credential


def mark_of(credential: Credential) -> str:
    """Return a mark that changes with the secret and does not give it away."""
    return hashlib.sha256((credential.api_key or "").encode()).hexdigest()[:8]
