"""Rate limits, counted in Redis for all processes; in this process alone while Redis is away.

    decision = limits.allow("api", key.pk, 600)
    if not decision.allowed: ...

The outage of Redis costs accuracy, never availability: the first call that fails waits at most
PATIENCE_SECONDS, and for RETRY_SECONDS after it the local counters answer without asking.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache

import structlog
from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.25
RETRY_SECONDS = 5.0


@dataclass(frozen=True)
class Decision:
    """What a limit says about one act.

    reset_seconds: until the whole allowance is there again.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int


def allow(name: str, identity: str, per_minute: int, *, minutes: int = 1) -> Decision:
    """Count one act of identity against the limit called name, and say whether it may happen.

    per_minute: acts in a window of so many `minutes`; the window slides.
    """
    item = RateLimitItemPerMinute(per_minute, minutes, namespace=f"avyay:{name}")
    if _outage.is_over():
        try:
            return _decide(_shared(settings.REDIS_URL), item, identity)
        except (RedisError, OSError) as exc:
            _outage.begin(exc)
    return _decide(_local(), item, identity)


def pardon(name: str, identity: str, per_minute: int, *, minutes: int = 1) -> None:
    """Forget the acts of identity that were counted: it has shown that they were honest."""
    item = RateLimitItemPerMinute(per_minute, minutes, namespace=f"avyay:{name}")
    if _outage.is_over():
        try:
            _shared(settings.REDIS_URL).clear(item, identity)
        except (RedisError, OSError) as exc:
            _outage.begin(exc)
    _local().clear(item, identity)


def forget() -> None:
    """Drop the local counters and the memory of an outage; tests start from here."""
    _local.cache_clear()
    _shared.cache_clear()
    _outage.ends_at = 0.0


def _decide(
    limiter: SlidingWindowCounterRateLimiter, item: RateLimitItemPerMinute, identity: str
) -> Decision:
    allowed = limiter.hit(item, identity)
    stats = limiter.get_window_stats(item, identity)
    wait = max(1, round(stats.reset_time - time.time()))
    return Decision(allowed=allowed, limit=item.amount, remaining=max(0, stats.remaining), reset_seconds=wait)


@cache
def _shared(redis_url: str) -> SlidingWindowCounterRateLimiter:
    uri = redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url
    return SlidingWindowCounterRateLimiter(
        RedisStorage(uri, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS)
    )


@cache
def _local() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(MemoryStorage())


class _Outage:
    """Remembers that Redis did not answer, so that not every request has to find out."""

    ends_at = 0.0

    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def begin(self, exc: Exception) -> None:
        self.ends_at = time.monotonic() + RETRY_SECONDS
        log.warning("limits_counted_locally", error=type(exc).__name__, seconds=RETRY_SECONDS)


_outage = _Outage()
