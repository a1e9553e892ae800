"""What is asked for one call besides the try that answers it: cheap samples of a cascade, and whoever checks them."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from marga.cascade import CascadePlan
from marga.gateway.snapshot import Deployment
from marga.pricing import ZERO, Usage

NOTHING = Usage()


class Cascade(NamedTuple):
    """How a call is answered cheaply first.

    samples: whom to ask, once for each answer. verifier: who examines an answer, where the plan wants that.
    strong: who is tried when the check fails.
    """

    plan: CascadePlan
    samples: tuple[Deployment, ...]
    verifier: Deployment | None
    strong: tuple[Deployment, ...]

    @property
    def asked(self) -> tuple[Deployment, ...]:
        """Everyone who is asked before the strong ones."""
        return self.samples if self.verifier is None else (*self.samples, self.verifier)


class Extras:
    """What the answers besides the one that was given used and cost."""

    __slots__ = ("cost", "is_estimated", "usage")

    def __init__(self) -> None:
        self.usage = NOTHING
        self.cost = ZERO
        self.is_estimated = False

    def add(self, usage: Usage, cost: Decimal, *, is_estimated: bool) -> None:
        """Count one."""
        self.usage = self.with_own(usage)
        self.cost += cost
        self.is_estimated = self.is_estimated or is_estimated

    def with_own(self, usage: Usage) -> Usage:
        """Return the tokens of all together with those of the answer that was given."""
        if self.usage is NOTHING:
            return usage
        return Usage(*(one + other for one, other in zip(self.usage, usage, strict=True)))
