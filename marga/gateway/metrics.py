"""Counters of the gateway, written out as Prometheus text. Plain numbers: a counter must cost next to nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from decimal import Decimal

BUCKETS = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
    120.0,
)
PREFIX = "avyay_gateway_"


class Histogram:
    """Seconds, in cumulative buckets."""

    __slots__ = ("_counts", "_sum", "count")

    def __init__(self) -> None:
        self.count = 0
        self._counts = [0] * (len(BUCKETS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one value."""
        self._counts[bisect_left(BUCKETS, seconds)] += 1
        self._sum += seconds
        self.count += 1

    def lines(self, name: str) -> list[str]:
        """Return the Prometheus lines."""
        found, total = [f"# TYPE {name} histogram"], 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), self._counts, strict=True):
            total += count
            found.append(f'{name}_bucket{{le="{bound}"}} {total}')
        return [*found, f"{name}_sum {self._sum:.6f}", f"{name}_count {total}"]


class Metrics:
    """The counters of one worker."""

    def __init__(self) -> None:
        self.requests: dict[tuple[str, str, int], int] = {}
        self.ttft = Histogram()
        self.duration = Histogram()
        self.overhead = Histogram()
        self.upstream_open = 0
        self.cancelled = 0
        self.shed = 0
        self.usage_rejected = 0
        self.usage_lost = 0
        self.log_dropped = 0
        self.cost_usd = Decimal(0)
        self.saved_usd = Decimal(0)
        self.cache_hits: dict[str, int] = {}
        self.retries: dict[str, int] = {}
        """Further tries, by why the one before failed; fallbacks: those of them at another deployment."""
        self.fallbacks: dict[str, int] = {}
        self.retries_refused = 0
        self.shadows: dict[str, int] = {}
        """Sampled answers, by how they fared or why they were not compared."""

    def count(self, route: str, provider: str, code: int) -> None:
        """Count one answered request."""
        name = (route, provider, code)
        self.requests[name] = self.requests.get(name, 0) + 1

    def count_retry(self, reason: str, *, is_elsewhere: bool = False) -> None:
        """Count one further try; is_elsewhere: at another deployment."""
        for counts in (self.retries, self.fallbacks) if is_elsewhere else (self.retries,):
            counts[reason] = counts.get(reason, 0) + 1

    def text(self, gauges: dict[str, float]) -> str:
        """Return everything, with gauges (name without prefix: value) read at this moment."""
        lines = [f"# TYPE {PREFIX}requests_total counter"]
        for (route, provider, code), count in sorted(self.requests.items()):
            labels = f'route="{_label(route)}",provider="{_label(provider)}",code="{code}"'
            lines.append(f"{PREFIX}requests_total{{{labels}}} {count}")
        for name, histogram in (
            ("ttft", self.ttft),
            ("duration", self.duration),
            ("overhead", self.overhead),
        ):
            lines += histogram.lines(f"{PREFIX}{name}_seconds")
        counters = {
            "cancelled_total": self.cancelled,
            "shed_total": self.shed,
            "usage_rejected_total": self.usage_rejected,
            "usage_lost_total": self.usage_lost,
            "log_dropped_total": self.log_dropped,
            "retry_refused_total": self.retries_refused,
            "cost_usd_total": self.cost_usd,
            "saved_usd_total": self.saved_usd,
        }
        for name, value in counters.items():
            lines += [f"# TYPE {PREFIX}{name} counter", f"{PREFIX}{name} {value}"]
        for name, label, found in (
            ("retry_total", "reason", self.retries),
            ("fallback_total", "reason", self.fallbacks),
            ("cache_hits_total", "kind", self.cache_hits),
            ("shadow_total", "outcome", self.shadows),
        ):
            lines.append(f"# TYPE {PREFIX}{name} counter")
            lines += [
                f'{PREFIX}{name}{{{label}="{_label(key)}"}} {count}' for key, count in sorted(found.items())
            ]
        for name, level in {"upstream_open": self.upstream_open, **gauges}.items():
            lines += [f"# TYPE {PREFIX}{name} gauge", f"{PREFIX}{name} {level}"]
        return "\n".join(lines) + "\n"


def labelled(name: str, labels: Mapping[str, str], value: float) -> str:
    """Return one line of a series; name: without the prefix."""
    said = ",".join(f'{label}="{_label(text)}"' for label, text in labels.items())
    return f"{PREFIX}{name}{{{said}}} {value}" if said else f"{PREFIX}{name} {value}"


def _label(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
