"""Breakers and the retry budget: by steps, and by simulating an hour's trouble in a second (M-14)."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.gateway.health import Breakers, RetryBudget
from marga.routing import ANYTHING, Candidate, Needs, Router


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breakers(clock):
    return Breakers(clock)


def fail(breakers: Breakers, times: int = 1, **more: float) -> None:
    for _ in range(times):
        breakers.begin("d")
        breakers.fail("d", **more)


def answer(breakers: Breakers, times: int = 1, ms: float = 100.0) -> None:
    for _ in range(times):
        breakers.begin("d")
        breakers.ok("d", ms, is_stream=True)


def state(breakers: Breakers) -> str:
    return str(breakers.states()[0]["state"])


def test_an_unknown_deployment_is_usable_and_of_unknown_latency(breakers):
    assert breakers.is_usable("d")
    assert breakers.latency_ms("d") is None


def test_five_failures_in_a_row_open_the_breaker_and_four_do_not(breakers):
    fail(breakers, 4)
    assert breakers.is_usable("d")

    fail(breakers)
    assert not breakers.is_usable("d")


def test_failing_for_ten_seconds_opens_it_even_when_little_is_asked(breakers, clock):
    fail(breakers)
    clock.now += 10
    fail(breakers)

    assert not breakers.is_usable("d")


def test_half_of_many_failing_opens_it_though_never_five_in_a_row(breakers):
    for _ in range(5):
        fail(breakers)
        answer(breakers)

    assert not breakers.is_usable("d")


def test_one_failure_among_many_answers_opens_nothing(breakers):
    for _ in range(50):
        answer(breakers, 9)
        fail(breakers)

    assert breakers.is_usable("d")


def test_after_its_rest_one_call_at_a_time_may_try_and_three_answers_close_it(breakers, clock):
    fail(breakers, 5)
    clock.now += 5

    for _ in range(3):
        assert breakers.is_usable("d")
        breakers.begin("d")
        assert not breakers.is_usable("d")
        breakers.ok("d", 100, is_stream=True)
    assert state(breakers) == "ok"


def test_a_failed_trial_rests_twice_as_long_up_to_a_minute(breakers, clock):
    fail(breakers, 5)
    rests = []
    for _ in range(6):
        before = clock.now
        while not breakers.is_usable("d"):
            clock.now += 1
        rests.append(clock.now - before)
        fail(breakers)

    assert rests == [5, 10, 20, 40, 60, 60]


def test_a_trial_that_never_ends_does_not_shut_it_for_ever(breakers, clock):
    fail(breakers, 5)
    clock.now += 5
    breakers.begin("d")
    clock.now += 31

    assert breakers.is_usable("d")


def test_a_trial_that_tells_nothing_leaves_room_for_the_next(breakers, clock):
    fail(breakers, 5)
    clock.now += 5
    breakers.begin("d")
    breakers.left("d")

    assert breakers.is_usable("d")


def test_retry_after_is_respected_from_the_first_refusal(breakers, clock):
    fail(breakers, retry_after=7)
    clock.now += 6.9
    assert not breakers.is_usable("d")

    clock.now += 0.2
    assert breakers.is_usable("d")


def test_an_absurd_retry_after_is_bounded(breakers, clock):
    fail(breakers, retry_after=1e12)
    clock.now += 601

    assert breakers.is_usable("d")


def test_much_slower_than_usual_opens_it_and_an_odd_slow_answer_does_not(breakers):
    answer(breakers, 40, 100)
    answer(breakers, 1, 5_000)
    assert breakers.is_usable("d")

    answer(breakers, 60, 1_000)
    assert not breakers.is_usable("d")


def test_a_new_pace_becomes_the_usual_one(breakers, clock):
    answer(breakers, 40, 100)
    for _ in range(400):
        clock.now += 1
        answer(breakers, 1, 1_000)
    clock.now += 61
    answer(breakers, 3, 1_000)

    assert state(breakers) == "ok"


def test_streams_and_plain_answers_are_not_measured_by_each_other(breakers):
    answer(breakers, 60, 100)
    for _ in range(60):
        breakers.begin("d")
        breakers.ok("d", 3_000, is_stream=False)

    assert breakers.is_usable("d")
    assert breakers.latency_ms("d") == pytest.approx(100)


def test_calls_that_wait_far_longer_than_usual_count_before_they_fail(breakers, clock):
    answer(breakers, 30, 100)
    for _ in range(5):
        breakers.begin("d")
    clock.now += 1.9
    assert breakers.is_usable("d")

    clock.now += 0.2
    assert not breakers.is_usable("d")
    assert state(breakers) == "stalled"
    breakers.ok("d", 2_100, is_stream=True)
    assert breakers.is_usable("d")


def test_what_is_known_can_be_shown_and_forgotten(breakers):
    answer(breakers, 3, 80)
    fail(breakers)

    assert breakers.states() == [
        {"id": "d", "state": "ok", "latency_ms": None, "ttft_ms": 80.0, "requests": 4, "errors": 1}
    ]
    breakers.forget(["other"])
    assert breakers.states() == []


def test_a_deployment_with_a_call_open_is_not_forgotten(breakers):
    breakers.begin("d")
    breakers.forget([])

    assert len(breakers.states()) == 1


@given(
    st.lists(st.sampled_from(["begin", "ok", "slow", "fail", "busy", "left", "wait", "look"]), max_size=80)
)
def test_no_history_shuts_a_deployment_for_good(steps):
    clock = Clock()
    breakers = Breakers(clock)
    for step in steps:
        match step:
            case "begin":
                breakers.begin("d")
            case "ok" | "slow":
                breakers.ok("d", 100 if step == "ok" else 9_000, is_stream=True)
            case "fail" | "busy":
                breakers.fail("d", retry_after=30 if step == "busy" else None)
            case "left":
                breakers.left("d")
            case "wait":
                clock.now += 3
            case "look":
                breakers.is_usable("d")
    for _ in range(len(steps)):
        breakers.left("d")
    clock.now += 700

    assert breakers.is_usable("d")


def test_second_tries_stay_within_a_fifth_of_the_requests(clock):
    budget = RetryBudget(clock)
    taken = 0
    for _ in range(2_000):
        clock.now += 0.01
        budget.request()
        taken += budget.take()

    assert taken <= 400 + 10
    assert taken >= 300


def test_a_quiet_gateway_can_still_fail_over(clock):
    budget = RetryBudget(clock)
    budget.request()

    assert budget.take()


def test_the_budget_of_a_rush_fades_with_it(clock):
    budget = RetryBudget(clock)
    for _ in range(1_000):
        budget.request()
    clock.now += 130

    assert sum(budget.take() for _ in range(1_000)) == 10


# --- M-14: one of three upstreams in trouble, simulated event by event -----------------------------------------------

HOUSE = [
    Candidate(
        id=f"d{n}", name="m", tier=1, provider_id=f"p{n}", provider=f"p{n}", input_usd=1.0 + n, output_usd=1.0
    )
    for n in range(3)
]
USUAL_SECONDS = 0.2


@dataclass
class Farm:
    """Requests at a steady rate through router, breakers and budget; the cheapest upstream falls ill at ill_from."""

    trouble: Callable[[Random, float], tuple[str, float, float | None]]
    rate: float = 100.0
    seconds: float = 90.0
    ill_from: float = 30.0
    served: list[tuple[float, float]] = field(default_factory=list)
    lost: int = 0
    attempts: int = 0
    attempts_at_ill_one: int = 0

    def run(self) -> Farm:
        clock, random, number = Clock(), Random(14), count()  # noqa: S311 (a simulation)
        start = clock.now
        breakers, budget, router = Breakers(clock), RetryBudget(clock), Router(HOUSE, {})
        events: list[tuple[float, int, Callable[[], None]]] = []

        def at(when: float, do: Callable[[], None]) -> None:
            heapq.heappush(events, (when, next(number), do))

        def arrive() -> None:
            budget.request()
            order = list(router.decide(Needs("auto", need=0.5, input_tokens=100), ANYTHING, breakers).order)
            attempt(order, clock.now)

        def attempt(order: list[str], arrived: float) -> None:
            deployment = order.pop(0)
            self.attempts += 1
            is_ill = deployment == "d0" and clock.now - start >= self.ill_from
            self.attempts_at_ill_one += is_ill
            usual = USUAL_SECONDS * random.uniform(0.8, 1.2)
            outcome, takes, wait = self.trouble(random, usual) if is_ill else ("ok", usual, None)
            breakers.begin(deployment)
            at(clock.now + takes, lambda: end(deployment, outcome, takes, wait, order, arrived))

        def end(
            deployment: str, outcome: str, takes: float, wait: float | None, order: list[str], arrived: float
        ) -> None:
            if outcome == "ok":
                breakers.ok(deployment, takes * 1_000, is_stream=True)
                self.served.append((arrived - start, clock.now - arrived))
                return
            breakers.fail(deployment, retry_after=wait)
            if order and budget.take():
                attempt(order, arrived)
            else:
                self.lost += 1

        for n in range(int(self.rate * self.seconds)):
            at(start + n / self.rate, arrive)
        while events:
            clock.now, _, do = heapq.heappop(events)
            do()
        return self

    def p99(self, since: float, until: float) -> float:
        took = sorted(seconds for arrived, seconds in self.served if since <= arrived < until)
        return took[int(len(took) * 0.99)]


TROUBLES: dict[str, Callable[[Random, float], tuple[str, float, float | None]]] = {
    "refuses connections": lambda random, usual: ("fail", 0.001, None),
    "takes connections and says nothing": lambda random, usual: ("fail", 3.0, None),
    "ten times slower": lambda random, usual: ("ok", usual * 10, None),
    "half of its answers 500": lambda random, usual: ("fail" if random.random() < 0.5 else "ok", usual, None),
    "429 with Retry-After": lambda random, usual: ("fail", 0.02, 20.0),
}


@pytest.mark.parametrize("name", list(TROUBLES))
@pytest.mark.parametrize("rate", [5.0, 100.0])
def test_one_of_three_upstreams_in_trouble_costs_hardly_an_answer(name, rate):
    farm = Farm(TROUBLES[name], rate=rate).run()
    requests = len(farm.served) + farm.lost

    assert len(farm.served) / requests >= 0.995
    assert farm.attempts / requests <= 1.2
    if rate == 100.0:  # with few requests the trials alone are more than one in a hundred
        assert farm.p99(45.0, 90.0) <= 1.1 * farm.p99(0.0, 30.0)


def test_the_simulation_would_see_a_gateway_without_breakers(monkeypatch):
    monkeypatch.setattr(Breakers, "is_usable", lambda self, deployment_id: True)
    farm = Farm(TROUBLES["refuses connections"]).run()

    assert farm.lost / (len(farm.served) + farm.lost) > 0.3


def test_waiting_as_asked_an_upstream_gets_one_call_in_each_period():
    farm = Farm(TROUBLES["429 with Retry-After"]).run()

    # Those under way when the first refusal came, then one each 20 seconds.
    assert farm.attempts_at_ill_one <= 10
