"""The decision: which candidates to try, in which order, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from marga.policies import BUILT_IN, Policy
from marga.routing import choosing, explaining
from marga.routing.cascading import with_cascade
from marga.routing.explaining import Said
from marga.routing.facts import TOOL_LOOP, Candidate, Decision, KeyRules, Live, Needs, NoRoute
from marga.routing.options import Option, Pool, build_pool, least_window, may_use, wanted_window

AUTO = "auto"
NAMED_TRIES = 6
POOLS_MOST = 512


class Router:
    """Decides for one workspace, from one snapshot; build it once and ask it often."""

    def __init__(
        self,
        candidates: Iterable[Candidate],
        policies: Mapping[str, Policy],
        *,
        baseline: str = "",
    ) -> None:
        """Compile what requests are compared by.

        candidates: the workspace's own before the shared ones.
        baseline: the model whose cost savings are measured against; without one the strongest the key may use.
        """
        self._options = tuple(Option(candidate, at) for at, candidate in enumerate(candidates))
        self._policies = {**BUILT_IN, **policies}
        self._named = _by_name(self._options)
        self._baseline = self._named[baseline][0].id if baseline in self._named else ""
        self._pools: dict[tuple[KeyRules, frozenset[str], str], Pool] = {}

    def decide(self, needs: Needs, rules: KeyRules, live: Live) -> Decision:
        """Choose for one request.

        Raises NoRoute.
        """
        if policy := self._policy(needs.model, rules):
            return self._automatic(policy, needs, rules, live)
        return self._by_its_name(needs, rules, live)

    def _policy(self, model: str, rules: KeyRules) -> Policy | None:
        """Return the policy that a model's name stands for; None for the name of a model."""
        if model == AUTO:
            return self._policies.get(rules.policy) or self._policies[AUTO]
        if not model.startswith("auto:") or model in self._named:
            return None
        if found := self._policies.get(model[5:]):
            return found
        known = ", ".join(sorted(self._policies))
        raise NoRoute(404, "model_not_found", f"There is no policy '{model[5:][:60]}'; there are {known}.")

    def _pool(self, rules: KeyRules, needs: Needs) -> Pool:
        key = (rules, needs.capabilities, needs.protocol)
        found = self._pools.get(key)
        if found is None:
            found = build_pool(self._options, rules, needs.capabilities, needs.protocol, self._baseline)
            if len(self._pools) >= POOLS_MOST:
                self._pools.clear()
            self._pools[key] = found
        return found

    def _automatic(self, policy: Policy, needs: Needs, rules: KeyRules, live: Live) -> Decision:
        pool = self._pool(rules, needs)
        if needs.lock and (pinned := pool.by_id.get(needs.pinned)) and _may_hold(pinned, needs):
            return self._locked(pinned, policy.name, pool.options, pool.baseline, needs, live)
        wanted = choosing.required(policy, needs, rules)
        everyone = choosing.rows(pool, policy, wanted)
        rows = choosing.fitting(everyone, pool, needs)
        ranked = choosing.ranked(rows, policy, needs, live)
        order, is_passed_over = choosing.usable_first(ranked, policy.fallbacks + 1, live)
        if is_passed_over:
            said = Said("unhealthy", f"{wanted.why}; {ranked[0][3].label} does not answer well at the moment")
        else:
            said = explaining.chosen(
                policy, wanted, needs, pool, ranked, is_shortened=len(rows) < len(everyone)
            )
        order = self._fallen_back(order, rules, needs, live)
        decision = Decision(
            tuple([option.id for option in order]),
            policy.name,
            order[0].tier,
            said.reason,
            f"{order[0].label}: {said.why}.",
            needs.need,
            pool.baseline,
            required=wanted.tier,
            drops=_drops(needs),
        )
        if policy.cascade and needs.task in policy.cascade.tasks and not needs.lock:
            return with_cascade(decision, policy, ranked, wanted, needs, live)
        return decision

    def _fallen_back(self, order: list[Option], rules: KeyRules, needs: Needs, live: Live) -> list[Option]:
        """Add the key's chain to an automatic order; leave nobody but the first where no other can go on."""
        if needs.lock and needs.lock != TOOL_LOOP and not needs.pinned:
            return order[:1]
        if not rules.fallbacks or needs.lock:
            return order
        most = max(len(order), 1 + len(rules.fallbacks))
        return self._with_chain(order[:1], order[1:], rules, needs, live)[:most]

    def _locked(
        self,
        pinned: Option,
        policy: str,
        options: Iterable[Option],
        baseline: str,
        needs: Needs,
        live: Live,
    ) -> Decision:
        """Stay with the pinned candidate.

        In a tool loop the same model elsewhere may take over. A thinking block is signed and an encrypted item can
        be read only where it was made: nobody else may try.
        """
        order = [pinned]
        if needs.lock == TOOL_LOOP:
            same = [
                o
                for o in options
                if o is not pinned and o.candidate.name == pinned.candidate.name and _may_hold(o, needs)
            ]
            order += sorted(same, key=lambda o: not live.is_usable(o.id))
        return Decision(
            tuple(option.id for option in order),
            policy,
            pinned.tier,
            f"locked:{needs.lock}",
            f"{pinned.label}: the conversation is inside a {needs.lock.replace('_', ' ')} that it began.",
            needs.need,
            baseline,
            required=pinned.tier,
        )

    def _by_its_name(self, needs: Needs, rules: KeyRules, live: Live) -> Decision:
        """Honour the name; only the same model elsewhere and the key's chain may stand in."""
        named = self._allowed_by_name(needs, rules)
        fits = [o for o in named if _may_hold(o, needs)]
        pinned = next((o for o in fits if needs.lock and o.id == needs.pinned), None)
        if pinned:
            return self._locked(pinned, "", fits, pinned.id, needs, live)
        order = sorted(fits, key=lambda o: (not live.is_usable(o.id), o.id != needs.warm))
        if not needs.lock:
            order = self._with_chain(order, [], rules, needs, live)
        elif not needs.pinned and needs.lock != TOOL_LOOP:
            order = order[:1]
        if not order:
            raise choosing.too_long(needs.input_tokens, max(o.window for o in named))
        first, reason, why = order[0], "named", "asked for by its name"
        if not fits:
            reason, why = "context", f"{named[0].label} cannot hold about {needs.input_tokens:,} tokens"
        elif not live.is_usable(fits[0].id) and first is not fits[0]:
            reason, why = "unhealthy", f"{why}; {fits[0].label} does not answer well at the moment"
        return Decision(
            tuple(option.id for option in order[:NAMED_TRIES]),
            "",
            first.tier,
            reason,
            f"{first.label}: {why}.",
            needs.need,
            first.id,
            required=first.tier,
            drops=_drops(needs),
        )

    def _allowed_by_name(self, needs: Needs, rules: KeyRules) -> list[Option]:
        known = self._named.get(needs.model)
        shown = needs.model[:120]
        if not known:
            raise NoRoute(
                404,
                "model_not_found",
                f"There is no model '{shown}'. Ask for 'auto', or for one that GET /v1/models lists.",
            )
        allowed = [option for option in known if may_use(rules, option)]
        if not allowed:
            raise NoRoute(403, "model_not_allowed", f"This key may not use '{shown}'.")
        able = [
            option
            for option in allowed
            # Nothing said about it: it was asked for, so let it try.
            if option.speaks(needs.protocol)
            and (not option.candidate.capabilities or option.can(needs.capabilities))
        ]
        if not able:
            missing = sorted(needs.capabilities - allowed[0].candidate.capabilities) or [needs.protocol]
            raise NoRoute(400, "capability_missing", f"'{shown}' does not take {', '.join(missing)}.")
        return able

    def _with_chain(
        self, first: list[Option], rest: list[Option], rules: KeyRules, needs: Needs, live: Live
    ) -> list[Option]:
        """Put the key's chain between the first choices and the rest, each candidate once."""
        found = {option.id: option for option in first}
        for name in rules.fallbacks:
            for option in self._stand_ins(name, rules, needs, live):
                found.setdefault(option.id, option)
        for option in rest:
            found.setdefault(option.id, option)
        return list(found.values())

    def _stand_ins(self, name: str, rules: KeyRules, needs: Needs, live: Live) -> list[Option]:
        """Return what one name in a key's chain stands for; nothing where it may not or cannot serve."""
        alone = needs._replace(model=name, lock="", warm="")
        try:
            if policy := self._policy(name, rules):
                decision = self._automatic(policy, alone, _without_chain(rules), live)
                by_id = self._pool(_without_chain(rules), alone).by_id
                return [by_id[candidate] for candidate in decision.order]
            most = wanted_window(needs.input_tokens, needs.output_tokens)
            return [o for o in self._allowed_by_name(alone, rules) if o.window >= most]
        except NoRoute:
            return []


def _by_name(options: tuple[Option, ...]) -> dict[str, list[Option]]:
    """Index by every name: a model's own, provider/name, then aliases."""
    found: dict[str, list[Option]] = {}
    for option in options:
        found.setdefault(option.candidate.name, []).append(option)
    for option in options:
        found.setdefault(f"{option.candidate.provider}/{option.candidate.name}", [option])
    for option in options:
        for alias in option.candidate.aliases:
            if option not in found.setdefault(alias, []):
                found[alias].append(option)
    return found


def _without_chain(rules: KeyRules) -> KeyRules:
    return KeyRules(
        policy=rules.policy,
        allowed_models=rules.allowed_models,
        lowest_tier=rules.lowest_tier,
        highest_tier=rules.highest_tier,
        quality_target=rules.quality_target,
    )


def _may_hold(option: Option, needs: Needs) -> bool:
    return option.window >= least_window(needs.input_tokens)


def _drops(needs: Needs) -> str:
    """Return the lock whose parts must be left out: they were made by a candidate that cannot go on.

    Where nobody knows who made them they stay: the same turns led to the same choice before.
    """
    return needs.lock if needs.pinned and needs.lock != TOOL_LOOP else ""
