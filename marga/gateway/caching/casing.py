"""Fold the case of words where it says nothing, and keep it where it may. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from marga.gateway.caching import words
from marga.gateway.caching.tokens import COLON, COMMA, ENDS, SYMBOL, WORD, Token

PROPER = "^"
"""Follows a word that is a name by its capital: Polish^, US^."""

SHORTEST_SENTENCE = 3
"""Words; in a shorter text no capital can be put down to the way it is written."""

_HUMP = re.compile(r"[^\W\d_A-Z][A-Z][a-z]|[A-Z]{2,}[a-z]{2,}")
_QUANTITY = re.compile(r"[+-]?[\d.,]+([a-zµΩ]+\d?)")
_POLITE = words.GREETING | words.PLEASE | words.DAYTIME | {"there", "good"}
_DOTLESS = frozenset("ıİ")


class Style(NamedTuple):
    """How a writer uses capitals.

    is_loud: nearly all letters are large, but perhaps the first of a word; is_title: every word begins with one; is_noise: they are
    anywhere; is_strict: the language gives them a meaning; is_short: too few words to tell.
    """

    is_loud: bool
    is_title: bool
    is_noise: bool
    is_strict: bool
    is_short: bool


def fold(tokens: Sequence[Token]) -> list[str] | None:
    """Return the tokens as keys that compare equal where only a meaningless capital differs.

    What follows a colon is material, kept to the letter.
    None where the writer uses one word in two cases ("String" and "string"): then case is part of what is asked.
    """
    style = _style([text for kind, text in tokens if kind == WORD and text not in "Ii"])
    says_nothing = style.is_loud or style.is_title or style.is_noise
    found: list[str] = []
    seen: dict[str, str] = {}
    begins = True
    is_material = False
    for kind, text in tokens:
        if is_material:
            found.append(text)
        elif kind == WORD:
            lower = text.lower()
            if not (begins or says_nothing) and seen.setdefault(lower, text) != text:
                return None
            found.append(lower if lower == text else _word(text, begins, style))
            begins = False
        elif kind == SYMBOL:
            found.append(_symbol(text, style.is_strict))
            begins = False
        else:
            found.append(text)
            begins = text in ENDS or text == COLON or (text == COMMA and _POLITE.issuperset(found[:-1]))
            is_material = text == COLON and found[-2:-1] != ["me"]  # "tell me: what" is only manners
    return found


def _style(spelled: Sequence[str]) -> Style:
    is_short = len(spelled) < SHORTEST_SENTENCE
    tails = [word[1:] for word in spelled if len(word) > 1]
    return Style(
        is_loud=not is_short and sum(map(str.isupper, tails)) * 4 >= len(tails) * 3,
        is_title=not is_short and all(word[0].isupper() for word in spelled),
        is_noise=sum(map(_has_hump, spelled)) * 2 > len(spelled) + 1,
        is_strict=_keeps_case(spelled),
        is_short=is_short,
    )


def _has_hump(word: str) -> bool:
    return not (word.islower() or word.isupper() or word.istitle()) and _HUMP.search(word) is not None


def _word(word: str, begins: bool, style: Style) -> str:
    lower = word.lower()
    is_start = begins and word[1:] == lower[1:]
    if lower in words.CASED_UNITS or (len(word) == 1 and lower not in "ai"):
        return lower if is_start and len(word) > 2 else word
    if style.is_strict:
        return lower if is_start else word
    if (
        _has_hump(word)
        and not style.is_noise
        and lower not in words.BRANDS
        and not _is_title_contraction(word)
    ):
        return word
    if style.is_loud or (style.is_title and not word.isupper()) or (is_start and not style.is_short):
        return lower
    if lower in words.AMBIGUOUS or (lower in words.STRESSED and word.isupper()):
        return lower + PROPER
    return word if _is_chemical(word) else lower


def _is_chemical(word: str) -> bool:
    """Return whether a word looks like Co, which is not CO."""
    return len(word) == 2 and word.istitle() and word.lower() not in words.STRESSED


def _symbol(symbol: str, is_strict: bool) -> str:
    """Fold names such as 2FA, H2O and GPT-4; leave quantities with a unit, and everything with other signs, alone."""
    lower = symbol.lower()
    if lower == symbol or is_strict or not symbol.replace("-", "").isalnum() or not symbol[0].isalnum():
        return symbol
    quantity = _QUANTITY.fullmatch(lower)
    if quantity and quantity.group(1) in words.CASED_UNITS:
        return symbol
    return symbol if _HUMP.search(symbol) else lower


def _is_title_contraction(word: str) -> bool:
    """Return whether the only inner capital follows an apostrophe, as str.title() writes it."""
    return not _HUMP.search(word.replace("'", " "))


def _keeps_case(spelled: Sequence[str]) -> bool:
    """Return whether the language gives capitals a meaning that the lists here do not cover: German, Turkish."""
    if not _DOTLESS.isdisjoint("".join(spelled)):
        return True
    return sum(word.lower() in words.GERMAN for word in spelled) * 5 > len(spelled)
