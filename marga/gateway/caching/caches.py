"""The gateway's caches in one: what a call asks before it goes out, and tells when it has come back.

    plan = caches.plan(…)                      what may be read and kept for this request; None where nothing may
    found = caches.look(plan, now)             memory only, no waiting
    found = await caches.find(plan, now)       memory, then the shared tier
    await caches.keep(plan, entry, now)        after a whole answer that keeping.is_keepable allows

One kept answer serves plain and streamed requests alike. Restatements are found by the sense of the last question
within a partition: everything else in the request must be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from marga.gateway.caching import identity as identities
from marga.gateway.caching.controls import OFF, SAFE, SEMANTIC, Controls, controls
from marga.gateway.caching.entry import Entry, seal_key
from marga.gateway.caching.flights import Flights
from marga.gateway.caching.gate import sense_of
from marga.gateway.caching.memory import Memory, Pointers
from marga.gateway.caching.purges import Purge, Purges
from marga.gateway.caching.question import question_of
from marga.gateway.caching.sharing import SharedTier, Store

MOST_BODIES = 8_192
MOST_SENSES = 16_384
SENSE_FORM = "sense:"


class Found(NamedTuple):
    """how: "exact" or "semantic"; identity is what purges this one answer."""

    entry: Entry
    how: str
    identity: bytes


@dataclass(slots=True)
class Plan:
    """What the caches may do for one request."""

    workspace_id: str
    protocol: str
    payload: Mapping[str, Any]
    body: bytes
    policy_mark: str
    controls: Controls
    identity: bytes
    _sense: bytes | None = field(default=None)
    _is_sense_known: bool = field(default=False)

    def sense(self) -> bytes | None:
        """Return the digest of the question's sense in its partition, or None where restatements are not served."""
        if not self._is_sense_known:
            self._is_sense_known = True
            self._sense = self._make_sense() if self.controls.mode == SEMANTIC else None
        return self._sense

    def _make_sense(self) -> bytes | None:
        question = question_of(self.payload, self.protocol)
        sense = sense_of(question.text) if question else None
        if question is None or sense is None:
            return None
        said = blake2b("\0".join(sense).encode(), digest_size=20).hexdigest()
        mark = f"{self.policy_mark} {said}"
        return identities.identity(self.workspace_id, SENSE_FORM + self.protocol, question.rest, mark)


@dataclass(slots=True)
class Counters:
    """For the metrics; since the process began."""

    exact_hits: int = 0
    semantic_hits: int = 0
    misses: int = 0
    kept: int = 0
    not_kept: int = 0
    purges: int = 0


