"""Candidates with all that can be worked out ahead of a request. Pure."""

from __future__ import annotations

from fnmatch import translate
from functools import lru_cache
from re import Pattern, compile

from marga.routing.facts import Candidate, KeyRules, NoRoute

TEXT_PROTOCOLS = frozenset(("chat", "messages", "responses"))
"""Each of these can be translated into the others."""

ASSUMED_USD = ((0.2, 0.8), (1.0, 5.0), (5.0, 25.0))
"""Per million tokens in and out, by tier, for hosted models whose price nobody set: so they are not taken for free."""

UNBOUNDED = 1 << 62
MARGIN, SPARE_TOKENS = 1.15, 64
"""Token counts are estimates: a window must hold this much more."""
SURE_SHARE = 0.75
"""Below this share of the estimate a window is too small for certain."""


class Option:
    """A candidate, ready to be compared: prices per token, windows as numbers."""

    __slots__ = (
        "cached_usd",
        "candidate",
        "id",
        "input_usd",
        "label",
        "most_output",
        "output_usd",
        "position",
        "tier",
        "window",
    )

    def __init__(self, candidate: Candidate, position: int) -> None:
        assumed = (0.0, 0.0) if candidate.is_local else ASSUMED_USD[candidate.tier]
        self.candidate = candidate
        self.position = position
        self.id = candidate.id
        self.label = candidate.label
        self.tier = candidate.tier
        self.input_usd = _per_token(candidate.input_usd, assumed[0])
        self.output_usd = _per_token(candidate.output_usd, assumed[1])
        self.cached_usd = min(self.input_usd, _per_token(candidate.cached_usd, self.input_usd * 1e6))
        self.window = candidate.context_window or UNBOUNDED
        self.most_output = candidate.max_output_tokens or UNBOUNDED

    def can(self, capabilities: frozenset[str]) -> bool:
        """Tell whether it is known to have all capabilities."""
        return capabilities <= self.candidate.capabilities

    def speaks(self, protocol: str) -> bool:
        """Tell whether it takes this protocol, by translation if need be."""
        spoken = self.candidate.protocols
        return protocol in spoken or (protocol in TEXT_PROTOCOLS and not TEXT_PROTOCOLS.isdisjoint(spoken))


def _per_token(usd: float | None, assumed: float) -> float:
    return (assumed if usd is None else usd) / 1e6


def wanted_window(input_tokens: int, output_tokens: int) -> float:
    """Return the window that surely holds a request."""
    return input_tokens * MARGIN + output_tokens + SPARE_TOKENS


def least_window(input_tokens: int) -> float:
    """Return the window that a request may just fit, were the estimate too high."""
    return input_tokens * SURE_SHARE


def may_use(rules: KeyRules, option: Option) -> bool:
    """Tell whether a key's rules allow a candidate."""
    if not rules.lowest_tier <= option.tier <= rules.highest_tier:
        return False
    return not rules.allowed_models or _is_allowed(rules.allowed_models, option.candidate)


def _is_allowed(globs: tuple[str, ...], candidate: Candidate) -> bool:
    names = (candidate.name, f"{candidate.provider}/{candidate.name}")
    return any(pattern(glob).match(name) for glob in globs for name in names)


@lru_cache(maxsize=4096)
def pattern(glob: str) -> Pattern[str]:
    """Compile a glob; case counts."""
    return compile(translate(glob))


class Pool:
    """What one key may use for one kind of request, and the orders in which it is looked at.

    lacking: candidates allowed but not known to have a capability that is needed.
    """

    __slots__ = ("baseline", "by_id", "lacking", "options", "rows", "smallest_output", "smallest_window")

    def __init__(self, options: tuple[Option, ...], lacking: tuple[Option, ...], baseline: str) -> None:
        self.options = options
        self.lacking = lacking
        self.by_id = {option.id: option for option in options}
        self.smallest_window = min((option.window for option in options), default=0)
        self.smallest_output = min((option.most_output for option in options), default=0)
        self.rows: dict[tuple[str, str, int], list[tuple[int, float, float, int, Option]]] = {}
        strongest = max(options, key=lambda o: (o.tier, o.output_usd, -o.position), default=None)
        self.baseline = baseline or (strongest.id if strongest else "")


def build_pool(
    options: tuple[Option, ...], rules: KeyRules, capabilities: frozenset[str], protocol: str, baseline: str
) -> Pool:
    """Return what a key may use for requests with these needs.

    Raises NoRoute when that is nothing.
    """
    speaking = [option for option in options if option.speaks(protocol)]
    if not speaking:
        raise NoRoute(
            503, "no_route", f"This workspace has no model for {protocol}; add one in its settings."
        )
    allowed = [option for option in speaking if may_use(rules, option)]
    if not allowed:
        raise NoRoute(403, "model_not_allowed", "This key's rules leave it no model; ask its owner.")
    able = tuple(option for option in allowed if option.can(capabilities))
    # Where nobody said what a model can do it is not held against it, but one that is known to be able comes before.
    able = able or tuple(option for option in allowed if not option.candidate.capabilities)
    if not able:
        raise NoRoute(
            400,
            "capability_missing",
            f"No model that this key may use takes {', '.join(sorted(capabilities))}.",
        )
    lacking = tuple(option for option in allowed if option not in able)
    return Pool(able, lacking, baseline)
