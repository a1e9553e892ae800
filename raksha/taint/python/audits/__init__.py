"""What a file's own text shows, without following any data."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from raksha.taint import ir
from raksha.taint.library import Report
from raksha.taint.python.audits import chances, credentials, scripts, settings, texts

AUDITS: tuple[Callable[[ir.Module], Iterable[Report]], ...] = (
    credentials.check, chances.check, scripts.check, settings.check, texts.check,
)  # fmt: skip
