"""Fields of the gateway's API."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MODEL_NAME = r"^[!-~]([ -~]{0,198}[!-~])?$"
PRICE = r"^[0-9]{1,6}(\.[0-9]{1,6})?$"


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 500, "pattern": "^https?://[!-~]+$"})
class AddressField(serializers.RegexField):
    """A base URL: http or https, without user name, query and fragment."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^https?://[!-~]+$", max_length=500, trim_whitespace=False, **kwargs)


@extend_schema_field({"type": "string", "pattern": PRICE, "example": "0.25"})
class PriceField(serializers.DecimalField):
    """USD per million tokens as a string of digits, so that no float rounds it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=6, min_value=Decimal(0), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not re.fullmatch(PRICE, data, re.ASCII):
            raise serializers.ValidationError('Give the price as a string, such as "0.25".')
        return super().to_internal_value(data)


@extend_schema_field({"type": "number", "minimum": 0, "maximum": 1})
class ShareField(serializers.FloatField):
    """A number from 0 to 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=1, **kwargs)

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise serializers.ValidationError("A number from 0 to 1 is needed.")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,2})?$", "example": "180"})
class WattsField(serializers.DecimalField):
    """Watts as a string of digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=8, decimal_places=2, min_value=Decimal(0), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,2})?", data, re.ASCII):
            raise serializers.ValidationError('Give the watts as a string, such as "180".')
        return super().to_internal_value(data)
