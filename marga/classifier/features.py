"""Read a text once and measure how much work it asks for.

Every feature has a direction, fixed before training: it may only raise the need of a strong model, or only lower
it. So more conditions, quantities, code or lines to weigh never make a request look easier.
"""

from __future__ import annotations

from collections import Counter
from math import log1p
from typing import NamedTuple

from marga.classifier import lexicon

MOST_CHARACTERS = 4_000
_HEAD = 2_600
_MOST_MARKS = 300
_MOST_LINES = 300
_SHORT_LINE = 3
_LONG_WORD = 5

# Words: letters in lower case and bytes beyond ASCII; apostrophes vanish, everything else separates.
_WORDS = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if 97 <= byte <= 122 or byte >= 128 else 32 for byte in range(256)
)
_NUMBERS = bytes(byte if 48 <= byte <= 57 or byte in b".," else 32 for byte in range(256))
_SENTENCES = bytes(46 if byte in b"?!" else 32 if byte in b"\n\t" else byte for byte in range(256))
_NOT_NESTING = bytes(byte for byte in range(256) if byte not in b"()[]{},")
_COMMA = 44
_OPENING = b"([{"
_OPERATORS = b"+-*/=^<>"

# Name, and the direction in which the need may move.
DIRECTIONS: dict[str, int] = {
    "characters": 1,
    "words": 1,
    "distinct_words": 1,
    "variety": -1,
    "long_word_variety": -1,
    "longest_word": 1,
    "very_long_words": 1,
    "symbols": 1,
    "numbers": 1,
    "distinct_numbers": 1,
    "greatest_number": 1,
    "small_numbers": 1,
    "decimals": 1,
    "operators": 1,
    "operator_share": 1,
    "equals": 1,
    "assignments": 1,
    "commas": 1,
    "commas_per_word": 1,
    "full_stops": 1,
    "colons": 1,
    "quoted": 1,
    "longest_quoted": 1,
    "depth": 1,
    "most_elements": 1,
    "calls": 1,
    "indexing": 1,
    "methods": 1,
    "sentences": 1,
    "longest_sentence": 1,
    "mean_sentence": 1,
    "lines": 1,
    "first_line": 1,
    "last_line": 1,
    "longest_line": 1,
    "lower_line": 1,
    "middle_line": 1,
    "upper_line": 1,
    "words_of_middle_line": 1,
    "short_lines": -1,
    "later_lines": 1,
    "uneven_later_lines": 1,
    "indented_lines": 1,
    "deepest_indent": 1,
    **{name: 1 for name in lexicon.NAMES},
}
NAMES: tuple[str, ...] = tuple(DIRECTIONS)


class Reading(NamedTuple):
    """values: the features in the order of NAMES; words: in lower case, in the order of the text."""

    values: list[float]
    words: list[bytes]


def read(text: str) -> Reading:
    """Measure a text; of a long one only both ends are read."""
    raw = bounded(text).encode("utf-8", "replace")
    words = raw.translate(_WORDS, b"'").split()
    tally = Counter(words)
    values = [
        log1p(len(text)),
        *_words(len(words), tally),
        *_numbers(raw),
        *_marks(raw, len(words)),
        *_quoted(raw),
        *_structure(raw),
        *_sentences(raw),
        *_lines(raw),
        *_groups(tally),
    ]
    return Reading(values, words)


def bounded(text: str) -> str:
    """Return the text, or the beginning and the end of a long one."""
    if len(text) <= MOST_CHARACTERS:
        return text
    return text[:_HEAD] + "\n" + text[_HEAD - MOST_CHARACTERS + 1 :]


def _words(count: int, tally: Counter[bytes]) -> tuple[float, ...]:
    sizes = list(map(len, tally))
    long = [times for size, times in zip(sizes, tally.values(), strict=True) if size >= _LONG_WORD]
    return (
        log1p(count),
        log1p(len(tally)),
        len(tally) / (count or 1),
        len(long) / (sum(long) or 1),
        float(min(max(sizes, default=0), 30)),
        log1p(sum([size > 12 for size in sizes])),
        log1p(sizes.count(1) - (b"a" in tally) - (b"i" in tally)),
    )


