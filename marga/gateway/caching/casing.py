"""Fold the case of words where it says nothing, and keep it where it may. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from marga.gateway.caching import words
from marga.gateway.caching.tokens import COLON, ENDS, SYMBOL, WORD, Token

PROPER = "^"
"""Follows a word that is a name by its capital: Polish^, US^."""

SHORTEST_SENTENCE = 3
"""Words; in a shorter text no capital can be put down to the way it is written."""

_HUMP = re.compile(r"[^\W\d_A-Z][A-Z][a-z]|[A-Z]{2,}[a-z]{2,}")
_QUANTITY = re.compile(r"[+-]?[\d.,]+([a-zµΩ]+\d?)")
_DOTLESS = frozenset("ıİ")


def fold(tokens: Sequence[Token]) -> list[str] | None:
    """Return the tokens as keys that compare equal where only a meaningless capital differs.

    What follows a colon is material, kept to the letter.
    None where the writer uses one word in two cases ("String" and "string"): then case is part of what is asked.
    """
    spelled = [text for kind, text in tokens if kind == WORD and text != "I"]
    is_uniform = _is_uniform(spelled)
    is_noise = sum(_has_hump(word) for word in spelled) * 2 > len(spelled) + 1
    is_strict = _keeps_case(spelled)
    found: list[str] = []
    seen: dict[str, str] = {}
    begins = True
    is_short = len(spelled) < SHORTEST_SENTENCE
    is_material = False
    for kind, text in tokens:
        if is_material:
            found.append(text)
        elif kind == WORD:
            lower = text.lower()
            if not (begins or is_uniform or is_noise) and seen.setdefault(lower, text) != text:
                return None
            found.append(
                lower
                if lower == text
                else _word(text, begins and not is_short, is_uniform, is_noise, is_strict)
            )
            begins = False
        elif kind == SYMBOL:
            found.append(_symbol(text, is_strict))
            begins = False
        else:
            found.append(text)
            begins = text in ENDS or text == COLON
            is_material = text == COLON and found[-2:-1] != ["me"]  # "tell me: what" is only manners
    return found


def _has_hump(word: str) -> bool:
    return not (word.islower() or word.isupper() or word.istitle()) and _HUMP.search(word) is not None


def _word(word: str, begins: bool, is_uniform: bool, is_noise: bool, is_strict: bool) -> str:
    lower = word.lower()
    if lower in words.CASED_UNITS or (len(word) == 1 and lower not in "ai"):
        return lower if begins and len(word) > 2 and not word.isupper() else word
    if is_strict:
        return lower if begins and word[1:] == lower[1:] else word
    if _has_hump(word) and not is_noise and lower not in words.BRANDS and not _is_title_contraction(word):
        return word
    if is_uniform or (begins and word[1:] == lower[1:]):
        return lower
    if lower in words.AMBIGUOUS or (lower in words.STRESSED and word.isupper()):
        return lower + PROPER
    return lower


def _symbol(symbol: str, is_strict: bool) -> str:
    """Fold names such as 2FA, H2O and GPT-4; leave quantities with a unit, and everything with other signs, alone."""
    lower = symbol.lower()
    if lower == symbol or is_strict or not symbol.replace("-", "").isalnum() or not symbol[0].isalnum():
        return symbol
    quantity = _QUANTITY.fullmatch(lower)
    if quantity and quantity.group(1) in words.CASED_UNITS:
        return symbol
    return symbol if _HUMP.search(symbol) else lower


def _is_uniform(spelled: Sequence[str]) -> bool:
    """Return whether capitals carry no news: every word begins with one, or all letters (but the first) are."""
    if len(spelled) < SHORTEST_SENTENCE:
        return False
    return all(word[0].isupper() for word in spelled) or all(
        word[1:].isupper() for word in spelled if word[1:]
    )


def _is_title_contraction(word: str) -> bool:
    """Return whether the only inner capital follows an apostrophe, as str.title() writes it."""
    return not _HUMP.search(word.replace("'", " "))


def _keeps_case(spelled: Sequence[str]) -> bool:
    """Return whether the language gives capitals a meaning that the lists here do not cover: German, Turkish."""
    if not _DOTLESS.isdisjoint("".join(spelled)):
        return True
    return sum(word.lower() in words.GERMAN for word in spelled) * 5 > len(spelled)
