"""What a client is pointed at, and how its cases report. Standard library only: it is imported in every environment."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

VARIABLE = "AVYAY_CLIENTS_TARGET"
QUESTION = "Tell me of the river."
LIMITED = "Count. [[words 40]]"
LIMIT = 20
CUT = " ".join(f"word{i}" for i in range(LIMIT))
"""What is left of the answer to LIMITED after so many tokens."""
TEXT = "The river is long, and the sea is wide."
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg=="
SOON_SECONDS = 5.0


class NotPossible(Exception):
    """The client or the pair cannot do this; the message says why."""


@dataclass(frozen=True)
class Target:
    """An address to call. url: without `/v1`; stub_url: the stub behind it.

    protocol is chat, messages or responses. limited_model, broken_model, flaky_model: at accounts of their own, whose errors
    are to be remembered against no other model. poor_key has spent its budget, slow_key has one request a minute; both are empty where nothing limits.
    """

    url: str
    key: str
    model: str
    other_model: str
    embedding_model: str
    stub_url: str
    protocol: str
    limited_model: str = "stub-small"
    broken_model: str = "stub-small"
    flaky_model: str = "stub-small"
    poor_key: str = ""
    slow_key: str = ""

    @property
    def is_marga(self) -> bool:
        return self.url != self.stub_url

    def as_text(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Outcome:
    """word: ok, failed, or not possible."""

    case: str
    word: str
    reason: str = ""
    seconds: float = 0.0


Case = Callable[[Target], None]


def from_environment() -> Target:
    """Return the target that the parent process chose."""
    return Target(**json.loads(os.environ[VARIABLE]))


def run_cases(cases: Iterable[Case]) -> None:
    """Run all cases against the target of the environment; print one JSON line for each."""
    target = from_environment()
    wanted = set(sys.argv[1:])
    for case in cases:
        if not wanted or case.__name__ in wanted:
            print(json.dumps(asdict(outcome_of(case, target))), flush=True)


def outcome_of(case: Case, target: Target) -> Outcome:
    """Run one case."""
    began_at = time.monotonic()
    word, reason = "ok", ""
    try:
        case(target)
    except NotPossible as exc:
        word, reason = "not possible", str(exc)
    except Exception as exc:  # noqa: BLE001 - whatever a client raises is the finding
        where = traceback.extract_tb(exc.__traceback__)
        line = next((frame.line for frame in where if frame.name == case.__name__), "")
        word, reason = "failed", f"{type(exc).__name__}: {exc} at `{line}`"
    return Outcome(case.__name__, word, reason[:2000], round(time.monotonic() - began_at, 2))


def check(is_true: object, *seen: object) -> None:
    """Raise AssertionError with what was seen unless true."""
    if not is_true:
        raise AssertionError(", ".join(repr(one) for one in seen) or "not so")


def answers_left(target: Target) -> int:
    """Return how many answers of the stub lost their reader."""
    with urllib.request.urlopen(f"{target.stub_url}/stub/left", timeout=5) as answer:  # noqa: S310 - loopback
        return int(json.load(answer)["left"])


def wait_for_leaving(target: Target, before: int) -> None:
    """Wait until the stub notices that its reader went away."""
    until = time.monotonic() + SOON_SECONDS
    while answers_left(target) <= before:
        check(time.monotonic() < until, "the provider goes on for a client who left")
        time.sleep(0.05)


def check_tries(answers: list[Any]) -> None:
    """Demand that a client tried on until it was told not to, and that a gateway which tried itself said so.

    answers: the headers of each answer in turn.
    """
    said = [headers.get("x-should-retry") for headers in answers]
    check("false" not in said[:-1], said)
    check(said[-1] == "false" or len(said) == 3, said)
    for headers, word in zip(answers, said, strict=True):
        check(word == "false" or int(headers.get("x-marga-attempts", 1)) == 1, dict(headers))


def unique(word: str) -> str:
    """Return a directive's run id that no other case uses."""
    return f"run={word}{time.monotonic_ns()}"


class Expecting:
    """Demand an error of a kind; error: the one that came."""

    def __init__(self, kind: type[Exception]) -> None:
        self._kind = kind
        self.error: Any = None

    def __enter__(self) -> Expecting:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        self.error = error
        check(kind is not None, f"{self._kind.__name__} did not come")
        return isinstance(error, self._kind)
