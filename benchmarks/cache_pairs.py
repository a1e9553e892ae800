"""Make questions in pairs: some that must never share an answer, some that always may.

Every pair comes from a seed. An adversarial pair differs in one thing that matters, and its second half is often dressed
up as well (case, spaces, manners), so that a cache which is only careless about dress is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from benchmarks import cache_material as m


class Pair(NamedTuple):
    kind: str
    first: str
    second: str


FRAMES = (
    "How do I {verb} the {thing} in {city}?", "Is it wise to {verb} a {thing}?", "What happens if I {verb} my {thing}?",
    "Explain how to {verb} a {thing} for {field}.", "Which command will {verb} {product}?",
    "Write a short guide on how to {verb} a {thing}", "Why would {person} {verb} a {thing}?",
    "List {number} ways to {verb} a {thing}", "Should we {verb} {product} on Friday?",
)  # fmt: skip
ABOUT = (
    "What is the {adjective} {thing} in {city}?", "Describe the {adjective} {animal} that {person} saw",
    "Name {number} {adjective} dishes with {food}", "Is {product} {adjective} for {field}?",
    "Summarise the {adjective} side of {field} in {number} sentences",
)  # fmt: skip
PLACES = (
    "How far is {city} {relation} {number} {unit}?", "What did {person} do {relation} {year}?",
    "Can {animal}s live {relation} {city}?", "Show the {thing}s {relation} the {thing} list",
)  # fmt: skip
PLAIN = (
    "What is the capital of {country}?", "How do I reset my {thing} password?", "Explain how {product} works.",
    "Write a haiku about a {animal}", "What is the difference between {product} and {product2}?",
    "Summarise the life of {person} in {number} sentences.", "How tall is the tower in {city}?",
    "List {number} side effects of eating too much {food}.", "Give me a recipe for {food} with {number} ingredients",
    "Who invented the {thing}?", "When was {city} founded?", "Why do {animal}s sleep in winter?",
    "Write a Python function that counts {animal}s in a list", "How can I learn {language} in {number} months?",
    "Is {food} safe for an {animal}?", "What are the main risks in {field}?", "Where does the word {food} come from?",
    "Describe the history of {field} to a beginner.", "How does a {thing} work?", "Compare {city} with {city2}.",
    "What's the best way to store {food}?", "Recommend {number} books about {field}",
    "In {city}, where do people eat {food}?", "How many {unit_plain} is {number} miles?", "Don't I need a {thing} in {city}?",
    "Tell me about {person}.", "Explain {field} and give {number} examples", "How much does a {thing} cost in {city}?",
    "Which year did {person} visit {city}?", "Translate the menu for {food} into {language}",
)  # fmt: skip


def adversarial(count: int, seed: int) -> Iterator[Pair]:
    """Yield count pairs that ask two different things."""
    rng = Random(seed)  # noqa: S311 (pairs, not secrets)
    kinds = list(_KINDS)
    for i in range(count):
        kind = kinds[i % len(kinds)]
        first, second = _KINDS[kind](rng)
        if kind not in DRESS_MATTERS and rng.random() < 0.6:
            second, _ = restated(second, rng)
        if rng.random() < 0.5:
            first, second = second, first
        yield Pair(kind, first, second)


def restatements(count: int, seed: int) -> Iterator[Pair]:
    """Yield count pairs that ask the same thing in another dress; the kind names the dress."""
    rng = Random(seed)  # noqa: S311 (pairs, not secrets)
    for _ in range(count):
        first = _fill(rng.choice(PLAIN), rng)
        second, dress = restated(first, rng)
        yield Pair(dress, first, second)


def restated(text: str, rng: Random) -> tuple[str, str]:
    """Return text in another dress, and which pieces it is made of."""
    dresses = rng.sample(list(_DRESSES), rng.choice((1, 1, 2, 3)))
    for dress in sorted(dresses, key=list(_DRESSES).index):
        text = _DRESSES[dress](text, rng)
    return text, "+".join(sorted(dresses))


def _manners(text: str, rng: Random) -> str:
    bare = text[0].lower() + text[1:]
    text = text if text[-1] in ".?!" else f"{text}."
    asks = text.endswith("?") or text.split()[0] in (
        "What",
        "How",
        "Who",
        "When",
        "Why",
        "Where",
        "Which",
        "Is",
        "In",
        "Don't",
        "What's",
    )
    body = text.rstrip("?.!")
    forms = [
        f"Please {bare}", f"Hi, {bare}", f"Hello! {text}", f"Hey there, {bare}", f"{body}, please{'?' if asks else '.'}",
        f"{text} Thanks!", f"{text} Thank you.", f"{body}, thanks", f"Good morning, {bare}", f"Kindly {bare}",
        f"{text} Thanks in advance!", f"Hi! Please {bare}", f"{body} please",
    ]  # fmt: skip
    if asks:
        forms += [f"Could you please tell me, {bare}", f"Can you tell me: {bare}", f"Tell me, {bare}"]
    else:
        forms += [f"Could you please {bare}", f"Can you please {bare}", f"I would like you to {bare}"]
    return rng.choice(forms)


def _spaces(text: str, rng: Random) -> str:
    gaps = (" ", " ", "  ", "   ", "\t")
    inside = "".join(rng.choice(gaps) if c == " " else c for c in text)
    return rng.choice(("", " ", "\n")) + inside + rng.choice(("", "  ", "\n", "\r\n"))


def _punctuation(text: str, rng: Random) -> str:
    body = text.rstrip(".?!")
    asks = text.endswith("?")
    return rng.choice(
        (body, f"{body}{' ' if asks else ''}{'?' if asks else '.'}", f"{body}{'??' if asks else '!'}")
    )


def _case(text: str, rng: Random) -> str:
    return rng.choice(
        (text.lower(), text.upper(), text[0].lower() + text[1:], text.capitalize(), text.title())
    )


_DRESSES: dict[str, Callable[[str, Random], str]] = {
    "punctuation": _punctuation, "manners": _manners, "case": _case, "space": _spaces,
}  # fmt: skip


def _fill(frame: str, rng: Random, **fixed: str) -> str:
    city, city2 = rng.sample(m.CITIES, 2)
    product, product2 = rng.sample(m.PRODUCTS, 2)
    slots = {
        "city": city, "city2": city2, "product": product, "product2": product2, "person": rng.choice(m.PEOPLE),
        "thing": rng.choice(m.THINGS), "animal": rng.choice(m.ANIMALS), "food": rng.choice(m.FOODS),
        "field": rng.choice(m.FIELDS), "language": rng.choice(m.LANGUAGES), "number": str(rng.randint(2, 999)),
        "year": str(rng.randint(1500, 2025)), "country": invented(rng), "unit": rng.choice(m.UNITS)[0],
        "unit_plain": "kilometres", "verb": "inspect", "adjective": "curious", "relation": "beyond",
    }  # fmt: skip
    return frame.format(**{**slots, **fixed})


def invented(rng: Random) -> str:
    """Return a name that nobody has seen before."""
    return "".join(
        rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(2, 4))
    ).capitalize()


def _same(frame: str, rng: Random, slot: str, words: tuple[str, str]) -> tuple[str, str]:
    """Fill one frame twice alike but for one slot; a tilde in a word stands for a space."""
    state = rng.getstate()
    first = _fill(frame, rng, **{slot: words[0].replace("~", " ")})
    rng.setstate(state)
    return first, _fill(frame, rng, **{slot: words[1].replace("~", " ")})


def _slot(
    frames: tuple[str, ...], slot: str, pairs: list[tuple[str, str]]
) -> Callable[[Random], tuple[str, str]]:
    return lambda rng: _same(rng.choice(frames), rng, slot, rng.choice(pairs))


def _listed(pairs: list[tuple[str, str]]) -> Callable[[Random], tuple[str, str]]:
    def make(rng: Random) -> tuple[str, str]:
        first, second = rng.choice(pairs)
        # A sentence before both makes each pair new, and keeps what differs where it was: at the end.
        before = rng.choice(("", f"I am in {rng.choice(m.CITIES)}. ", f"My {rng.choice(m.THINGS)} is old. "))
        return before + first, before + second

    return make


def _entity(rng: Random) -> tuple[str, str]:
    group, slot = rng.choice(
        (
            (m.CITIES, "city"),
            (m.PEOPLE, "person"),
            (m.PRODUCTS, "product"),
            (m.FOODS, "food"),
            (m.ANIMALS, "animal"),
        )
    )
    frame = rng.choice([f for f in (*PLAIN, *FRAMES) if f"{{{slot}}}" in f and f"{{{slot}2}}" not in f])
    words = (invented(rng), invented(rng)) if rng.random() < 0.4 else tuple(rng.sample(group, 2))
    pair = _same(frame, rng, slot, words)  # type: ignore[arg-type]
    return pair if pair[0] != pair[1] else _entity(rng)


def _number(rng: Random) -> tuple[str, str]:
    first = rng.choice(
        (str(rng.randint(1, 9999)), f"{rng.randint(1, 99)}.{rng.randint(0, 9)}", f"{rng.randint(2, 20)}k")
    )
    second = rng.choice(
        (
            first + "0",
            f"1{first}",
            f"-{first}",
            f"{first}%",
            f"${first}",
            f"{first}.5",
            f"<{first}",
            f"#{first}",
        )
    )
    frame = rng.choice([f for f in (*PLAIN, *FRAMES, *ABOUT) if "{number}" in f])
    return _same(frame, rng, "number", (first, second))


def _date(rng: Random) -> tuple[str, str]:
    year, month, day = rng.randint(1900, 2024), rng.randint(1, 11), rng.randint(1, 27)
    major, minor = rng.randint(1, 20), rng.randint(0, 30)
    first, second = rng.choice(
        (
            (f"on {year}-{month:02}-{day:02}", f"on {year}-{month + 1:02}-{day:02}"), (f"in {year}", f"in {year + 1}"),
            (f"in version {major}.{minor}", f"in version {major}.{minor + 1}"), (f"since v{major}", f"since v{major}.0"),
            (f"on {month}/{day}", f"on {day}/{month + 13}"), (f"at {month}:30", f"at {month}:31"),
            ("on Monday", "on Tuesday"), ("in spring", "in autumn"), ("today", "yesterday"), ("at 5 am", "at 5 pm"),
        )
    )  # fmt: skip
    frame = rng.choice(
        ("What changed in {product} ", "What did {person} do ", "Is {city} crowded ", "List events ")
    )
    return _same(frame + "{when}?", rng, "when", (first, second))


def _negation(rng: Random) -> tuple[str, str]:
    frames = (
        ("Why does {product} use a {thing}?", "Why does {product} not use a {thing}?"),
        ("Is {food} safe for an {animal}?", "Isn't {food} safe for an {animal}?"),
        ("Which {animal}s can swim?", "Which {animal}s can't swim?"), ("Name cities with a {thing}", "Name cities with no {thing}"),
        ("Do go to {city}", "Don't go to {city}"), ("I have eaten {food} before", "I have never eaten {food} before"),
        ("What should I do in {city}?", "What shouldn't I do in {city}?"), ("Was {person} happy?", "Was {person} unhappy?"),
        ("Explain why {person} was wrong", "Explain why {person} was hardly wrong"),
        ("List every {thing} in {city}", "List every {thing} not in {city}"), ("Who likes {food}?", "Who dislikes {food}?"),
        ("Write about {field} with jargon", "Write about {field} without jargon"),
    )  # fmt: skip
    return _both(rng.choice(frames), rng)


def _roles(rng: Random) -> tuple[str, str]:
    frames = (
        ("How do I get from {city} to {city2}?", "How do I get from {city2} to {city}?"),
        ("Did {product} replace {product2}?", "Did {product2} replace {product}?"),
        ("Convert {product} configuration to {product2}", "Convert {product2} configuration to {product}"),
        ("Why is {city} larger than {city2}?", "Why is {city2} larger than {city}?"),
        ("Can an {animal} eat a fox?", "Can a fox eat an {animal}?"), ("Is {city} in {country}?", "Is {country} in {city}?"),
        ("Translate from {language} to Latin", "Translate from Latin to {language}"),
        ("Subtract {number} from {year}", "Subtract {year} from {number}"),
    )  # fmt: skip
    return _both(rng.choice(frames), rng)


def _scope(rng: Random) -> tuple[str, str]:
    frames = (
        ("Show only the {thing}s in {city}", "Show all except the {thing}s in {city}"),
        ("List {animal}s heavier than {number} grams", "List {animal}s lighter than {number} grams"),
        ("Give at least {number} reasons", "Give at most {number} reasons"), ("Name more than {number}", "Name less than {number}"),
        ("Only {person} saw the {thing}", "{person} saw only the {thing}"), ("Is {city} as big as {city2}?", "Is {city} bigger than {city2}?"),
        ("Answer in {language}", "Answer in Latin"), ("Explain {field} in {language}", "Explain {field}"),
        ("Delete the {thing}", "Delete the {thing}s"), ("Explain {field}", "Explain {field} briefly"),
        ("Who was the first to see {city}?", "Who was the second to see {city}?"),
    )  # fmt: skip
    return _both(rng.choice(frames), rng)


def _both(frames: tuple[str, str], rng: Random) -> tuple[str, str]:
    state = rng.getstate()
    first = _fill(frames[0], rng)
    rng.setstate(state)
    return first, _fill(frames[1], rng)


_KINDS: dict[str, Callable[[Random], tuple[str, str]]] = {
    "antonym": _slot(FRAMES, "verb", m.ANTONYMS),
    "adjective": _slot(ABOUT, "adjective", m.ADJECTIVES),
    "relation": _slot(PLACES, "relation", m.RELATIONS),
    "unit": _slot(("How long is {number} {word} in {city}?", "Is {number} {word} a lot?"), "word", m.UNITS),
    "quantifier": _slot(("Do {word} {animal}s swim?", "Show {word} {thing}s in {city}"), "word", m.QUANTIFIERS),
    "tense": _slot(("Who {word} in {city} now?", "What {word} {person} say?"), "word", m.TENSES),
    "question": _slot(("{word} did {person} leave {city}?", "Explain {word} {animal}s hide"), "word", m.QUESTION_WORDS),
    "code": _slot(("What does {word} do in {product}?", "How do I use {word} on a {thing}?"), "word", m.CODE_NAMES),
    "format": _slot(("Explain {field} as a {word}", "Write a {word} about {city}"), "word", m.FORMATS),
    "entity": _entity, "number": _number, "date": _date, "negation": _negation, "roles": _roles, "scope": _scope,
    "capitals": _listed(m.CAPITALS), "punctuation": _listed(m.PUNCTUATION), "manners": _listed(m.MANNERS),
    "small words": _listed(m.SMALL_WORDS), "material": _listed(m.MATERIAL),
}  # fmt: skip
DRESS_MATTERS = frozenset({"capitals", "punctuation", "material", "unit", "code", "manners"})
"""Kinds whose difference lies in case, marks or manners: another dress would take the difference away."""
