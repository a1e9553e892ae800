from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from avyay_site.usage import queries
from avyay_site.usage.models import UsageDay, UsageRecord
from avyay_site.usage.services import record_usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys():
    workspace = WorkspaceFactory.create()
    return [issue(workspace, name=name).key for name in ("one", "two")]


def use(key, at, cost="1.5", **changes):
    number = UsageRecord.objects.count()
    values = {
        "product": "marga",
        "action": "chat.completions",
        "model_used": "small",
        "input_tokens": 7,
        **changes,
    }
    record_usage(
        [
            UsageRecord(
                request_id=f"req_{number}",
                workspace=key.workspace,
                key=key,
                occurred_at=at,
                cost_usd=Decimal(cost),
                **values,
            )
        ]
    )


def test_the_spend_of_a_month_begins_with_its_first_day_and_is_exact(keys, now):
    first, second = keys
    use(first, now.replace(day=1, hour=0, minute=0), "0.0000000001")
    use(first, now, "2.5")
    use(first, now.replace(day=1, hour=0, minute=0) - timedelta(seconds=1), "100")

    spent = queries.get_month_spend([first.pk, second.pk], today=now.date())

    assert spent == {first.pk: Decimal("2.5000000001"), second.pk: Decimal(0)}


def test_day_sums_add_up_to_the_records_however_they_are_grouped(keys, now):
    for number in range(12):
        use(keys[number % 2], now - timedelta(hours=7 * number), status=500 if number % 5 == 0 else 200)
    days = UsageDay.objects.filter(workspace=keys[0].workspace)

    for group in (None, "key_id", "product", "model"):
        rows = queries.get_day_sums(days, group=group)
        assert sum(row["requests"] for row in rows) == 12
        assert sum(row["errors"] for row in rows) == 3
        assert sum(row["cost_usd"] for row in rows) == Decimal(18)
        assert [row["day_date"] for row in rows] == sorted((row["day_date"] for row in rows), reverse=True)
    assert {row["group"] for row in queries.get_day_sums(days, group="key_id")} == {key.pk for key in keys}


def test_one_row_more_than_fits_tells_that_there_are_more(keys, now, monkeypatch):
    monkeypatch.setattr(queries, "MOST_DAY_ROWS", 2)
    for number in range(5):
        use(keys[0], now - timedelta(days=number))

    assert len(queries.get_day_sums(UsageDay.objects.all(), group=None)) == 3
