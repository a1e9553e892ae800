"""Decide whether two questions ask the same, in the same words. Pure.

Similarity cannot decide this: "enable 2FA" and "disable 2FA" are closer to each other than either is to a paraphrase.
So nothing is compared by degree. Each text is brought to a normal form that forgets only what certainly says nothing
(spaces, most capitals, the last full stop, manners, contractions, two spellings of one word), and keeps all else: every
number, unit, name, negation, quantifier, tense, word order and language. Texts of the same form may share an answer.
A word that no list knows can therefore never be mistaken for another.
"""

from __future__ import annotations

from itertools import pairwise

from marga.gateway.caching import words
from marga.gateway.caching.casing import fold
from marga.gateway.caching.manners import STARTERS, without_manners
from marga.gateway.caching.tokens import ASKS, COLON, COMMA, ENDS, LINE, STOP, Token, tokens_of

LONGEST = 1_500
"""Characters; a longer text is pasted material, in which every character may count."""

HOW_TO = "how-to"
_HOW_HEADS = (["how", "do", "i"], ["how", "can", "i"], ["how", "to"])
_SWITCHES = {
    ("turn", "on"): "enable",
    ("switch", "on"): "enable",
    ("turn", "off"): "disable",
    ("switch", "off"): "disable",
}
VERBATIM = "\x02"

Sense = tuple[str, ...]


def may_serve(asked: str, stored: str) -> bool:
    """Return whether the answer to stored also answers asked; symmetric and transitive, and no when in doubt."""
    sense = sense_of(asked)
    return sense is not None and sense == sense_of(stored)


def sense_of(text: str) -> Sense | None:
    """Return the normal form of text, or None where the gate does not judge: nothing said, or too much."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        return None
    tokens = tokens_of(text)
    if tokens is None:
        return (VERBATIM, text)
    lowered = [token.text.lower() for token in tokens]
    if not words.ABOUT_FORM.isdisjoint(lowered):
        return (VERBATIM, text)
    keys = fold(_unwrapped(tokens, lowered))
    if keys is None:
        return (VERBATIM, text)
    keys = without_manners(_long_forms(keys))
    return tuple(_plain_end(_plain_words(_plain_commas(keys))))


def _unwrapped(tokens: list[Token], lowered: list[str]) -> list[Token]:
    """Join lines that were only wrapped; where there are symbols or a colon they are a list, verse or code."""
    if LINE not in lowered or COLON in lowered or any(token.kind == "symbol" for token in tokens):
        return tokens
    if lowered[0] not in words.QUESTION and lowered[0] not in words.AUXILIARY:
        return tokens
    return [token for token in tokens if token.text != LINE]


def _long_forms(keys: list[str]) -> list[str]:
    found: list[str] = []
    for i, key in enumerate(keys):
        if key in words.CONTRACTIONS:
            found.extend(words.CONTRACTIONS[key])
        elif key in words.IS_FORMS and not _may_be_has(keys, i + 1):
            found.extend((words.IS_FORMS[key], "is"))
        else:
            found.append(key)
    return found


def _may_be_has(keys: list[str], following: int) -> bool:
    """Return whether a participle is near, so that "who's" may be "who has"."""
    return any(key in words.HAS_FOLLOWS or key.endswith("ed") for key in keys[following : following + 2])


def _plain_commas(keys: list[str]) -> list[str]:
    """Drop a sentence's only comma before a joining word, or after an opening phrase; any other may turn the meaning."""
    if COMMA not in keys or COLON in keys:
        return keys
    found: list[str] = []
    start = 0
    for end in [*(i for i, key in enumerate(keys) if key in ENDS), len(keys)]:
        sentence = keys[start:end]
        if sentence.count(COMMA) == 1 and _is_plain_comma(sentence):
            sentence.remove(COMMA)
        found += sentence + keys[end : end + 1]
        start = end + 1
    return found


def _is_plain_comma(sentence: list[str]) -> bool:
    at = sentence.index(COMMA)
    if not 0 < at < len(sentence) - 1 or sentence[at - 1] in words.NEGATIONS:
        return False
    if sentence[at + 1] in words.JOINING:
        return True
    return at > 1 and sentence[0] in words.LEADING and sentence[at + 1] in STARTERS


def _plain_words(keys: list[str]) -> list[str]:
    """Give the two spellings of a word, and two ways of asking how, one form; not where words are the subject."""
    if not (words.ABOUT_WORDS.isdisjoint(keys) and words.COMPARED.isdisjoint(keys)):
        return keys
    keys = [_british(key) for key in keys]
    if keys[:3] in _HOW_HEADS or keys[:2] in _HOW_HEADS:
        keys = [HOW_TO, *keys[2 if keys[1] == "to" else 3 :]]
    at = 1 if keys[:1] == [HOW_TO] else 0
    switch = _SWITCHES.get((keys[at], keys[at + 1])) if len(keys) > at + 2 else None
    return [*keys[:at], switch, *keys[at + 2 :]] if switch else keys


def _british(key: str) -> str:
    if len(key) >= words.SHORTEST_IZE and key.isalpha():
        for american, british in (
            ("ize", "ise"),
            ("ized", "ised"),
            ("izing", "ising"),
            ("ization", "isation"),
        ):
            if key.endswith(american):
                return key[: -len(american)] + british
    return words.BRITISH.get(key, key)


def _plain_end(keys: list[str]) -> list[str]:
    """Drop the last full stop, and the last question mark where the words already ask."""
    while keys and keys[-1] in (STOP, LINE, COMMA, COLON):
        keys = keys[:-1]
    if keys[-1:] != [ASKS] or COLON in keys:
        return keys
    start = max((i + 1 for i, key in enumerate(keys[:-1]) if key in ENDS), default=0)
    sentence = keys[start:-1]
    head = sentence[0] if sentence else ""
    asks = head in words.QUESTION or head in words.AUXILIARY or head == HOW_TO
    asks = asks or (head in words.LEADING and not words.QUESTION.isdisjoint(sentence))
    asks = asks or any(first == COMMA and second in words.QUESTION for first, second in pairwise(sentence))
    return keys[:-1] if asks else keys
