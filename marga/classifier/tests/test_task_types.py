from __future__ import annotations

import pytest

from marga.classifier import features, task_types

CODE = "\n".join(["def add(a, b):", "    return a.plus(b[0])"])
EXAMPLES = [
    ("simple_code", "Write a Python function that reverses a string."),
    ("simple_code", f"Fix the bug in this function:\n{CODE}"),
    ("simple_code", "Add unit tests for the parse method"),
    ("complex_code", "Refactor the scheduler module so that the cache is safe for concurrent threads."),
    ("complex_code", "Implement a thread-safe LRU cache class with a lock and low latency."),
    ("review", f"Please review this code before I merge:\n{CODE}"),
    ("review", "Critique my draft of the proposal"),
    (
        "research",
        "Research how other teams do canary releases, compare the approaches and cite your sources.",
    ),
    ("writing", "Write a friendly email to our customers about the delay."),
    ("writing", "Draft a blog post on compost"),
    ("cutdowns", "Summarize the following article in three bullets: ..."),
    ("cutdowns", "Make this shorter"),
    ("arithmetic", "Tom has 3 apples and buys 4 more. How many apples does he have?"),
    ("arithmetic", "Calculate 12.5 percent of 340."),
    ("extraction", "Extract all names and dates from the text below."),
    ("classification", "Classify the sentiment of this tweet as positive or negative."),
    ("structured", "Return the answer as JSON that matches the schema."),
    ("chat", "Hello, how are you?"),
    ("chat", "thanks!"),
    ("", "What is the capital of France?"),
    ("", "Why do cats purr?"),
    ("", ""),
]


@pytest.mark.parametrize(
    ("task", "text"), EXAMPLES, ids=[f"{task or 'unsure'}{at}" for at, (task, _) in enumerate(EXAMPLES)]
)
def test_the_guess_for_a_plain_request(task, text):
    reading = features.read(text)

    assert task_types.guess(reading.words, reading.values) == task


def test_a_document_in_the_middle_does_not_choose_the_task():
    filler = "the email said to classify the spam and extract the json from it " * 20
    reading = features.read(
        "Summarize this for me please. " + "so it went on and on " * 15 + filler + "thank you " * 40
    )

    assert task_types.guess(reading.words, reading.values) == "cutdowns"


def test_long_code_is_complex():
    reading = features.read("Fix the bug in this async code:\n" + f"{CODE}\n" * 40)

    assert task_types.guess(reading.words, reading.values) == "complex_code"
