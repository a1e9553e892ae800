from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from avyay_site.accounts import access
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from marga import requestlog
from marga.models import Feedback, Model, ShadowSample
from marga.requestlog import RequestFilter, WrongCursor
from marga.tests.factories import ModelFactory
from marga.tests.test_savings import MIDNIGHT, NOON, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    return issue(WorkspaceFactory.create(), now=NOON).key


@pytest.fixture
def asker(key):
    return access.for_system(key.workspace)


def numbers(page):
    return [int(call.record.request_id[-3:]) for call in page.calls]


def at(minutes):
    return {"occurred_at": (NOON + dt.timedelta(minutes=minutes)).isoformat()}


def test_pages_follow_one_another_newest_first_without_gaps_or_repeats(key, asker):
    # Several at one moment: the cursor has to tell them apart.
    take(key, *[(at(number // 3), {"task": "review"}) for number in range(8)])

    seen, cursor = [], ""
    while True:
        page = requestlog.get_requests(asker, RequestFilter(), cursor=cursor, limit=3)
        seen += numbers(page)
        cursor = page.cursor
        if not cursor:
            break

    assert seen == [7, 6, 5, 4, 3, 2, 1, 0]
    assert page.calls[0].trace is not None
    assert page.calls[0].trace.task == "review"


FILTERS = {
    "model": (RequestFilter(model="large"), [1]),
    "provider": (RequestFilter(provider="ollama"), [2]),
    "errors": (RequestFilter(outcome="error"), [3]),
    "what went well": (RequestFilter(outcome="ok"), [5, 2, 1, 0]),
    "cancelled": (RequestFilter(outcome="cancelled"), [4]),
    "exact hits": (RequestFilter(cache="exact"), [5]),
    "hits": (RequestFilter(cache="hit"), [5]),
    "misses": (RequestFilter(cache="miss"), [4, 3, 2, 1, 0]),
    "tier": (RequestFilter(tier="frontier"), [1]),
    "tier and model": (RequestFilter(tier="frontier", model="small"), []),
    "task": (RequestFilter(task="writing"), [2]),
    "since": (RequestFilter(since=NOON + dt.timedelta(minutes=4)), [5, 4]),
    "until": (RequestFilter(until=NOON + dt.timedelta(minutes=1)), [0]),
    "action": (RequestFilter(action="embeddings"), [0]),
    "another key": (RequestFilter(key_id="key_other"), []),
}


@pytest.mark.parametrize(("asked", "expected"), FILTERS.values(), ids=FILTERS)
def test_each_filter_keeps_what_it_names(key, asker, asked, expected):
    take(
        key,
        (at(0) | {"action": "embeddings"}, None),
        (at(1) | {"model_used": "large"}, {"tier": "frontier"}),
        (at(2) | {"provider": "ollama"}, {"task": "writing"}),
        (at(3) | {"status": 502}, {}),
        (at(4) | {"is_cancelled": True}, {}),
        (at(5), {"cache": "exact"}),
    )

    assert numbers(requestlog.get_requests(asker, asked)) == expected


@pytest.mark.parametrize("cursor", ["x", "MQ:1:2", "é"])
def test_a_cursor_of_somebody_elses_making_is_refused(asker, cursor):
    with pytest.raises(WrongCursor):
        requestlog.get_requests(asker, RequestFilter(), cursor=cursor)


def test_one_call_comes_with_all_that_is_known(key, asker):
    model = ModelFactory.create(provider__workspace=key.workspace, input_usd_per_mtok=Decimal(3))
    take(key, ({}, {"price_id": model.price_versions.get().pk}))
    [call] = requestlog.get_requests(asker, RequestFilter()).calls
    request_id = call.record.request_id
    Feedback.objects.create(workspace=key.workspace, request_id=request_id, rating=1, actor="a")
    ShadowSample.objects.create(
        workspace=key.workspace,
        request_id=request_id,
        model_used="a",
        model_compared="b",
        verdict="tie",
        occurred_at=NOON,
    )

    found = requestlog.get_request(asker, request_id)

    assert found is not None
    assert found.price is not None
    assert (found.price.input_usd_per_mtok, len(found.feedback), len(found.samples)) == (Decimal(3), 1, 1)
    assert found.call.trace is not None


def test_a_call_whose_trace_names_no_prices_has_those_that_held_then(key, asker):
    model = ModelFactory.create(name="m", provider__name="p", provider__workspace=key.workspace)
    model.price_versions.update(effective_at=NOON - dt.timedelta(days=1))
    then = model.price_versions.get()
    Model.objects.filter(pk=model.pk).update(input_usd_per_mtok=9)
    take(key, ({"model_used": "m", "provider": "p"}, {}), ({"model_used": "m", "provider": "q"}, None))

    second, first = requestlog.get_requests(asker, RequestFilter()).calls

    assert requestlog.get_price(asker, first) == then
    assert requestlog.get_price(asker, second) is None


def test_another_workspaces_calls_and_prices_are_not_found(key, asker):
    other = issue(WorkspaceFactory.create(), now=NOON).key
    theirs = ModelFactory.create(provider__workspace=other.workspace)
    take(other, ({}, {}))
    take(key, ({}, {"price_id": theirs.price_versions.get().pk}))
    [hidden] = requestlog.get_requests(access.for_system(other.workspace), RequestFilter()).calls
    [own] = requestlog.get_requests(asker, RequestFilter()).calls

    assert requestlog.get_request(asker, hidden.record.request_id) is None
    assert requestlog.get_price(asker, own) is None


def test_a_page_costs_the_same_however_long_it_is(key, asker, django_assert_num_queries):
    take(key, *[({}, {}) for _ in range(30)])

    with django_assert_num_queries(2):
        page = requestlog.get_requests(asker, RequestFilter(), limit=30)
        assert [call.record.key.name for call in page.calls if call.record.key] == ["test key"] * 30


def test_cache_figures_tell_both_caches_apart(key, asker):
    take(
        key,
        ({}, {"cache": "exact", "saved_usd": "0.5"}),
        ({}, {"cache": "semantic", "saved_usd": "0.25"}),
        ({}, {}),
        ({"action": "shadow"}, None),
    )

    found = requestlog.get_cache_figures(asker, MIDNIGHT, MIDNIGHT + dt.timedelta(days=1))

    assert (found.requests, found.exact, found.semantic, found.saved_usd) == (3, 1, 1, Decimal("0.75"))
    assert found.share == pytest.approx(2 / 3)