class Caches:
    """max_bytes: memory of this worker; secret: seals what goes to the shared store; now: seconds since the epoch."""

    def __init__(self, *, max_bytes: int, secret: str, store: Store | None, now: float) -> None:
        self._memory = Memory(max_bytes)
        self._bodies = Pointers(MOST_BODIES)
        self._senses = Pointers(MOST_SENSES)
        self._shared = SharedTier(store, seal_key(secret))
        self._began_at = now
        self._heeded: Sequence[Purge] = ()
        self._purges = Purges()
        self._unswept: list[Purge] = []
        self.flights = Flights()
        self.counters = Counters()

    @property
    def used_bytes(self) -> int:
        """Return the memory that answers take."""
        return self._memory.used_bytes

    @property
    def entries(self) -> int:
        return len(self._memory)

    @property
    def evicted(self) -> int:
        return self._memory.evicted

    @property
    def refused(self) -> int:
        """Return how many values of the shared store were not believed."""
        return self._shared.refused

    def plan(
        self,
        *,
        workspace_id: str,
        protocol: str,
        payload: Mapping[str, Any],
        body: bytes,
        policy_mark: str,
        rule: str,
        ttl_seconds: int,
        header: Callable[[str], str | None],
    ) -> Plan | None:
        """Return what may be done for a request, or None: the key or the request wants no cache, or cannot have one.

        rule, ttl_seconds: of the key; header: of the request, by lower-case name; policy_mark: see identity().
        """
        asked = controls(rule, ttl_seconds, header)
        if asked.mode == OFF or not identities.is_cacheable(payload):
            return None
        if asked.mode == SAFE and not identities.asks_for_the_same(payload, protocol):
            return None
        digest = identities.body_digest(workspace_id, protocol, body, policy_mark)
        found = self._bodies.get(digest)
        if found is None:
            found = identities.identity(workspace_id, protocol, payload, policy_mark)
            self._bodies.put(digest, found)
        return Plan(workspace_id, protocol, payload, body, policy_mark, asked, found)

    def look(self, plan: Plan, now: float) -> Found | None:
        """Return the answer if this worker has it; counts hits, not misses."""
        if not plan.controls.may_read:
            return None
        ttl = plan.controls.ttl_seconds
        entry = self._memory.get(plan.identity, now, ttl)
        if entry is not None:
            return self._hit(entry, plan.identity, plan)
        sense = plan.sense()
        target = self._senses.get(sense) if sense else None
        if target is not None and (entry := self._memory.get(target, now, ttl)) is not None:
            return self._hit(entry, target, plan)
        return None

    async def find(self, plan: Plan, now: float) -> Found | None:
        """Return the answer if any worker has it."""
        if not plan.controls.may_read:
            self.counters.misses += 1
            return None
        found = self.look(plan, now) or await self._find_shared(plan, now)
        if found is None:
            self.counters.misses += 1
        return found

    async def keep(self, plan: Plan, entry: Entry, now: float) -> bool:
        """Keep a whole answer for as long as the plan says; the caller has asked keeping.is_keepable.

        An ambiguous body is not kept: a provider may have answered another reading of it.
        """
        if not identities.is_unambiguous(plan.body):
            self.counters.not_kept += 1
            return False
        ttl = plan.controls.ttl_seconds
        is_kept = self._memory.put(plan.identity, entry, now + ttl)
        is_shared = await self._shared.put(plan.identity, entry, ttl)
        sense = plan.sense() if is_kept or is_shared else None
        if sense is not None:
            self._senses.put(sense, plan.identity)
            if is_shared:
                await self._shared.point(sense, plan.identity, ttl)
        self.counters.kept += is_kept or is_shared
        self.counters.not_kept += not (is_kept or is_shared)
        return is_kept or is_shared

    def heed(self, purges: Sequence[Purge]) -> None:
        """Serve no more what people have had forgotten; called before each look, with all purges that still matter."""
        if purges is self._heeded:
            return
        news = set(purges) - set(self._heeded)
        self._heeded, self._purges = purges, Purges(purges)
        self._memory.forget(self._purges, {purge.workspace_id for purge in news})
        # Older ones were carried out before this process began; again, they would take what is fresh.
        self._unswept += sorted((p for p in news if p.at >= self._began_at), key=lambda purge: purge.at)

    async def sweep(self) -> None:
        """Delete in Redis what purges took; the housekeeping calls this. Until then nobody believes it."""
        while self._unswept:
            purge = self._unswept.pop(0)
            await self._shared.forget(purge.workspace_id, purge.identity)
            self.counters.purges += 1

    async def _find_shared(self, plan: Plan, now: float) -> Found | None:
        found = await self._fetch(plan.identity, plan, now)
        if found is not None:
            return found
        sense = plan.sense()
        target = await self._shared.pointed(sense) if sense else None
        if sense is None or target is None or target == plan.identity:
            return None
        found = await self._fetch(target, plan, now)
        if found is not None:
            self._senses.put(sense, target)
        return found

    async def _fetch(self, identity: bytes, plan: Plan, now: float) -> Found | None:
        entry = await self._shared.get(identity)
        if entry is None or not 0 <= now - entry.created_at < plan.controls.ttl_seconds:
            return None
        if self._purges.covers(plan.workspace_id, identity, entry.created_at):
            return None
        self._memory.put(identity, entry, entry.created_at + plan.controls.ttl_seconds)
        return self._hit(entry, identity, plan)

    def _hit(self, entry: Entry, identity: bytes, plan: Plan) -> Found:
        if identity == plan.identity:
            self.counters.exact_hits += 1
            return Found(entry, "exact", identity)
        self.counters.semantic_hits += 1
        return Found(entry, "semantic", identity)
