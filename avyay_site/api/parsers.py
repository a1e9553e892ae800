"""JSON bodies, with a bound on their size and on what they may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 100
ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89abAB]")


class BoundedJson(JSONParser):
    """Reads no more than the limit, refuses NaN, deep nesting and text that no database can store."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise RequestDataTooBig
        try:
            value = json.loads(raw.decode("utf-8"), parse_constant=_refuse)
            if ESCAPED_SURROGATE.search(raw):
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as exc:
            raise ParseError("The body is not JSON in UTF-8.") from exc
        if _is_deeper(value, DEEPEST):
            raise ParseError(f"The body is nested deeper than {DEEPEST} levels.")
        return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_deeper(value: Any, levels: int) -> bool:
    """Tell whether containers are nested deeper than so many levels, level by level instead of recursively."""
    level = [value]
    for _ in range(levels + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
