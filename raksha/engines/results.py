"""What one engine answers for a set of files, to and from JSON. An answer read back is not trusted: it was
made by a process that had read hostile code.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any

from raksha.coverage import Skip
from raksha.detections import Detection, Place
from raksha.engines.strict import Malformed, read
from raksha.packages import Package

MOST_BYTES = 128 * 1024 * 1024
MOST_DETECTIONS = 100_000
MOST_TRACE = 1_000


@dataclass(frozen=True, slots=True)
class FileNote:
    """What belongs to one file's result.

    consulted: what it depends on beside its own content: path to SHA-256, empty where nothing was there.
    detections, skipped: numbers of those that this file's analysis led to, wherever they lie; None: those that lie in it.
    """

    consulted: Mapping[str, str] = field(default_factory=dict)
    detections: tuple[int, ...] | None = None
    skipped: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class EngineResult:
    """One engine's answer. versions: name to version of what made it, for the cache and the report."""

    detections: tuple[Detection, ...] = ()
    skipped: tuple[Skip, ...] = ()
    packages: tuple[Package, ...] = ()
    per_file: Mapping[str, FileNote] = field(default_factory=dict)
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; what has its default is left out."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, value: Any, *, files: Collection[str]) -> EngineResult:
        """Read an answer about files (their paths).

        Raises Malformed when it has another shape, is beyond a bound, or names a file that was not asked about.
        """
        result = read(cls, value)
        if len(result.detections) > MOST_DETECTIONS:
            raise Malformed(f"There are more than {MOST_DETECTIONS:,} detections.")
        asked = files if isinstance(files, set | frozenset | dict) else frozenset(files)
        for note in result.per_file.values():
            _check_numbers(note.detections, len(result.detections))
            _check_numbers(note.skipped, len(result.skipped))
        for path in _paths(result):
            if path not in asked:
                raise Malformed(f"{path[:200]!r} is not a file that was asked about.")
        return result

    @classmethod
    def from_bytes(cls, data: bytes, *, files: Collection[str]) -> EngineResult:
        """Read an answer's JSON text. Raises Malformed."""
        if len(data) > MOST_BYTES:
            raise Malformed(f"The answer is larger than {MOST_BYTES:,} bytes.")
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as exc:
            raise Malformed("The answer is not JSON.") from exc
        return cls.from_json(value, files=files)


def to_plain(value: Any) -> Any:
    """Return a dataclass, mapping or sequence as JSON would have it, defaults left out."""
    if is_dataclass(value) and not isinstance(value, type):
        shape = _shape(type(value))
        pairs = ((name, default, getattr(value, name)) for name, default in shape)
        return {name: to_plain(part) for name, default, part in pairs if part != default}
    if isinstance(value, Mapping):
        return {str(key): to_plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(part) for part in value]
    return value


@cache
def _shape(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((item.name, _default(item)) for item in fields(kind))


def _default(item: Any) -> Any:
    if item.default_factory is not MISSING:
        return item.default_factory()
    return item.default


def _paths(result: EngineResult) -> Iterator[str]:
    yield from result.per_file
    yield from (skip.path for skip in result.skipped if skip.path)
    yield from (package.path for package in result.packages if package.path)
    for found in result.detections:
        _check_place(found.place)
        yield found.place.path
        if len(found.trace) > MOST_TRACE or len(found.fix) > MOST_TRACE:
            raise Malformed("A trace or a fix has too many parts.")
        yield from (step.place.path for step in found.trace)
        yield from (edit.place.path for edit in found.fix)


def _check_numbers(numbers: tuple[int, ...] | None, count: int) -> None:
    if any(not 0 <= number < count for number in numbers or ()):
        raise Malformed("A file's note names a result that is not there.")


def _check_place(place: Place) -> None:
    if not 0 <= place.line < 2**31 or not 0 <= place.column < 2**31:
        raise Malformed("A place has no sensible line or column.")
