"""M-10, M-15, M-22: nobody is charged twice, beyond a budget, or by another formula than the provider's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from marga.gateway.metering import Meter
from marga.gateway.surfaces import WIRES
from marga.gateway.tests.careless import careless_stage
from marga.gateway.tests.golden import ASKED, Report, reports
from marga.gateway.tests.harness import STREAM_HEAD, Stage, Upstream, http_answer, key_row, piece, until
from marga.gateway.tests.speaking import (
    OUTPUT,
    PROTOCOLS,
    asking,
    events,
    model,
    number_in,
    plain,
    polyglot,
    post,
    provider,
    says,
    words,
)
from marga.pricing import Price, Usage, cost_usd

PRICES = [
    Price(Decimal("2.5"), Decimal(10), Decimal("1.25")),
    Price(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75")),
    Price(Decimal("0.27"), Decimal("1.1"), Decimal("0.07")),
    Price(Decimal("1.1"), Decimal("4.4"), Decimal("0.55"), None, Decimal("4.4")),
    Price(Decimal("0.0000007"), Decimal("123456.789")),
]
CLOSE = Fraction(1, 10**9)
CALLS, PRICE_OF_ONE, BUDGET = 200, Decimal("0.2"), Decimal(1)


def check_charge(report: Report, price: Price, cost_of: Callable[[Usage, Price], Decimal]) -> None:
    """What we charge equals what the provider charges, and estimates say that they are."""
    meter = Meter(WIRES[report.protocol])
    for payload in report.payloads:
        (meter.see if report.is_stream else meter.see_whole)(payload)

    usage, is_estimated = meter.usage(ASKED)

    assert abs(Fraction(cost_of(usage, price)) - report.charged) <= CLOSE, (report.name, usage)
    assert is_estimated == report.is_estimated, report.name


def test_m22_every_report_of_the_golden_set_is_charged_as_its_provider_charges_it():
    checked = 0
    for price in PRICES:
        for report in reports(price):
            check_charge(report, price, cost_usd)
            checked += 1

    assert checked >= 200 * len(PRICES)


def test_m22_a_gateway_that_forgets_cheap_and_dear_tokens_is_found_out():
    def forgetful(usage: Usage, price: Price) -> Decimal:
        return cost_usd(Usage(usage.input_tokens, usage.output_tokens), price)

    wrong = 0
    for report in reports(PRICES[1]):
        try:
            check_charge(report, PRICES[1], forgetful)
        except AssertionError:
            wrong += 1

    assert wrong > 60


def has_recorded(s: Stage, count: int) -> bool:
    return len(s.web.records) == count


@pytest.mark.processes
async def test_m22_a_price_that_changes_in_the_day_counts_from_then_on(tmp_path):
    async with polyglot(tmp_path, says()) as s:
        costs: list[Decimal] = []
        for price in ("100", "300"):
            rows = [model(name, output_usd_per_mtok=price, input_usd_per_mtok="0") for name in PROTOCOLS]
            s.web.change({**s.web.document, "models": rows})
            await s.fetched()
            for spoken in PROTOCOLS:
                body = asking("chat", spoken, f"Hello at {price}.", stream=spoken != "chat")
                async with post(s, "chat", body) as answer:
                    await answer.read()
            await until(partial(has_recorded, s, len(costs) + len(PROTOCOLS)))
            costs = [Decimal(record["cost_usd"]) for record in s.web.records]

        one = Decimal(OUTPUT) / 1_000_000
        assert costs == [100 * one] * 3 + [300 * one] * 3
        assert not any(record["is_estimated"] for record in s.web.records)


async def check_budget(s: Stage) -> int:
    """Of many calls at once no more are answered than the budget pays, and one. Returns how many were refused."""

    async def one(number: int) -> int:
        asked = PROTOCOLS[number % 3]
        limit = {"responses": "max_output_tokens"}.get(asked, "max_tokens")
        body = asking(asked, "chat", f"Call {number}.", stream=number % 2 == 0, **{limit: OUTPUT})
        async with post(s, asked, body) as answer:
            await answer.read()
            if answer.status == 402:
                assert answer.headers["x-should-retry"] == "false"
            return int(answer.status)

    statuses = await asyncio.gather(*map(one, range(CALLS)))
    assert set(statuses) <= {200, 402}
    assert statuses.count(200) * PRICE_OF_ONE <= BUDGET + PRICE_OF_ONE
    return statuses.count(402)


@pytest.mark.processes
async def test_m10_200_calls_at_once_in_three_protocols_never_pass_a_budget_by_more_than_one(tmp_path):
    async def slow(reader: Any, writer: Any, body: dict[str, Any]) -> None:
        await asyncio.sleep(0.2)
        await says()(reader, writer, body)

    async with polyglot(tmp_path, slow) as s:
        price = str(PRICE_OF_ONE / OUTPUT * 1_000_000)
        rows = [model(name, output_usd_per_mtok=price, input_usd_per_mtok="0") for name in PROTOCOLS]
        key = key_row(s.key, monthly_budget_usd=str(BUDGET))
        s.web.change({**s.web.document, "keys": [key], "models": rows})
        await s.fetched()

        refused = await check_budget(s)

        assert refused >= CALLS - 6
        await until(lambda: len(s.web.records) == CALLS - refused)
        spent = sum(Decimal(record["cost_usd"]) for record in s.web.records)
        assert BUDGET - PRICE_OF_ONE < spent <= BUDGET + PRICE_OF_ONE


@pytest.mark.processes
async def test_m10_a_relay_without_budgets_is_found_out():
    async with careless_stage(says()) as (s, _):
        with pytest.raises(AssertionError):
            await check_budget(s)


WAYS = ("well", "refuses", "half", "cut", "late", "full")


async def awkward(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    """Answer in the way that the prompt's number names; all but `refuses` and `full` did the work, and charge for it."""
    way, protocol = WAYS[number_in(body) % len(WAYS)], body["model"]
    error = b'{"error": {"message": "no", "type": "server_error"}, "type": "error"}'
    if way in ("refuses", "full"):
        writer.write(http_answer(error, "500 X" if way == "refuses" else "429 X"))
    elif way == "half":
        writer.write(http_answer(plain(protocol, "half"))[:-20])
        await writer.drain()
        writer.close()
    elif way == "cut":
        writer.write(STREAM_HEAD + b"".join(map(piece, events(protocol, words(9))[:6])))
        await writer.drain()
        writer.close()
    else:
        if way == "late":
            await asyncio.sleep(1.4)
        await says()(reader, writer, body)


