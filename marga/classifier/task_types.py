"""Guess the type of a task from the words that instruct: rules that a person can read, not a trained model.

Instructions stand at the beginning or the end of a request, so only those words count: a long document in the
middle does not choose the type. The rules are tried in order; what fits none is "" (unsure).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log1p

from marga.classifier import features

CODE_VERBS, CODE_THINGS, HARD_CODE = "code_verbs", "code_things", "hard_code"
_HEAD, _TAIL = 60, 40
_SHORT_CHAT = 12
_LONG_CODE_WORDS = 250
_LONG_LINES = log1p(40)
_ONE_NUMBER = log1p(1)

GROUPS: Mapping[str, str] = {
    CODE_VERBS: "implement write refactor fix debug add build migrate optimise optimize create port rewrite convert"
    " code program develop complete rename",
    CODE_THINGS: "function class script code program api endpoint test tests unittest bug regex sql query method"
    " module component algorithm python javascript typescript rust java golang django react css html bash shell"
    " traceback exception stacktrace codebase repository compiler docker kubernetes parser cli decorator",
    HARD_CODE: "architecture refactor concurrency concurrent distributed deadlock race migrate migration optimise"
    " optimize performance scalable thread threads threadsafe async lock lockfree security scheduler transactional"
    " transaction parser compiler cache consistency codebase entire several memory latency",
    "review": "review critique audit proofread",
    "reviewed": "code diff patch pull request pr change commit function draft design text essay proposal contract",
    "cutdowns": "summarise summarize summary shorten condense tldr cutdown cutdowns abridge shorter trim gist",
    "extraction": "extract pull parse",
    "extracted": "from all every names dates emails numbers entities fields values text following phone addresses",
    "classification": "classify categorise categorize label sentiment spam category categories",
    "structured": "json yaml csv xml toml schema",
    "shaped": "return output respond format convert valid as produce answer generate matching into give",
    "research": "research investigate survey literature sources cite citations evidence compare comparison",
    "researched": "research literature sources cite citations evidence papers studies report findings investigate"
    " tradeoffs market competitors approaches options history",
    "writing_verbs": "write draft compose rewrite polish",
    "written": "email essay blog post letter story poem article copy tweet headline announcement speech newsletter"
    " paragraph caption description bio script message intro introduction memo release",
    "counting": "calculate compute sum total percent percentage average difference product remaining altogether"
    " evaluate",
    "greetings": "hi hello hey thanks thank bye morning evening welcome",
}
_WORDS: Mapping[str, frozenset[bytes]] = {
    name: frozenset(words.encode().split()) for name, words in GROUPS.items()
}
_ALL = frozenset().union(*_WORDS.values())
_CODE_SIGNS = tuple(features.NAMES.index(name) for name in ("calls", "indexing", "methods", "indented_lines"))
_NUMBERS = features.NAMES.index("numbers")
_LINES = features.NAMES.index("lines")


def guess(words: Sequence[bytes], values: Sequence[float]) -> str:
    """Return the type of a task, "" when unsure.

    words: of the latest turn, as features.read gives them; values: its features.
    """
    instructing = words if len(words) <= _HEAD + _TAIL else [*words[:_HEAD], *words[-_TAIL:]]
    found = _ALL.intersection(instructing)
    has = {name for name, group in _WORDS.items() if not group.isdisjoint(found)}
    return _text_task(has) or _code_task(has, found, len(words), values) or _other_task(has, words, values)


def _text_task(has: set[str]) -> str:
    if has >= {"review", "reviewed"}:
        return "review"
    if "cutdowns" in has and CODE_THINGS not in has:
        return "cutdowns"
    if has >= {"extraction", "extracted"} and CODE_THINGS not in has:
        return "extraction"
    if "classification" in has and CODE_THINGS not in has:
        return "classification"
    return ""


def _code_task(has: set[str], found: frozenset[bytes], count: int, values: Sequence[float]) -> str:
    """Code is asked for with a verb and a thing, or shown: calls, indices, methods, indented lines."""
    shown = sum(values[place] > 0 for place in _CODE_SIGNS) >= 2
    if not (CODE_THINGS in has and (CODE_VERBS in has or shown)):
        return ""
    hard = len(_WORDS[HARD_CODE] & found)
    is_long = count > _LONG_CODE_WORDS or values[_LINES] > _LONG_LINES
    return "complex_code" if hard >= 2 or (hard and is_long) or (is_long and shown) else "simple_code"


def _other_task(has: set[str], words: Sequence[bytes], values: Sequence[float]) -> str:
    if has >= {"writing_verbs", "written"}:
        return "writing"
    if has >= {"structured", "shaped"}:
        return "structured"
    if has >= {"research", "researched"}:
        return "research"
    if values[_NUMBERS] > _ONE_NUMBER and ("counting" in has or _asks_how_many(words)):
        return "arithmetic"
    return "chat" if "greetings" in has and len(words) <= _SHORT_CHAT else ""


def _asks_how_many(words: Sequence[bytes]) -> bool:
    return any(
        word == b"how" and following in (b"many", b"much")
        for word, following in zip(words, words[1:], strict=False)
    )
