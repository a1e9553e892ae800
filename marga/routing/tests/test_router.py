"""What a decision promises, whatever the candidates, the request and the key."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.policies import parse_policy
from marga.routing import ALL_WELL, ANYTHING, Candidate, Decision, KeyRules, Live, Needs, NoRoute, Router

CAPABILITIES = ["tools", "vision", "json_schema"]
NAMES = ["claude-sonnet-5", "claude-opus-5", "gpt-5-mini", "qwen3", "deepseek-r1:8b", "qwen-max"]
TOOLS = frozenset({"tools"})


class Health:
    """Some deployments do not work, some are slow."""

    def __init__(self, ill: frozenset[str] = frozenset(), latencies: dict[str, float] | None = None) -> None:
        self.ill = ill
        self.latencies = latencies or {}

    def is_usable(self, candidate_id: str) -> bool:
        return candidate_id not in self.ill

    def latency_ms(self, candidate_id: str) -> float | None:
        return self.latencies.get(candidate_id)


def candidate(name: str, tier: int, price: float | None = 1.0, **changes: Any) -> Candidate:
    known = {
        "id": f"{changes.get('provider', 'home')}/{name}",
        "name": name,
        "tier": tier,
        "provider": "home",
        "provider_id": "p",
        "capabilities": frozenset(CAPABILITIES),
        "input_usd": price,
        "output_usd": None if price is None else price * 4,
        "cached_usd": None if price is None else price / 10,
    }
    return Candidate(**{**known, **changes})


QWEN = candidate("qwen3", 0, 0.0)
R1 = candidate("deepseek-r1:8b", 0, 0.0)
HAIKU = candidate("claude-haiku-5", 1, 1.0)
MINI = candidate("gpt-5-mini", 1, 0.5)
SONNET = candidate("claude-sonnet-5", 2, 3.0)
OPUS = candidate("claude-opus-5", 2, 5.0)
HOUSE = [QWEN, R1, HAIKU, MINI, SONNET, OPUS]


def decide(
    model: str = "auto",
    *,
    rules: KeyRules = ANYTHING,
    live: Live = ALL_WELL,
    house: list[Candidate] | None = None,
    policy: dict[str, Any] | None = None,
    baseline: str = "",
    **needs: Any,
) -> Decision:
    policies = {"mine": parse_policy("mine", policy)} if policy is not None else {}
    name = "auto:mine" if policy is not None and model == "auto" else model
    router = Router(HOUSE if house is None else house, policies, baseline=baseline)
    return router.decide(Needs(name, **needs), rules, live)


@st.composite
def houses(draw):
    size = draw(st.integers(1, 8))
    price = st.sampled_from([None, 0.0, 0.1, 1.0, 5.0])
    return [
        Candidate(
            id=f"d{n}",
            name=draw(st.sampled_from(NAMES)),
            tier=draw(st.integers(0, 2)),
            provider_id=f"p{n}",
            provider=f"p{n}",
            protocols=draw(st.sampled_from([("chat",), ("messages",), ("chat", "embeddings")])),
            capabilities=draw(st.frozensets(st.sampled_from(CAPABILITIES))),
            context_window=draw(st.sampled_from([None, 4_000, 100_000])),
            input_usd=draw(price),
            output_usd=draw(price),
            cached_usd=draw(price),
            is_local=draw(st.booleans()),
        )
        for n in range(size)
    ]


@st.composite
def key_rules(draw):
    lowest = draw(st.integers(0, 2))
    return KeyRules(
        allowed_models=draw(st.sampled_from([(), ("claude-*",), ("qwen3", "gpt*"), ("p1/*",)])),
        lowest_tier=lowest,
        highest_tier=draw(st.integers(lowest, 2)),
        quality_target=draw(st.sampled_from([None, 0.5, 0.95])),
        fallbacks=draw(
            st.sampled_from([(), ("qwen3",), ("auto", "claude-opus-5"), ("auto:best", "no-such")])
        ),
    )


@st.composite
def requests(draw, model: str = ""):
    ids = st.sampled_from(["", "d0", "d1", "d2", "gone"])
    return Needs(
        model=model or draw(st.sampled_from(["auto", "auto:cheap", "auto:best", "auto:swift", *NAMES])),
        need=draw(st.floats(0, 1)),
        doubt=draw(st.floats(0, 1)),
        task=draw(st.sampled_from(["", "complex_code", "review", "arithmetic"])),
        input_tokens=draw(st.sampled_from([0, 10, 3_600, 6_000, 90_000, 500_000])),
        output_tokens=draw(st.sampled_from([0, 100, 8_000])),
        capabilities=draw(st.frozensets(st.sampled_from(CAPABILITIES), max_size=2)),
        lock=draw(st.sampled_from(["", "", "tool_loop", "thinking", "encrypted"])),
        pinned=draw(ids),
        warm=draw(ids),
        warm_tokens=draw(st.sampled_from([0, 1_000, 50_000])),
    )


lives = st.builds(
    Health,
    st.frozensets(st.sampled_from(["d0", "d1", "d2", "d3"])),
    st.dictionaries(st.sampled_from(["d0", "d1", "d2"]), st.floats(1, 9_000)),
)
POLICIES = {
    "swift": parse_policy("swift", {"order": "latency", "cascade": {"tasks": ["arithmetic"]}}),
}


@given(houses(), requests(), key_rules(), lives)
def test_a_decision_names_only_what_the_key_may_use_and_what_can_serve(house, needs, rules, live):
    by_id = {c.id: c for c in house}
    try:
        decision = Router(house, POLICIES).decide(needs, rules, live)
    except NoRoute:
        return

    assert decision.order
    assert len(set(decision.order)) == len(decision.order)
    for chosen in map(by_id.__getitem__, {*decision.order, *decision.cheap, *decision.strong}):
        assert rules.lowest_tier <= chosen.tier <= rules.highest_tier
        names = (chosen.name, f"{chosen.provider}/{chosen.name}")
        assert not rules.allowed_models or any(fnmatchcase(n, g) for n in names for g in rules.allowed_models)
        # Where nobody said what a model can do, it is not held against it.
        assert needs.capabilities <= chosen.capabilities or not chosen.capabilities
        assert (chosen.context_window or 10**9) >= 0.75 * needs.input_tokens
    assert decision.tier == by_id[decision.order[0]].tier
    assert decision.reason
    assert decision.explain
    assert decision.baseline in by_id


@given(
    houses(),
    requests(),
    key_rules(),
    lives,
    st.floats(0, 1),
    st.sampled_from(["auto", "auto:cheap", "auto:swift"]),
)
def test_a_higher_need_never_gives_a_lower_tier(house, needs, rules, live, other, model):
    router = Router(house, POLICIES)
    low, high = sorted((needs.need, other))

    def tier(need: float) -> int:
        return router.decide(needs._replace(model=model, need=need), rules, live).tier

    try:
        assert tier(low) <= tier(high)
    except NoRoute:
        with pytest.raises(NoRoute):
            tier(high)


@given(houses(), requests(model="qwen3"), lives)
def test_a_named_model_comes_first_and_only_it_is_tried(house, needs, live):
    try:
        decision = Router(house, {}).decide(needs, ANYTHING, live)
    except NoRoute:
        return

    names = {c.id: c.name for c in house}
    assert {names[chosen] for chosen in decision.order} == {"qwen3"}
    assert decision.reason in {"named", "unhealthy"} or decision.reason.startswith("locked:")


@given(houses(), requests(), key_rules())
def test_the_same_question_gets_the_same_answer(house, needs, rules):
    def ask() -> object:
        try:
            return Router(house, POLICIES).decide(needs, rules, ALL_WELL)
        except NoRoute as refusal:
            return refusal.code

    assert ask() == ask()


@pytest.mark.parametrize(
    ("need", "model", "reason"),
    [
        (0.1, "qwen3", "need<mid"),
        (0.35, "gpt-5-mini", "need>=mid"),
        (0.9, "claude-sonnet-5", "need>=frontier"),
    ],
)
def test_auto_takes_the_cheapest_model_that_is_good_enough(need, model, reason):
    decision = decide(need=need, input_tokens=100)

    assert decision.order[0] == f"home/{model}"
    assert decision.reason == reason
    assert decision.policy == "auto"
    assert decision.score == need


@pytest.mark.parametrize(
    ("task", "model"),
    [
        ("complex_code", "claude-sonnet-5"),
        ("simple_code", "qwen3"),
        ("review", "deepseek-r1:8b"),
        ("research", "claude-opus-5"),
        ("writing", "claude-sonnet-5"),
        ("cutdowns", "qwen3"),
    ],
)
def test_a_hint_about_the_task_chooses_the_model(task, model):
    decision = decide(task=task, need=0.5)

    assert decision.order[0] == f"home/{model}"
    assert decision.reason == f"task:{task}"


def test_a_guess_about_the_task_chooses_nothing():
    assert decide(task="research", need=0.1, is_hinted=False).reason == "need<mid"


def test_a_task_whose_model_is_missing_goes_to_its_tier_then_upward():
    assert decide(task="review", house=[QWEN, HAIKU, OPUS]).order[0] == QWEN.id
    assert decide(task="review", house=[OPUS, HAIKU]).order[0] == HAIKU.id
    assert decide(task="research", house=[QWEN, HAIKU]).order[0] == HAIKU.id


def test_a_hosted_model_does_not_pass_for_the_local_one_of_the_same_name():
    hosted = candidate("qwen-max", 2, 0.0)

    assert decide(task="simple_code", house=[hosted, R1]).order[0] == R1.id


def test_a_task_may_name_models_and_leave_the_tier_to_the_need():
    policy = {"tasks": {"letters": {"models": ["claude-opus*"]}}}

    assert decide(policy=policy, task="letters", need=0.1).order[0] == OPUS.id
    assert decide(policy=policy, task="letters", need=0.4, house=[QWEN, HAIKU]).order[0] == HAIKU.id


def test_doubt_abstains_upward_unless_the_policy_stays():
    assert decide(need=0.1, doubt=0.9).reason == "abstained"
    assert decide(need=0.1, doubt=0.9).tier == 1
    assert decide(need=0.1, doubt=0.9, policy={"abstain": "stay"}).tier == 0
    assert decide(need=0.1, doubt=0.9, policy={"abstain": "frontier"}).tier == 2


def test_a_quality_target_of_the_key_moves_the_thresholds():
    assert decide(need=0.07, rules=KeyRules(quality_target=0.95)).tier == 1
    assert decide(need=0.1, rules=KeyRules(quality_target=1.0)).tier == 2
    assert decide(need=0.5, rules=KeyRules(quality_target=0.2)).tier == 0
    assert decide("auto:cheap", need=0.5, rules=KeyRules(quality_target=0.9)).tier == 2


def test_the_tiers_of_a_key_hold_against_need_and_task():
    assert decide(need=0.9, rules=KeyRules(highest_tier=1)).reason == "ceiling"
    assert decide(need=0.1, rules=KeyRules(lowest_tier=1)).reason == "floor"
    assert decide(task="research", rules=KeyRules(highest_tier=0)).tier == 0


def test_a_policy_of_the_key_stands_behind_auto_and_a_missing_one_is_passed_over():
    assert decide(need=0.1, rules=KeyRules(policy="best")).policy == "best"
    assert decide(need=0.1, rules=KeyRules(policy="deleted")).policy == "auto"


def test_capability_and_context_are_given_as_reasons_when_they_cost_money():
    small = candidate("small", 0, 0.0, capabilities=frozenset(), context_window=4_000)

    assert decide(house=[small, HAIKU], capabilities=TOOLS).reason == "capability"
    assert decide(house=[small, HAIKU], input_tokens=20_000).reason == "context"
    assert decide(house=[small, HAIKU], input_tokens=20).order == (small.id, HAIKU.id)


def test_a_model_of_which_nothing_is_known_may_try_where_none_is_known_to_be_able():
    unknown, unable = (
        candidate(name, 0, 0.0, capabilities=frozenset(found))
        for name, found in (("unknown", ()), ("unable", ["vision"]))
    )

    assert decide(house=[unknown, unable], capabilities=TOOLS).order == (unknown.id,)
    assert decide(house=[unknown, unable, OPUS], capabilities=TOOLS).order == (OPUS.id,)


def test_an_estimate_with_its_margin_must_fit_but_a_close_call_is_tried_when_nothing_is_larger():
    small, large = candidate("s", 0, 0.0, context_window=4_000), candidate("l", 1, 1.0, context_window=9_000)

    assert decide(house=[small, large], input_tokens=3_900).order == (large.id,)
    assert decide(house=[small], input_tokens=4_500).order == (small.id,)
    with pytest.raises(NoRoute, match="about 50,000 tokens; the largest .* takes 9,000"):
        decide(house=[small, large], input_tokens=50_000)


def test_a_model_that_cannot_write_as_much_as_allowed_is_left_out_unless_it_is_alone():
    brief = candidate("brief", 0, 0.0, max_output_tokens=4_000)

    assert decide(house=[brief, HAIKU], output_tokens=8_000).order == (HAIKU.id,)
    assert decide(house=[brief, HAIKU], output_tokens=4_000).order[0] == brief.id
    assert decide(house=[brief], output_tokens=8_000).order == (brief.id,)


def test_an_unpriced_hosted_model_is_not_taken_for_free():
    assert decide(house=[candidate("unpriced", 1, None), HAIKU], need=0.5).order[0] == HAIKU.id
    assert decide(house=[candidate("unpriced", 0, None, is_local=True), HAIKU]).tier == 0


def test_the_warm_model_is_kept_where_reading_all_afresh_costs_more():
    decision = decide(need=0.5, input_tokens=50_000, warm=HAIKU.id, warm_tokens=49_000)

    assert decision.order[0] == HAIKU.id
    assert decision.reason == "warm"
    assert "in its cache" in decision.explain


def test_the_warm_model_is_left_when_little_is_cached_or_it_is_too_weak_or_the_policy_says_so():
    warm: dict[str, Any] = {"need": 0.5, "input_tokens": 50_000, "warm": HAIKU.id}

    assert decide(**warm, warm_tokens=2_000).order[0] == MINI.id
    assert decide(**{**warm, "need": 0.9}, warm_tokens=49_000).order[0] == SONNET.id
    assert decide(**warm, warm_tokens=49_000, policy={"prompt_cache": False}).order[0] == MINI.id


def test_a_model_that_does_not_answer_well_comes_last_but_is_not_gone():
    decision = decide(need=0.5, live=Health(frozenset({MINI.id})), house=[MINI, HAIKU])

    assert decision.order == (HAIKU.id, MINI.id)
    assert decision.reason == "unhealthy"


def test_order_by_latency_and_balance_look_at_the_clock():
    slow = Health(latencies={MINI.id: 9_000.0, HAIKU.id: 300.0, SONNET.id: 5_000.0, OPUS.id: 5_000.0})

    assert decide(need=0.5, live=slow, policy={"order": "latency"}).order[0] == HAIKU.id
    assert decide(need=0.5, live=slow, policy={"order": "balanced"}, input_tokens=100).order[0] == HAIKU.id
    assert decide(need=0.5, live=slow, policy={"order": "balanced"}, input_tokens=90_000).order[0] == MINI.id


def test_among_equals_the_quickest_is_tried_first():
    here, there = candidate("m", 1, 1.0), candidate("m", 1, 1.0, provider="there")

    assert decide(house=[here, there], live=Health(latencies={here.id: 900.0, there.id: 80.0})).order == (
        there.id,
        here.id,
    )


def test_fallbacks_are_as_many_as_the_policy_says():
    assert len(decide(policy={"fallbacks": 0}).order) == 1
    assert len(decide(policy={"fallbacks": 2}).order) == 3


def test_a_named_model_falls_back_to_the_same_model_elsewhere_then_to_the_chain_of_the_key():
    elsewhere = candidate("claude-sonnet-5", 2, 3.0, provider="cloud")
    house = [*HOUSE, elsewhere]

    assert decide("claude-sonnet-5", house=house).order == (SONNET.id, elsewhere.id)
    chain = KeyRules(fallbacks=("gpt-5-mini", "no-such-model", "claude-sonnet-5"))
    assert decide("claude-sonnet-5", house=house, rules=chain).order == (SONNET.id, elsewhere.id, MINI.id)
    assert decide("cloud/claude-sonnet-5", house=house).order == (elsewhere.id,)


def test_a_chain_may_end_in_automatic_choice_and_comes_before_it_under_auto():
    chain = KeyRules(fallbacks=("auto:best",))
    assert decide("qwen3", rules=chain).order[:2] == (QWEN.id, SONNET.id)

    assert decide(need=0.1, rules=KeyRules(fallbacks=("claude-opus-5",))).order[:2] == (QWEN.id, OPUS.id)


def test_a_named_model_that_is_too_small_gives_way_to_the_chain_or_says_so():
    small = candidate("small", 0, 0.0, context_window=4_000)

    decision = decide(
        "small", house=[small, OPUS], rules=KeyRules(fallbacks=("claude-opus-5",)), input_tokens=20_000
    )
    assert (decision.order, decision.reason) == ((OPUS.id,), "context")
    with pytest.raises(NoRoute, match="takes 4,000"):
        decide("small", house=[small, OPUS], input_tokens=20_000)


def test_an_alias_names_a_model_and_its_own_name_comes_before():
    aliased = candidate("gpt-5-mini-2026", 1, 0.1, aliases=("gpt-5-mini",))

    assert decide("gpt-5-mini", house=[aliased, MINI]).order == (MINI.id, aliased.id)


def test_a_tool_loop_stays_with_its_model_and_may_only_move_to_the_same_one_elsewhere():
    elsewhere = candidate("claude-opus-5", 2, 5.0, provider="cloud")
    decision = decide(need=0.0, lock="tool_loop", pinned=OPUS.id, house=[*HOUSE, elsewhere])

    assert decision.order == (OPUS.id, elsewhere.id)
    assert decision.reason == "locked:tool_loop"


@pytest.mark.parametrize("lock", ["thinking", "encrypted"])
def test_what_only_one_deployment_can_read_goes_nowhere_else(lock):
    elsewhere = candidate("claude-opus-5", 2, 5.0, provider="cloud")
    house = [*HOUSE, elsewhere]

    for model in ("auto", "claude-opus-5"):
        decision = decide(model, lock=lock, pinned=OPUS.id, house=house, live=Health(frozenset({OPUS.id})))
        assert decision.order == (OPUS.id,)
        assert decision.drops == ""


@pytest.mark.parametrize("lock", ["thinking", "encrypted"])
def test_a_lock_whose_deployment_is_gone_is_let_go_and_says_what_must_be_left_out(lock):
    assert decide(need=0.1, lock=lock, pinned="gone").drops == lock
    assert decide("claude-sonnet-5", lock=lock, pinned=OPUS.id).drops == lock
    assert decide(need=0.1, lock="tool_loop", pinned="gone").drops == ""


@pytest.mark.parametrize("lock", ["thinking", "encrypted"])
def test_a_lock_of_an_unknown_deployment_keeps_its_parts_and_is_tried_once(lock):
    for model in ("auto", "claude-opus-5"):
        decision = decide(model, need=0.9, lock=lock, rules=KeyRules(fallbacks=("qwen3",)))

        assert (len(decision.order), decision.drops) == (1, "")


def test_a_chain_is_tried_even_where_the_policy_has_no_fallbacks():
    chain = KeyRules(fallbacks=("claude-opus-5",))

    assert decide(need=0.1, rules=chain, policy={"fallbacks": 0}).order == (QWEN.id, OPUS.id)


def test_a_client_that_never_leaves_its_model_keeps_its_signed_parts():
    decision = decide("claude-opus-5", lock="thinking", pinned="")

    assert (decision.order, decision.drops) == ((OPUS.id,), "")


def test_the_baseline_is_the_strongest_the_key_may_use_or_the_one_named_for_all():
    assert decide(need=0.1).baseline == OPUS.id
    assert decide(need=0.1, rules=KeyRules(highest_tier=1)).baseline == HAIKU.id
    assert decide(need=0.1, baseline="claude-sonnet-5").baseline == SONNET.id
    assert decide("qwen3").baseline == QWEN.id


def test_a_cascade_names_whom_to_ask_first_and_whom_then():
    policy = {"cascade": {"tasks": ["arithmetic"], "samples": 2}}

    decision = decide(policy=policy, task="arithmetic", need=0.1, is_hinted=False)
    assert decision.cascade
    assert decision.cheap == (QWEN.id, R1.id)
    assert decision.strong[0] == MINI.id
    high = decide(policy=policy, task="arithmetic", need=0.9, is_hinted=False)
    assert (high.cheap, high.strong[0]) == ((QWEN.id, R1.id), SONNET.id)
    twin = candidate("qwen3", 0, 0.0, provider="shed")
    assert decide(policy=policy, task="arithmetic", house=[QWEN, twin, MINI]).cheap == (QWEN.id,)
    dear = candidate("small", 0, 0.2), candidate("big", 1, 0.5)
    assert not decide(policy=policy, task="arithmetic", house=list(dear)).cascade
    assert not decide(policy=policy, task="chat").cascade
    assert not decide(policy=policy, task="arithmetic", house=[QWEN, R1]).cascade
    assert not decide(policy=policy, task="arithmetic", lock="tool_loop").cascade


def test_a_verifier_is_another_model_than_the_one_it_examines():
    policy = {"cascade": {"tasks": ["arithmetic"], "check": "verifier", "samples": 1}}

    assert decide(policy=policy, task="arithmetic").cheap == (QWEN.id, R1.id)


def test_embeddings_go_only_to_models_that_make_them():
    maker = candidate("embedder", 0, 0.1, protocols=("embeddings",), capabilities=frozenset())

    assert decide(protocol="embeddings", house=[*HOUSE, maker]).order == (maker.id,)
    assert maker.id not in decide(protocol="chat", house=[*HOUSE, maker]).order
    with pytest.raises(NoRoute, match="does not take embeddings"):
        decide("qwen3", protocol="embeddings")


@pytest.mark.parametrize("source", ["chat", "messages", "responses"])
@pytest.mark.parametrize("target", ["chat", "messages", "responses"])
def test_text_protocols_stand_in_for_each_other(source, target):
    assert decide(protocol=source, house=[candidate("m", 1, protocols=(target,))]).order


@pytest.mark.parametrize(
    ("model", "changes", "status", "code"),
    [
        ("no-such", {}, 404, "model_not_found"),
        ("auto:no-such", {}, 404, "model_not_found"),
        ("qwen3", {"rules": KeyRules(allowed_models=("claude-*",))}, 403, "model_not_allowed"),
        ("claude-opus-5", {"rules": KeyRules(highest_tier=1)}, 403, "model_not_allowed"),
        ("auto", {"rules": KeyRules(allowed_models=("none",))}, 403, "model_not_allowed"),
        ("auto", {"capabilities": frozenset({"audio"})}, 400, "capability_missing"),
        ("qwen3", {"capabilities": frozenset({"audio"})}, 400, "capability_missing"),
        ("auto", {"house": []}, 503, "no_route"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_served_is_refused_with_a_code(model, changes, status, code):
    with pytest.raises(NoRoute) as refusal:
        decide(model, **changes)

    assert (refusal.value.status, refusal.value.code) == (status, code)
