from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import MembershipFactory, WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from marga.models import Feedback, PriceVersion, ShadowSample
from marga.tests.factories import ModelFactory, PolicyFactory
from marga.tests.traffic import take

pytestmark = pytest.mark.django_db

LIST = "/app/gateway/requests/"


@pytest.fixture
def membership():
    return MembershipFactory.create(role=Role.MEMBER)


@pytest.fixture
def key(membership):
    return issue(membership.workspace).key


@pytest.fixture
def visit(client, membership):
    """Return a function that reads a page as the member, and expects a status."""
    client.force_login(membership.user)

    def visit(url, status=200):
        answer = client.get(url)
        assert answer.status_code == status
        body = answer.getvalue() if answer.streaming else answer.content
        return body.decode()

    return visit


def page_of(request_id):
    return reverse("marga:request", args=[request_id])


def test_the_log_says_which_model_answered_why_and_what_that_saved(visit, key):
    request_id = take(key, "one", at=timezone.now(), traced={"explain": "A middle model will do."})

    text = visit(LIST)

    assert page_of(request_id) in text
    assert "auto → gpt-5-mini" in text
    assert "need&lt;frontier" in text
    assert 'title="A middle model will do."' in text
    assert "$0.00900" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("tier=local", {"local"}),
        ("outcome=error", {"failed"}),
        ("cache=hit", {"cached"}),
        ("task=writing", {"local"}),
        ("model=other", {"failed"}),
        ("until=2020-01-01T00:00", set()),
        ("tier=nonsense&model=nonsense&since=yesterday", {"local", "failed", "cached"}),
    ],
)
def test_the_address_holds_the_filters_and_wrong_ones_are_passed_over(visit, key, query, shown):
    now = timezone.now()
    ids = {
        "local": take(key, "local", at=now, traced={"tier": "local", "task": "writing"}),
        "failed": take(key, "failed", at=now, status=502, model_used="other"),
        "cached": take(key, "cached", at=now, traced={"cache": "exact"}),
    }

    for url in (f"{LIST}?{query}", f"{reverse('marga:requests_live')}?{query}"):
        text = visit(url)
        assert {name for name, request_id in ids.items() if page_of(request_id) in text} == shown
    written = visit(f"{reverse('marga:requests_csv')}?{query}")
    assert {name for name, request_id in ids.items() if request_id in written} == shown


def test_older_calls_are_a_page_away_and_that_page_does_not_change_under_the_reader(visit, key, monkeypatch):
    monkeypatch.setattr("marga.views.requests.PER_PAGE", 2)
    now = timezone.now()
    ids = [take(key, f"n{number}", at=now - timedelta(minutes=number)) for number in range(3)]

    first = visit(LIST)
    older = next(part for part in first.split('"') if part.startswith(f"{LIST}?cursor="))
    second = visit(older.replace("&amp;", "&"))

    assert page_of(ids[2]) not in first
    assert page_of(ids[2]) in second
    assert page_of(ids[0]) not in second
    assert "live-usage" in first
    assert "live-usage" not in second
    assert page_of(ids[0]) in visit(f"{LIST}?cursor=forged")


def test_no_filter_matches_is_told_from_nothing_yet(visit, key):
    assert "Requests will be listed here" in visit(LIST)
    take(key, "one", at=timezone.now())

    assert "No request matches" in visit(f"{LIST}?tier=local")


def test_the_page_of_a_request_shows_tries_thresholds_and_the_bill(visit, membership, key):
    model = ModelFactory.create(
        provider__workspace=membership.workspace,
        input_usd_per_mtok=Decimal(3),
        output_usd_per_mtok=Decimal(9),
    )
    version = PriceVersion.objects.get(model=model)
    PolicyFactory.create(workspace=membership.workspace, name="mine", document={"tiers": {"mid": 0.2}})
    tries = [
        {"model": "gpt-5-mini", "provider": "openai", "status": 503, "error": "overloaded", "ms": 40},
        {"model": "haiku", "provider": "anthropic", "status": 200, "started_ms": 41, "ms": 70},
    ]
    request_id = take(
        key,
        "one",
        at=timezone.now(),
        cost_usd="0.000342",
        traced={"attempts": tries, "policy": "mine", "price_id": version.pk},
    )

    text = visit(page_of(request_id))

    assert "Try 1: gpt-5-mini" in text
    assert "HTTP 503 · overloaded" in text
    assert "Try 2: haiku" in text
    assert "local below 0.20" in text
    assert "would have cost $0.0100" in text
    assert "$3.00" in text
    assert "$0.000306" in text
    assert version.pk in text
    assert "The lines add up" not in text
    assert "x-marga-reason" in text