async def check_paid_once(
    s: Stage, upstreams: list[Upstream], protocols: Any, attempts: Callable[[int], int]
) -> None:
    """A provider is asked a second time for one request only where the record shows every try.

    attempts: how many tries the record of a request, by its number, shows; 1 where nothing is recorded.
    """
    numbers = range(len(WAYS) * len(protocols))

    async def one(number: int) -> None:
        asked = protocols[number // len(WAYS)]
        way = WAYS[number % len(WAYS)]
        body = asking(asked, asked, f"Request #{number}.", stream=way in ("cut", "well"))
        try:
            async with asyncio.timeout(10), post(s, asked, body) as answer:
                await answer.read()
        except OSError:
            return

    await asyncio.gather(*map(one, numbers))
    asked_for = [b"#%d." % number for number in numbers]
    for number in numbers:
        bodies = [body for up in upstreams for _, body in up.requests]
        times = sum(asked_for[number] in body for body in bodies)
        shown = attempts(number)
        assert times == shown, (WAYS[number % len(WAYS)], times, shown)
        if WAYS[number % len(WAYS)] in ("half", "cut", "well"):
            assert times == 1, WAYS[number % len(WAYS)]


@pytest.mark.processes
async def test_m15_no_answer_is_paid_twice_unless_both_tries_are_on_the_record(tmp_path):
    async with (
        polyglot(tmp_path, awkward, row={"timeout_seconds": 1.0}) as s,
        Upstream(says()).serving() as two,
    ):
        s.web.document["providers"] += [provider(p, two.base_url, f"two-{p}") for p in PROTOCOLS]
        s.web.document["models"] += [model(p, f"two-{p}") for p in PROTOCOLS]
        s.web.change(s.web.document)
        await s.fetched()

        def attempts(number: int) -> int:
            way = WAYS[number % len(WAYS)]
            return 2 if way in ("refuses", "full", "late") else 1

        await check_paid_once(s, [s.upstream, two], PROTOCOLS, attempts)

        await until(lambda: len(s.web.records) == len(WAYS) * len(PROTOCOLS))
        shown = sorted(len(record["trace"]["attempts"]) for record in s.web.records)
        assert shown == [1] * 9 + [2] * 9
        late = [r for r in s.web.records if r["trace"]["attempts"][0]["error"] == "upstream_timeout"]
        assert len(late) == 3
        assert {record["trace"]["attempts"][1]["provider"][:4] for record in late} == {"two-"}


@pytest.mark.processes
async def test_m15_a_relay_that_tries_everything_again_is_found_out():
    async with careless_stage(awkward, says()) as (s, relay):
        with pytest.raises(AssertionError, match="half"):
            await check_paid_once(s, list(relay.upstreams), ("chat",), lambda number: 1)
