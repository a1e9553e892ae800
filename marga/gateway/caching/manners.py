"""Take politeness off the ends of a text. Pure: lists of keys in and out.

Only whole, known forms go, and only where they cannot be what the text is about: "please" in "how to please a cat",
"the Japanese word for please" or "translate: thank you" stays.
"""

from __future__ import annotations

from marga.gateway.caching import words
from marga.gateway.caching.tokens import ASKS, COLON, COMMA, ENDS, LINE, MARKS, STOP

STARTERS = words.QUESTION | words.AUXILIARY | words.REQUEST
DETERMINERS = frozenset({"a", "an", "the", "this", "me", "my", "some"})
MOST_FORMS = 6
PAUSES = frozenset({COMMA, STOP, LINE})


def without_manners(keys: list[str]) -> list[str]:
    """Return keys without polite forms at their ends; never an empty list for a text that has words."""
    begun = _from_start(keys)
    if not begun or all(key in MARKS for key in begun):
        begun = keys
    return _from_end(begun)


def _from_start(keys: list[str]) -> list[str]:
    for _ in range(MOST_FORMS):
        taken = next((n for form in _OPENINGS if (n := form(keys))), 0)
        if not taken:
            break
        keys = keys[taken:]
        while keys and keys[0] in PAUSES:
            keys = keys[1:]
    gerund = words.GERUNDS.get(keys[3]) if keys[:3] == ["would", "you", "mind"] and len(keys) > 4 else None
    return _from_start([gerund, *keys[4:]]) if gerund else keys


def _greeting(keys: list[str]) -> int:
    count = 0
    if keys[0] in words.GREETING:
        count = 2 if keys[1:2] == ["there"] else 1
    elif keys[0] == "good" and len(keys) > 1 and keys[1] in words.DAYTIME:
        count = 2
    if not count or len(keys) <= count:
        return 0
    following = keys[count]
    return count if following in PAUSES or following in STARTERS or following in words.PLEASE else 0


def _please(keys: list[str]) -> int:
    if keys[0] not in words.PLEASE or len(keys) < 2:
        return 0
    following = keys[2] if keys[1] == COMMA and len(keys) > 2 else keys[1]
    return 1 if following in STARTERS else 0


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
    if at < len(keys) and keys[at] in (COMMA, COLON):
        at += 1
    return at if _asks_at(keys, at) else 0


def _asks_at(keys: list[str], at: int) -> bool:
    return at + 1 < len(keys) and keys[at] in words.QUESTION


def _from_end(keys: list[str]) -> list[str]:
    """Take closing forms off; a text about words, or with material behind a colon, keeps them unless a sentence ended."""
    is_about_words = any(key in words.ABOUT_WORDS for key in keys)
    for _ in range(MOST_FORMS):
        end = len(keys)
        while end and keys[end - 1] in MARKS and keys[end - 1] != ASKS:
            end -= 1
        body = keys[:end]
        asked = body[-1:] == [ASKS]
        if asked:
            body = body[:-1]
        closing = next((c for c in words.CLOSINGS if tuple(body[-len(c) :]) == c), None)
        if closing is None or not _may_close(body[: -len(closing)], closing, is_about_words):
            return keys
        keys = body[: -len(closing)]
        while keys and keys[-1] == COMMA:
            keys = keys[:-1]
        if asked and keys[-1] not in ENDS:
            keys.append(ASKS)
    return keys


def _may_close(before: list[str], closing: tuple[str, ...], is_about_words: bool) -> bool:
    if sum(key not in MARKS for key in before) < 2 or COLON in before:
        return False
    boundary = before[-1]
    if boundary in ENDS:
        return True
    if is_about_words:
        return False
    if boundary == COMMA:
        return before[-2] not in words.POLITE
    if boundary in words.BEFORE_CONTENT or boundary in MARKS:
        return False
    return sum(key not in MARKS for key in before) > 2 and (before[0] in STARTERS or closing != ("please",))


_OPENINGS = (_greeting, _please, _can_you, _wish, _tell_me)
_LISTED_REQUESTS = [[verb] for verb in words.REQUEST]
_WISHES = (
    ["i", "would", "like"], ["i'd", "like"], ["i", "want"], ["i", "need"],
)  # fmt: skip
_TELLS = (
    ["tell", "me"], ["let", "me", "know"], ["do", "you", "know"], ["could", "you", "tell", "me"],
    ["i", "was", "wondering"], ["may", "i", "ask"],
)  # fmt: skip
