"""Health is told quickly, whatever a part does."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator

import pytest

from avyay_site import shell, vitals
from avyay_site.shell import Health


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Only the parts that a test registers; the event lets a slow one go."""
    released = threading.Event()
    monkeypatch.setattr(shell, "_parts", {})
    monkeypatch.setattr(vitals, "PROBES", ())
    monkeypatch.setattr(vitals, "_watch", vitals._Watch())
    yield released
    released.set()


def _register(name: str, health) -> None:
    shell.register(
        shell.Part(name=name, slug=name, initial="अ", url_name=f"{name}:overview", summary="", health=health)
    )


def test_slow_part_is_called_slow_after_the_deadline(alone: threading.Event):
    def stuck() -> Health:
        alone.wait(10)
        return Health("good", "late")

    _register("stuck", stuck)
    began = time.monotonic()

    (vital,) = vitals.look()

    assert vital.health.word == "slow"
    assert time.monotonic() - began < 2 * vitals.DEADLINE_SECONDS


def test_part_that_fails_is_not_reached(alone: threading.Event):
    def broken() -> Health:
        raise ConnectionError("secret address")

    _register("broken", broken)

    (vital,) = vitals.look()

    assert (vital.health.tone, vital.health.word) == ("bad", "not reached")
    assert "secret address" not in vital.health.detail


def test_answers_are_kept_for_some_seconds(alone: threading.Event):
    asked = []

    def counted() -> Health:
        asked.append(1)
        return Health("good", "running")

    _register("counted", counted)

    vitals.look()
    vitals.look()

    assert len(asked) == 1


@pytest.mark.parametrize(
    ("tones", "tone", "word"),
    [
        (["good", "idle"], "good", "all parts healthy"),
        (["good", "warn"], "warn", "part1: tired"),
        (["warn", "bad"], "bad", "2 parts unwell"),
    ],
)
def test_overall_names_the_worst(alone: threading.Event, tones: list[str], tone: str, word: str):
    for number, each in enumerate(tones):
        _register(f"part{number}", lambda each=each: Health(each, "tired"))
    vitals.look()

    overall = vitals.overall()

    assert (overall.tone, overall.word) == (tone, word)


def test_overall_does_not_wait_for_the_first_look(alone: threading.Event):
    _register("stuck", lambda: alone.wait(10) and Health("good", "late"))

    began = time.monotonic()

    assert vitals.overall().tone == "idle"
    assert time.monotonic() - began < 0.1


@pytest.mark.parametrize(
    ("seconds", "tone", "word"), [(20, "good", "on time"), (89, "good", "on time"), (91, "warn", "silent")]
)
def test_beat_is_silent_when_nothing_was_done_lately(
    servers: object, frozen_clock: dt.datetime, seconds: int, tone: str, word: str
):
    vitals.note_tick(now=frozen_clock - dt.timedelta(seconds=seconds))

    health = vitals.beat()

    assert (health.tone, health.word) == (tone, word)
