"""What a routing decision is made from, and what it says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

TOOL_LOOP, THINKING, ENCRYPTED = "tool_loop", "thinking", "encrypted"


class NoRoute(Exception):
    """No model may or can answer; status, code and message are for the client."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One deployment that a workspace may call: a model at a provider.

    name, aliases: what clients may call it besides provider/name.
    capabilities: what it is known to do; empty where nobody said.
    input_usd, output_usd, cached_usd: per million tokens; None where nobody set a price.
    """

    id: str
    name: str
    tier: int
    provider_id: str
    aliases: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ("chat",)
    capabilities: frozenset[str] = frozenset()
    context_window: int | None = None
    max_output_tokens: int | None = None
    input_usd: float | None = None
    output_usd: float | None = None
    cached_usd: float | None = None
    is_local: bool = False
    provider: str = ""

    @property
    def label(self) -> str:
        """Name it for people."""
        return f"{self.name} at {self.provider}" if self.provider else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRules:
    """What the holder of a key may use.

    allowed_models: globs on name or provider/name; empty allows all.
    fallbacks: names to try after the first choice, in this order; `auto` or `auto:<policy>` stands for that policy's.
    """

    policy: str = ""
    allowed_models: tuple[str, ...] = ()
    lowest_tier: int = 0
    highest_tier: int = 2
    quality_target: float | None = None
    fallbacks: tuple[str, ...] = ()


ANYTHING = KeyRules()


class Needs(NamedTuple):
    """What one request needs.

    need: the chance that a weaker tier does not suffice; doubt: how little that is known, both 0 to 1.
    task: its type; is_hinted: the client said so, and not our guess. Only a hint chooses models.
    input_tokens: estimated; output_tokens: the most that the request allows, 0 when it says nothing.
    lock: why the conversation may not change its model; pinned: the candidate it is bound to.
    warm: the candidate whose prompt cache holds the first warm_tokens of it.
    """

    model: str
    protocol: str = "chat"
    need: float = 0.0
    doubt: float = 0.0
    task: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    capabilities: frozenset[str] = frozenset()
    lock: str = ""
    pinned: str = ""
    warm: str = ""
    warm_tokens: int = 0
    is_hinted: bool = True


class Decision(NamedTuple):
    """Which candidates to try, best first, and why.

    tier: of the first; required: the tier asked of it. reason: one short word; explain: a sentence.
    baseline: what would have answered without routing, for the counterfactual cost.
    cascade: cheap holds candidates whose answers may be compared first, of different models, a verifier last; where
    they are fewer than that, ask them again at another temperature. When the check fails, ask those in strong.
    drops: `thinking` or `encrypted` when the first candidate cannot take over what another model left in the
    conversation: leave those parts out, with a warning.
    """

    order: tuple[str, ...]
    policy: str
    tier: int
    reason: str
    explain: str
    score: float
    baseline: str
    cascade: bool = False
    required: int = 0
    cheap: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    drops: str = ""


class Live(Protocol):
    """What is known of deployments at this moment; both must be quick."""

    def is_usable(self, candidate_id: str) -> bool:
        """Tell whether calls to it can be expected to work."""

    def latency_ms(self, candidate_id: str) -> float | None:
        """Return how long it takes to begin its answer; None when not known."""


class AllWell:
    """Every deployment works, as fast as any other: for tests, dry runs and replays."""

    def is_usable(self, candidate_id: str) -> bool:
        """Say yes."""
        return True

    def latency_ms(self, candidate_id: str) -> float | None:
        """Say that nothing is known."""
        return None


ALL_WELL = AllWell()
