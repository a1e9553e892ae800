from __future__ import annotations

from decimal import Decimal

import pytest

from marga.models import PRICES, Defaults, Model, PriceSource, PriceVersion, Source
from marga.tests.factories import ModelFactory, ProviderFactory

pytestmark = pytest.mark.django_db


def history(model):
    return list(model.price_versions.order_by("effective_at", "pk"))


def made(provider, name):
    return Model(workspace=provider.workspace, provider=provider, name=name, upstream_name=name)


def saved(model, **how):
    model.input_usd_per_mtok = Decimal(3)
    model.save(**how)


WAYS = {
    "saving": saved,
    "saving one field": lambda model: saved(model, update_fields=["input_usd_per_mtok"]),
    "a query": lambda model: Model.objects.filter(pk=model.pk).update(input_usd_per_mtok=3),
    "a query by the price itself": lambda model: Model.objects.filter(input_usd_per_mtok=1).update(
        input_usd_per_mtok=3
    ),
}


@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS)
def test_every_way_to_change_a_price_leaves_a_version(change):
    model = ModelFactory.create(input_usd_per_mtok=Decimal(1))

    change(model)

    assert [version.input_usd_per_mtok for version in history(model)] == [1, 3]


@pytest.mark.parametrize("name", PRICES)
def test_every_price_counts(name):
    model = ModelFactory.create()

    Model.objects.filter(pk=model.pk).update(**{name: Decimal(2)})

    assert [getattr(version, name) for version in history(model)] == [None, 2]


def test_what_changes_no_price_leaves_none():
    model = ModelFactory.create(input_usd_per_mtok=Decimal("1.50"))

    model.input_usd_per_mtok = Decimal("1.5")
    model.save()
    Model.objects.filter(pk=model.pk).update(tier="local")

    assert len(history(model)) == 1


def test_rows_made_at_once_have_their_first_version_and_those_left_alone_no_second():
    provider = ProviderFactory.create(source=Source.ENVIRONMENT)
    there = ModelFactory.create(provider=provider, name="there")
    Model.objects.bulk_create([made(provider, "there"), made(provider, "new")], ignore_conflicts=True)

    assert [version.source for version in history(Model.objects.get(name="new"))] == [PriceSource.CATALOGUE]
    assert len(history(there)) == 1


def test_a_version_says_who_and_outlives_the_model():
    model = ModelFactory.create(name="gone")
    model.priced_by, model.output_usd_per_mtok = "ada@example.org", Decimal(4)
    model.save()

    model.delete()

    latest = PriceVersion.objects.filter(model=None).latest("effective_at", "pk")
    assert (latest.model_name, latest.priced_by, latest.source) == ("gone", "ada@example.org", "admin")


def test_the_tariff_is_part_of_the_price_of_a_local_model(settings):
    settings.MARGA_TARIFF_USD_PER_KWH = Decimal("0.20")
    local, hosted = ModelFactory.create(watts=Decimal(90)), ModelFactory.create()
    Defaults.objects.create(pk=1, tariff_usd_per_kwh=Decimal("0.30"))

    PriceVersion.objects.note([local, hosted])

    assert [version.usd_per_kwh for version in history(local)] == [Decimal("0.20"), Decimal("0.30")]
    assert len(history(hosted)) == 1
