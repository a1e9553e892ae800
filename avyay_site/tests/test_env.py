from __future__ import annotations

from decimal import Decimal

import pytest

from avyay_site import env

NAME = "MARGA_TARIFF_USD_PER_KWH"


@pytest.fixture
def read(monkeypatch):
    def read(value):
        monkeypatch.setenv(NAME, value)
        return env.amount(NAME, "0.15", least="0", most="100")

    return read


def test_an_amount_is_exact_and_has_a_default(read):
    assert read("0.1") == Decimal("0.1")
    assert read("") == Decimal("0.15")


@pytest.mark.parametrize("value", ["dear", "NaN", "Infinity", "-0.01", "100.01", "1,5"])
def test_what_is_no_amount_is_explained(read, value):
    with pytest.raises(env.WrongVariable, match=f"{NAME} is .* from 0 to 100"):
        read(value)
