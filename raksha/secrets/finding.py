"""All secrets of one text, each place once."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass

from raksha.secrets.assignments import WORDS, assigned
from raksha.secrets.detector import Detector
from raksha.secrets.formats import DETECTORS
from raksha.secrets.plausible import entropy, is_placeholder

GENERIC_KEY = Detector("generic-key", "Key or token", WORDS, "", "medium", "medium")
GENERIC_PASSWORD = Detector("generic-password", "Password in the source", WORDS, "", "medium", "low")
MOST_PER_FILE = 500
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Secret:
    """start, end: character offsets of the secret itself."""

    detector: Detector
    start: int
    end: int
    value: str


def find(text: str, path: str = "") -> list[Secret]:
    """Return the secrets of a file, in order; of two that overlap, the one whose form says more.

    path: decides on detectors for certain files, and whether names may count.
    """
    # Letters whose lower case is longer would shift the places; ASCII is all that is looked for.
    lowered = text.lower() if text.isascii() else text.translate(LOWER)
    taken: list[Secret] = []
    for found in (*_by_form(text, lowered, path), *_by_name(text, lowered, path)):
        if len(taken) < MOST_PER_FILE and not any(_overlap(found, other) for other in taken):
            taken.append(found)
    return sorted(taken, key=lambda secret: (secret.start, secret.end))


def _by_form(text: str, lowered: str, path: str) -> Iterator[Secret]:
    for detector in DETECTORS:
        if detector.file and not detector.file_expression.search(path):
            continue
        yield from _matches(detector, text, lowered)


def _matches(detector: Detector, text: str, lowered: str) -> Iterator[Secret]:
    for match in detector.matches(text, lowered):
        group = "secret" if "secret" in match.re.groupindex else 0
        value = match[group]
        if detector.entropy and entropy(value) < detector.entropy:
            continue
        if detector.placeholders and is_placeholder(value):
            continue
        if detector.is_real is None or detector.is_real(value):
            yield Secret(detector, match.start(group), match.end(group), value)


def _by_name(text: str, lowered: str, path: str) -> Iterator[Secret]:
    for found in assigned(text, lowered, path):
        detector = GENERIC_PASSWORD if found.is_password else GENERIC_KEY
        yield Secret(detector, found.start, found.end, found.value)


def _overlap(one: Secret, other: Secret) -> bool:
    return one.start < max(other.end, other.start + 1) and other.start < max(one.end, one.start + 1)
