"""All programs: idioms by twists by sinks, a fixed sample of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.taint_suite.idioms import IDIOMS, Idiom
from benchmarks.taint_suite.sinks import SETTINGS, SINKS, Setting, Sink
from benchmarks.taint_suite.twists import TWISTS, Twist

ESCAPES = Twist("escape", "value = raw", "wrong", "right")
SETTING_TWISTS = ("arithmetic", "ternary", "dictionary", "list", "helper", "object", "overwritten", "match")


@dataclass(frozen=True)
class Pair:
    """true has the weakness `cwe`, false has not; both are files by path."""

    name: str
    cwe: int
    idiom: str
    true: dict[str, str]
    false: dict[str, str]


def pairs(*, seed: int = 1, per_sink: int = 24) -> list[Pair]:
    """Return the suite: for each sink so many pairs, every idiom and as many twists as fit, in a fixed order."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    made: list[Pair] = []
    for number, sink in enumerate(SINKS):
        idioms = [idiom for idiom in IDIOMS if idiom.name != sink.without]
        combinations = [(idiom, twist) for idiom in idioms for twist in TWISTS]
        chance.shuffle(combinations)
        made += [_escaped(idiom, sink, number) for idiom in IDIOMS]
        made += [
            _twisted(idiom, twist, sink, number)
            for idiom, twist in _spread(combinations, per_sink - len(idioms))
        ]
    for number, setting in enumerate(SETTINGS):
        made += _set(setting, number)
    return made


def _spread(combinations: list[tuple[Idiom, Twist]], most: int) -> Iterator[tuple[Idiom, Twist]]:
    """Yield so many, going round the idioms."""
    by_idiom = {
        idiom.name: [pair for pair in combinations if pair[0] is idiom]
        for idiom in IDIOMS
        if any(pair[0] is idiom for pair in combinations)
    }
    names = list(by_idiom)
    for at in range(most):
        yield by_idiom[names[at % len(names)]][at // len(names)]


def _program(
    idiom: Idiom, sink_imports: str, twist: Twist, choice: str, use: str, value: str
) -> dict[str, str]:
    body = twist.body.format(choice=choice, stop=idiom.stop)
    words = getattr(idiom, use) if use.isidentifier() else use
    imports = "\n".join(part for part in (sink_imports, twist.imports) if part)
    helpers = twist.helpers.format(choice=choice)
    return idiom.write(imports, helpers, f"{body}\n{words.format(value=value)}")


def _twisted(idiom: Idiom, twist: Twist, sink: Sink, number: int) -> Pair:
    true = _program(idiom, sink.imports, twist, twist.true, sink.use, "value")
    false = _program(idiom, sink.imports, twist, twist.false, sink.use, "value")
    return Pair(f"{sink.cwe}.{number} {idiom.name} {twist.name}", sink.cwe, idiom.name, true, false)


def _escaped(idiom: Idiom, sink: Sink, number: int) -> Pair:
    files = {
        kind: _program(
            idiom,
            sink.imports,
            ESCAPES,
            kind,
            sink.use,
            "(" + getattr(sink, kind).format(value="value") + ")",
        )
        for kind in ("wrong", "right")
    }
    return Pair(
        f"{sink.cwe}.{number} {idiom.name} escape", sink.cwe, idiom.name, files["wrong"], files["right"]
    )


def _set(setting: Setting, number: int) -> Iterator[Pair]:
    """Yield the setting under twists: the weak value stands where the request's text would."""
    for at, twist in enumerate(twist for twist in TWISTS if twist.name in SETTING_TWISTS):
        idiom = IDIOMS[0] if setting.cwe == 614 else IDIOMS[at % len(IDIOMS)]
        made = {}
        for kind, choice in (("true", twist.true), ("false", twist.false)):
            body = twist.body.format(choice=choice, stop=idiom.stop)
            body = f"weak = {setting.weak}\n" + body.replace("raw", "weak").replace('"fixed"', setting.strong)
            helpers = twist.helpers.format(choice=choice).replace('"fixed"', setting.strong)
            made[kind] = idiom.write(
                setting.imports, helpers, f"{body}\n{setting.use.format(choice='value')}"
            )
        yield Pair(
            f"{setting.cwe}.s{number} {idiom.name} {twist.name}",
            setting.cwe,
            idiom.name,
            made["true"],
            made["false"],
        )