def _numbers(raw: bytes) -> tuple[float, ...]:
    numbers = [number for part in raw.translate(_NUMBERS).split() if (number := part.strip(b".,"))]
    if not numbers:
        return (0.0,) * 5
    whole = [number.partition(b".")[0].replace(b",", b"") for number in numbers]
    longest = max(map(len, whole))
    greatest = max([number for number in whole if len(number) == longest])
    return (
        log1p(len(numbers)),
        log1p(len(set(numbers))),
        log1p(int(greatest[:15])),
        log1p(sum([len(number) == 1 for number in whole])),
        log1p(sum([b"." in number for number in numbers])),
    )


def _marks(raw: bytes, words: int) -> tuple[float, ...]:
    operators = len(raw) - len(raw.translate(None, _OPERATORS))
    equals = raw.count(b"=")
    commas = raw.count(b",")
    return (
        log1p(operators),
        operators / (len(raw) or 1),
        log1p(equals),
        log1p(max(0, equals - 2 * raw.count(b"=="))),
        log1p(commas),
        commas / (words or 1),
        log1p(raw.count(b".")),
        log1p(raw.count(b":") + raw.count(b";")),
    )


def _quoted(raw: bytes) -> tuple[float, ...]:
    inside = [
        len(part)
        for mark in (b'"', b"'")
        if mark in raw
        for part in raw.split(mark)[1::2]
        if b"\n" not in part
    ]
    return (log1p(sum(inside)), log1p(max(inside, default=0)))


def _structure(raw: bytes) -> tuple[float, ...]:
    marks = raw.translate(None, _NOT_NESTING)[:_MOST_MARKS]
    if not marks.strip(b","):
        return (0.0,) * 5
    before = [part for part in raw.split(b"(")[:-1] if part[-1:].isalnum()]
    return (
        *_nesting(marks),
        log1p(len(before)),
        log1p(sum([part[-1:].isalnum() for part in raw.split(b"[")[:-1]])),
        log1p(sum([part[part.rfind(b".") + 1 :].isalpha() for part in before if b"." in part])),
    )


def _nesting(marks: bytes) -> tuple[float, float]:
    """Return the deepest nesting, and the log of the most commas inside one pair of brackets."""
    most = deepest = 0
    commas = [0]
    for byte in marks:
        if byte == _COMMA:
            commas[-1] += 1
        elif byte in _OPENING:
            commas.append(0)
            deepest = max(deepest, len(commas) - 1)
        elif len(commas) > 1:
            most = max(most, commas.pop())
    return float(min(deepest, 12)), log1p(most)


def _sentences(raw: bytes) -> tuple[float, ...]:
    sizes = [part.count(b" ") + 1 for part in raw.translate(_SENTENCES).split(b". ") if part]
    if not sizes:
        return (0.0, 0.0, 0.0)
    return (log1p(len(sizes)), log1p(max(sizes)), log1p(sum(sizes) / len(sizes)))


def _lines(raw: bytes) -> tuple[float, ...]:
    lines = [line for line in raw.split(b"\n", _MOST_LINES) if line and not line.isspace()]
    if not lines:
        return (0.0,) * 13
    sizes = list(map(len, lines))
    words = [line.strip().count(b" ") + 1 for line in lines]
    count = len(sizes)
    ranked = sorted(sizes)
    indents = [len(line) - len(line.lstrip(b" \t")) for line in lines if line[0] in b" \t"]
    return (
        log1p(count),
        log1p(sizes[0]),
        log1p(sizes[-1]),
        log1p(ranked[-1]),
        log1p(ranked[count // 4]),
        log1p(ranked[count // 2]),
        log1p(ranked[3 * count // 4]),
        log1p(sorted(words)[count // 2]),
        sum([size <= _SHORT_LINE for size in words]) / count,
        *_unevenness(sizes[1:]),
        log1p(len(indents)),
        float(min(max(indents, default=0), 24)),
    )


def _unevenness(sizes: list[int]) -> tuple[float, float]:
    """Return the log of the mean, and the spread against the mean."""
    if not sizes:
        return (0.0, 0.0)
    mean = sum(sizes) / len(sizes)
    square = sum([size * size for size in sizes]) / len(sizes)
    return log1p(mean), max(0.0, square - mean * mean) ** 0.5 / (mean + 1)


def _groups(tally: Counter[bytes]) -> list[float]:
    counts = [0] * len(lexicon.NAMES)
    for word in lexicon.WORDS & tally.keys() if len(tally) > len(lexicon.WORDS) else tally:
        for place in lexicon.POSITIONS.get(word, ()):
            counts[place] += tally[word]
    return [log1p(count) for count in counts]