def test_a_bill_that_was_not_charged_whole_says_so(visit, membership, key):
    model = ModelFactory.create(
        provider__workspace=membership.workspace,
        input_usd_per_mtok=Decimal(3),
        output_usd_per_mtok=Decimal(9),
    )
    price_id = PriceVersion.objects.get(model=model).pk
    request_id = take(
        key, "one", at=timezone.now(), cost_usd="0.1", is_cancelled=True, traced={"price_id": price_id}
    )

    assert "The lines add up to $0.000342; $0.100 was booked, for the call was cancelled" in visit(
        page_of(request_id)
    )


def test_a_request_without_a_trace_is_still_shown(visit, key):
    request_id = take(key, "bare", at=timezone.now(), trace=None, status=401, error_type="refused")

    text = visit(page_of(request_id))

    assert "There is no trace" in text
    assert "refused" in text


def test_what_the_gateway_was_told_is_shown_as_text(visit, key):
    evil = "<script>alert(1)</script>"
    tries = [{"model": evil, "provider": evil, "error": evil, "status": 500, "ms": 1}]
    traced = {
        "explain": evil,
        "task": evil[:40],
        "attempts": tries,
        "warnings": [evil],
        "baseline_model": evil,
    }
    request_id = take(key, "evil", at=timezone.now(), traced=traced, model_used=evil, model_requested=evil)

    for url in (LIST, page_of(request_id)):
        text = visit(url)
        assert "alert(1)" in text
        assert "<script>alert" not in text


def test_a_request_of_another_workspace_is_not_there(visit, client, membership):
    other = issue(WorkspaceFactory.create()).key
    request_id = take(other, "theirs", at=timezone.now())

    visit(page_of(request_id), status=404)
    visit(reverse("marga:cost", args=[request_id]), status=204)
    assert client.post(reverse("marga:feedback", args=[request_id]), {"rating": "good"}).status_code == 404
    assert request_id not in visit(LIST)
    assert request_id not in visit(reverse("marga:requests_csv"))


def test_a_member_says_what_an_answer_was_worth(visit, client, key, membership):
    request_id = take(key, "one", at=timezone.now())
    url = reverse("marga:feedback", args=[request_id])
    visit(LIST)

    client.post(url, {"rating": "bad"})
    answer = client.post(url, {"rating": "good"}, follow=True)

    assert "You said good" in answer.content.decode()
    assert Feedback.objects.get().rating == 1
    client.post(url, {"rating": "splendid"})
    assert Feedback.objects.get().rating == 1
    membership.role = Role.VIEWER
    membership.save()
    assert client.post(url, {"rating": "bad"}).status_code == 403
    assert 'name="rating"' not in visit(page_of(request_id))


def test_what_the_judge_said_is_shown_with_the_saving(visit, key):
    request_id = take(key, "one", at=timezone.now())
    common = {"workspace_id": key.workspace_id, "request_id": request_id, "occurred_at": timezone.now()}
    ShadowSample.objects.create(
        **common, model_used="gpt-5-mini", model_compared="opus", verdict="tie", judge="sonnet", tier="mid"
    )

    assert "than opus, says sonnet" in visit(page_of(request_id))
    overview = visit("/app/gateway/?range=24h&group=tier")
    assert "quality 100 % (" in overview
    assert "$0.00900" in overview


def test_cache_hits_stand_beside_what_they_saved(visit, key):
    take(key, "asked", at=timezone.now())
    take(key, "again", at=timezone.now(), cost_usd="0", traced={"cache": "exact", "saved_usd": "0.01"})

    for choice in ("24h", "7d"):
        text = visit(f"/app/gateway/?range={choice}")
        assert "<b>50.0 %</b> <small>saved $0.0100</small>" in text


def test_a_saving_without_samples_says_that_quality_is_not_measured(visit, key):
    take(key, "one", at=timezone.now())

    text = visit("/app/gateway/?range=24h")

    assert "quality not measured" in text
    assert "shadow_percent" in text


@pytest.mark.parametrize("group", ["model", "key", "tier", "task"])
def test_the_overview_groups_by_what_is_asked(visit, key, group):
    take(key, "one", at=timezone.now())
    name = {"model": "gpt-5-mini", "key": key.name, "tier": "mid", "task": "review"}[group]

    for choice in ("24h", "7d"):
        text = visit(f"/app/gateway/?range={choice}&group={group}")
        assert f'<th scope="row">{name}</th>' in text
        assert 'id="spend-table"' in text


def test_a_custom_range_shows_its_days_only(visit, key):
    take(key, "one", at=timezone.now())

    assert "Nothing went through the gateway in this range" in visit(
        "/app/gateway/?range=custom&first=2020-01-01&final=2020-01-02"
    )
    today = timezone.now().date().isoformat()
    assert "gpt-5-mini" in visit(f"/app/gateway/?range=custom&first={today}&final={today}")
