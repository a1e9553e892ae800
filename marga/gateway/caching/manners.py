"""Take politeness off the ends of a text. Pure: lists of keys in and out.

Only whole, known forms go, and only where they cannot be what the text is about: "please" in "how to please a cat",
"the Japanese word for please" or "translate: thank you" stays.
"""

from __future__ import annotations

from itertools import pairwise

from marga.gateway.caching import words
from marga.gateway.caching.tokens import ASKS, COLON, COMMA, ENDS, LINE, MARKS, STOP

STARTERS = words.QUESTION | words.AUXILIARY | words.REQUEST
DETERMINERS = frozenset({"a", "an", "the", "this", "me", "my", "some"})
MOST_FORMS = 6
TOAST = ("cheers",)
"""Needs a pause before it: "who made Cheers" names a series."""
PAUSES = frozenset({COMMA, STOP, LINE})


def without_manners(keys: list[str]) -> list[str]:
    """Return keys without polite forms at their ends; never an empty list for a text that has words."""
    begun = _from_start(keys)
    if not begun or all(key in MARKS for key in begun):
        begun = keys
    return _from_end(begun)


def _from_start(keys: list[str]) -> list[str]:
    for _ in range(MOST_FORMS):
        form = next((form for form in _OPENINGS if form(keys)), None)
        if form is None:
            break
        keys = keys[form(keys) :]
        while keys and keys[0] in PAUSES:
            keys = keys[1:]
        if form in _ASKING:
            keys = _told(keys)
    gerund = words.GERUNDS.get(keys[3]) if keys[:3] == ["would", "you", "mind"] and len(keys) > 4 else None
    return _from_start(_told([gerund, *keys[4:]])) if gerund else keys


def _told(keys: list[str]) -> list[str]:
    """Take off the question mark that belonged to "could you"."""
    end = next((i for i, key in enumerate(keys) if key in ENDS), None)
    if end is None or keys[end] != ASKS or keys[0] not in words.REQUEST:
        return keys
    return [*keys[:end], STOP, *keys[end + 1 :]]


def _begins_asking(keys: list[str]) -> bool:
    """Return whether keys begin as a question or a request, perhaps behind a phrase such as "in Python,"."""
    if not keys:
        return False
    if keys[0] in STARTERS or keys[0] in words.PLEASE:
        return True
    if keys[0] not in words.LEADING:
        return False
    at = keys.index(COMMA) + 1 if COMMA in keys[:-1] else 0
    return keys[at] in STARTERS


def _greeting(keys: list[str]) -> int:
    count = 0
    if keys[0] in words.GREETING:
        count = 2 if keys[1:2] == ["there"] else 1
    elif keys[0] == "good" and len(keys) > 1 and keys[1] in words.DAYTIME:
        count = 2
    if not count:
        return 0
    following = keys[count:]
    has_pause = following[:1] and following[0] in PAUSES
    if has_pause:
        following = following[1:]
    if following[:3] == ["how", "are", "you"] or (not has_pause and _is_subject(following)):
        return 0
    return count if _begins_asking(following) or (has_pause and _tells_then_asks(following)) else 0


def _is_subject(following: list[str]) -> bool:
    """Return whether a polite word before this is what is talked about: "hello is a greeting"."""
    is_verb = bool(following) and following[0] in words.MAKES_SUBJECT
    return is_verb and (len(following) < 2 or following[1] not in words.PRONOUNS)


def _tells_then_asks(keys: list[str]) -> bool:
    """Return whether someone speaks of himself and then asks: "my laptop is slow. What can I do?"."""
    if keys[0] not in words.SPEAKERS or not words.ABOUT_WORDS.isdisjoint(keys):
        return False
    return any(first in MARKS and second in STARTERS for first, second in pairwise(keys))


def _please(keys: list[str]) -> int:
    if keys[0] not in words.PLEASE:
        return 0
    has_comma = keys[1:2] == [COMMA]
    following = keys[2:] if has_comma else keys[1:]
    if not following or following[0] in words.PLEASE or (not has_comma and _is_subject(following)):
        return 0
    return 1 if _begins_asking(following) or (has_comma and _tells_then_asks(following)) else 0


def _can_you(keys: list[str]) -> int:
    """Match "could you please explain": a modal, you, perhaps a polite word, and a verb that asks."""
    if keys[0] not in ("can", "could", "would", "will") or keys[1:2] != ["you"]:
        return 0
    start = 2
    while start < len(keys) and (keys[start] in words.PLEASE or keys[start] in ("possibly", "maybe")):
        start += 1
    rest = keys[start:]
    if len(rest) < 2 or rest[0] not in words.REQUEST:
        return 0
    if any(key in words.PLEASE for key in keys[2:start]) or (
        keys[0] in ("can", "could") and _is_telling(rest)
    ):
        return start
    return 0


