"""What every serializer of the API shares: unknown fields are refused, times carry their offset, names are clean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
WORDS = r"^[^\x00-\x1f\x7f]+$"
LINE = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"


class Strict(serializers.Serializer[Any]):
    """Refuses fields that it does not know, so that a typing error or a smuggled `role` never passes silently."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            writable = [name for name, field in self.fields.items() if not field.read_only]
            unknown = [str(name) for name in data if name not in writable]
            if unknown:
                known = ", ".join(writable) or "none"
                raise serializers.ValidationError(
                    {name: f"Unknown field; known: {known}." for name in unknown}
                )
        return super().to_internal_value(data)


class Empty(Strict):
    """The body of an act that needs no values."""


class Filters(Strict):
    """Query parameters of a list; the `source` of each field is the look-up that it stands for."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


@extend_schema_field({"type": "string", "format": "date-time"})
class TimeField(serializers.DateTimeField):
    """A moment with its offset (RFC 3339); one without an offset means different moments to different people."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not RFC3339.fullmatch(value):
            raise serializers.ValidationError("Give a time with its offset, such as 2026-11-24T08:30:00Z.")
        return super().to_internal_value(value)


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 80, "pattern": LINE})
class NameField(serializers.RegexField):
    """A name of 1 to 80 characters on one line, without spaces at its ends."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 80)
        super().__init__(LINE, trim_whitespace=False, **kwargs)
        self.error_messages["invalid"] = "Write it on one line, without spaces at its ends."


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,8}(\.[0-9]{1,4})?$", "example": "25.00"})
class MoneyField(serializers.DecimalField):
    """An amount in USD as a string of digits, so that no float rounds it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=4, min_value=0, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,4})?", data):
            raise serializers.ValidationError('Give the amount as a string, such as "25.00".')
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 200, "pattern": WORDS})
class WordsParameter(serializers.RegexField):
    """A text to compare with: one line without control characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(WORDS, trim_whitespace=False, max_length=200, **kwargs)


class IdParameter(serializers.RegexField):
    """An id with its prefix; what is not one is refused before the database sees it."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        super().__init__(rf"^{prefix}_[0-9A-HJKMNP-TV-Z]{{26}}$", **kwargs)


@extend_schema_field({"type": "string", "format": "date"})
class DayParameter(serializers.DateField):
    """A UTC day, such as 2026-11-24."""

    def to_internal_value(self, value: Any) -> date:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            raise serializers.ValidationError("Give a day such as 2026-11-24.")
        return super().to_internal_value(value)


class NumberParameter(serializers.IntegerField):
    """A whole number in a query string: ASCII digits, nothing else."""

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch("[0-9]{1,9}", str(data)):
            raise serializers.ValidationError("A whole number is needed.")
        return super().to_internal_value(data)


class Count(serializers.IntegerField):
    """A whole number from 1; not a string of digits, not a boolean. 5.0 is whole, as JSON Schema has it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": 2_147_483_647, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError("A whole number is needed.")
        return super().to_internal_value(data)


class WrongParameter(serializers.ValidationError):
    """Query parameters are wrong; the answer names parameters instead of places in the body."""

    is_about_parameters = True
