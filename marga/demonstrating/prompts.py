"""A day of prompts as a small team asks them, easy and hard ones mixed; the same ones each time. Pure."""

from __future__ import annotations

import random
from typing import NamedTuple


class Prompt(NamedTuple):
    """task: said to the gateway where a program asks, empty where a person does; weight: how long answers are."""

    text: str
    task: str = ""
    output_tokens: int = 200


SMALL = (
    "Translate 'the invoice is overdue' into {language}.",
    "What is {a} times {b}?",
    "Give a synonym for '{word}'.",
    "Fix the grammar: 'he {word} to the office yesterdays'.",
    "Which HTTP status means {meaning}?",
    "Write a one-line commit message for renaming {name} to {name}_id.",
    "Is {a} a prime number? Answer yes or no.",
    "Convert {a} kilometres to miles.",
)
MIDDLE = (
    "Summarise for a customer, in three sentences, why the {name} page was slow on {day} and what we did about it.",
    "Write a Python function that groups a list of orders by {name} and returns the totals, with a docstring.",
    "Draft a polite answer to a customer who was charged twice for their {word} plan.",
    "Explain to a new colleague how our {name} queue differs from the {word} queue and when to use which.",
    "Turn these notes into a checklist: deploy on {day}, check {name}, tell support, watch errors for an hour.",
)
HARD = (
    "Prove that the scheduling of {a} jobs with deadlines by earliest-deadline-first is optimal for maximum lateness, and "
    "say where the proof fails once jobs may be pre-empted only at {b} fixed points.",
    "We have {a} services and {b} databases; two-phase commit is too slow. Design a saga for orders, stock and payment "
    "with compensation, list every failure between the steps, and argue why no money is lost.",
    "Derive the posterior of a Poisson rate under a Gamma prior, then extend it to {a} groups that share a hyper-prior, "
    "and discuss when the partial pooling is worse than none.",
)
REVIEW = "Review this change for races and unhandled errors:\n\ndef {name}(queue, lock):\n    {code}"
AGENT = (
    ("Rename {name} to {name}_id in the module and its tests.", "simple_code"),
    (
        "Find out why the {name} worker deadlocks when two jobs finish at once, and mend it without a global lock.",
        "complex_code",
    ),
    (
        "Write the release notes of version 1.{a} from these titles: faster {name}, safer {word}, fewer mails.",
        "writing",
    ),
    (
        "Research which {word} plans of {a} comparable products changed their price this year, and what their customers said.",
        "research",
    ),
    (
        "Cut this announcement down to 280 characters: we are happy to tell you that {name} now exports to {word}.",
        "cutdowns",
    ),
)
_WORDS = {
    "language": ("German", "Hindi", "Spanish", "Japanese", "Portuguese"),
    "word": ("basic", "yearly", "team", "export", "quick"),
    "meaning": ("not found", "too many requests", "payment required", "conflict"),
    "name": ("invoice", "customer", "session", "shipment", "report"),
    "day": ("Monday", "Tuesday", "Thursday", "Friday"),
    "code": ("with lock: item = queue.get()", "item = queue.get_nowait(); lock.release()"),
}


def day(count: int, seed: int = 7) -> list[Prompt]:
    """Return count prompts in the order of a working day."""
    chance = random.Random(seed)  # noqa: S311 - a demonstration, the same each time
    return [_one(chance) for _ in range(count)]


def _one(chance: random.Random) -> Prompt:
    roll = chance.random()
    if roll < 0.45:
        return Prompt(_filled(chance.choice(SMALL), chance), output_tokens=40)
    if roll < 0.70:
        return Prompt(_filled(chance.choice(MIDDLE), chance), output_tokens=250)
    if roll < 0.80:
        return Prompt(_filled(chance.choice(HARD), chance), output_tokens=900)
    if roll < 0.86:
        return Prompt(_filled(REVIEW, chance), "review", 400)
    text, task = chance.choice(AGENT)
    return Prompt(_filled(text, chance), task, 500)


def _filled(text: str, chance: random.Random) -> str:
    words = {name: chance.choice(found) for name, found in _WORDS.items()}
    return text.format(a=chance.randint(3, 97), b=chance.randint(3, 97), **words)