def _is_telling(rest: list[str]) -> bool:
    """Return whether "can you" asks to be told or written something, and not whether it can be done at all."""
    verb, following = rest[0], rest[1]
    if verb in words.TELLING or (verb in words.WRITING and following == "me"):
        return True
    return (
        verb in words.WRITING
        and following in DETERMINERS
        and any(key in words.PROSE for key in rest[2:5])
        and not any(key in ("in", "inside", "within", "without") for key in rest)
    )


def _wish(keys: list[str]) -> int:
    """Match "I would like you to explain" and "I want to know what"."""
    head = next((h for h in _WISHES if keys[: len(h)] == h), None)
    if head is None:
        return 0
    count = len(head)
    if keys[count : count + 2] == ["you", "to"] and keys[count + 2 : count + 3][:1] in _LISTED_REQUESTS:
        return count + 2
    if keys[count : count + 2] == ["to", "know"] and _asks_at(keys, count + 2):
        return count + 2
    return 0


def _tell_me(keys: list[str]) -> int:
    for head in _TELLS:
        if keys[: len(head)] == head and (at := _question_after(keys, len(head))):
            is_skill = head[:1] != ["tell"] and keys[at : at + 2] == ["how", "to"]
            return 0 if is_skill else at
    return 0


def _question_after(keys: list[str], at: int) -> int:
    if keys[at : at + 1] in ([COMMA], [COLON]):
        return at + 1 if _begins_asking(keys[at + 1 :]) else 0
    return at if _asks_at(keys, at) else 0


def _asks_at(keys: list[str], at: int) -> bool:
    if at + 1 >= len(keys):
        return False
    return keys[at] in words.QUESTION or (keys[at] in words.AUXILIARY and keys[at + 1] in words.PRONOUNS)


def _from_end(keys: list[str]) -> list[str]:
    """Take closing forms off; a text about words, or with material behind a colon, keeps them unless a sentence ended."""
    if not words.POINTING.isdisjoint(keys):
        return keys
    is_about_words = not words.ABOUT_WORDS.isdisjoint(keys)
    may_pause = words.ABOUT_WORDS.isdisjoint(set(keys) - words.TRANSLATING)
    for _ in range(MOST_FORMS):
        end = len(keys)
        while end and keys[end - 1] in MARKS and keys[end - 1] != ASKS:
            end -= 1
        body = keys[:end]
        asked = body[-1:] == [ASKS]
        if asked:
            body = body[:-1]
        closing = next((c for c in words.CLOSINGS if tuple(body[-len(c) :]) == c), None)
        if closing is None or not _may_close(
            body[: -len(closing)], is_about_words, may_pause, closing == TOAST
        ):
            return keys
        keys = body[: -len(closing)]
        while keys and keys[-1] == COMMA:
            keys = keys[:-1]
        if asked and keys[-1] not in ENDS:
            keys.append(ASKS)
    return keys


def _may_close(before: list[str], is_about_words: bool, may_pause: bool, is_toast: bool) -> bool:
    if sum(key not in MARKS for key in before) < 2 or COLON in before:
        return False
    boundary = before[-1]
    if boundary in ENDS:
        return True
    if boundary == COMMA:
        return (may_pause or before[-2] == "mean") and before[-2] not in words.POLITE
    if is_about_words or is_toast or boundary in words.BEFORE_CONTENT or boundary in MARKS:
        return False
    sentence = before[_start_of_sentence(before) :]
    return len(sentence) > 2 and _begins_asking(sentence)


def _start_of_sentence(keys: list[str]) -> int:
    return max((i + 1 for i, key in enumerate(keys) if key in ENDS), default=0)


_OPENINGS = (_greeting, _please, _can_you, _wish, _tell_me)
_ASKING = (_can_you, _tell_me)
_LISTED_REQUESTS = [[verb] for verb in words.REQUEST]
_WISHES = (
    ["i", "would", "like"], ["i'd", "like"], ["i", "want"], ["i", "need"],
)  # fmt: skip
_TELLS = (
    ["tell", "me"], ["do", "you", "know"], ["could", "you", "tell", "me"],
    ["i", "was", "wondering"], ["may", "i", "ask"],
)  # fmt: skip
