"""The gate serves the same question in another dress, and nothing else; when in doubt, nothing."""

from __future__ import annotations

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cache_pairs import adversarial, restatements
from marga.gateway.caching.gate import LONGEST, may_serve, sense_of

COUNT = 5_000

SAME = [
    ("What is the capital of France?", "what is the capital of france"),
    ("What is the capital of France?", "WHAT IS THE CAPITAL OF FRANCE??"),
    ("What is the capital of France?", "wHAT IS THE CAPITAL OF fRANCE?"),
    ("What is the capital of France?", "What Is The Capital Of France ?"),
    ("What is the capital of France?", "\n What   is the\tcapital of France\n"),
    ("What is the capital of France?", "What is\nthe capital of France?"),
    ("What is the capital of France?", "Hi there, what is the capital of France? Thank you very much!"),
    ("What is the capital of France?", "Could you please tell me, what is the capital of France?"),
    ("What is the capital of France?", "I would like to know what is the capital of France, thanks"),
    ("What's new in Lisbon?", "whats new in lisbon?"),
    ("What's new in Lisbon?", "What\u2019s new in Lisbon?"),
    ("Explain how TCP works.", "Can you explain how TCP works?"),
    ("Explain how TCP works. I am new.", "Could you explain how TCP works? I am new."),
    ("Explain how TCP works.", "Would you mind explaining how TCP works?"),
    ("Write a haiku about the sea", "Can you write a haiku about the sea, please?"),
    ("How do I enable 2FA?", "how can I turn on 2fa"),
    ("How do I reset it?", "How to reset it"),
    ("I don't like JavaScript", "i dont like javascript."),
    ("In Python, how do I sort a list?", "in python how do I sort a list"),
    ("Summarize the plot of Hamlet", "Summarise the plot of Hamlet!"),
    ("Define \u201cset\u201d", 'Define "set"'),
    ("Explain caf\u00e9 culture", "Explain cafe\u0301 culture"),
    ("Quelle est la capitale du Portugal ?", "quelle est la capitale du portugal?"),
]

DIFFERENT = [
    ("Format the disk?", "Format the disk."),
    ("Hello, in Spanish", "Hi, in Spanish"),
    ("Translate the next sentence to French. Thank you.", "Translate the next sentence to French. Please."),
    ("They received many thanks", "They received"),
    ("Why did HE do it alone?", "Why did he do it ALONE or DID he?"),
    ("US", "us"),
    ("Let me know when it is done", "When it is done"),
    ("Is git -r safe?", "Is git -R safe?"),
    ("Ich habe liebe Freunde und Genossen", "Ich habe Liebe Freunde und Genossen"),
    ("Isp\u0131r nerede?", "Ispir nerede?"),
    ("Wie sind die Ma\u00dfe?", "Wie sind die Masse?"),
    ("Is x\u00b2 fine?", "Is x2 fine?"),
    ("Is \u0430 a letter?", "Is a a letter?"),
    ("Go to\u200b page", "Go to page"),
    ("Is it 10 mW?", "Is it 10 MW?"),
    ("What about get_user?", "What about get_users?"),
    ("What about getUser?", "What about getuser?"),
    ("Print 1 2 3", "Print 123"),
    ("if x:\n  y()\nz()", "if x:\n  y()\n  z()"),
    ("", ""),
    ("   ", "   "),
]


@pytest.mark.parametrize(("first", "second"), SAME, ids=[str(i) for i in range(len(SAME))])
def test_the_same_question_in_another_dress_is_served(first, second):
    assert may_serve(first, second)
    assert may_serve(second, first)


@pytest.mark.parametrize(("first", "second"), DIFFERENT, ids=[str(i) for i in range(len(DIFFERENT))])
def test_a_question_that_may_mean_something_else_is_not_served(first, second):
    assert not may_serve(first, second)
    assert not may_serve(second, first)


def test_no_adversarial_pair_is_ever_served():
    wrong = [pair for pair in adversarial(COUNT, seed=20) if may_serve(pair.first, pair.second)]

    assert wrong == []


def test_the_adversary_would_find_out_a_gate_that_only_folds_case_and_marks():
    def careless(text: str) -> str:
        return "".join(c for c in text.lower() if c not in string.punctuation + string.whitespace)

    fooled = {p.kind for p in adversarial(COUNT, seed=20) if careless(p.first) == careless(p.second)}

    assert {"capitals", "punctuation", "material", "small words", "code", "unit", "number"} <= fooled


def test_nearly_all_pure_restatements_are_served():
    pairs = list(restatements(COUNT, seed=21))

    served = sum(may_serve(pair.first, pair.second) for pair in pairs)

    assert served / len(pairs) >= 0.95


def test_most_restatements_are_not_the_same_text():
    assert sum(pair.first != pair.second for pair in restatements(COUNT, seed=21)) > COUNT * 0.9


words = st.text(alphabet=string.ascii_lowercase, min_size=2, max_size=9)
sentences = st.lists(words, min_size=3, max_size=12)


@given(sentences, st.data())
def test_a_word_that_is_replaced_by_any_other_is_always_seen(sentence, data):
    place = data.draw(st.integers(0, len(sentence) - 1))
    other = data.draw(words.filter(lambda word: word != sentence[place]))
    changed = [*sentence[:place], other, *sentence[place + 1 :]]

    if may_serve(" ".join(sentence), " ".join(changed)):
        # Only what the lists allow: contractions, two spellings, two words for please.
        assert {sentence[place], other} <= _allowed()


@given(sentences, st.data())
def test_two_different_words_that_change_places_are_always_seen(sentence, data):
    i, j = data.draw(st.tuples(*[st.integers(0, len(sentence) - 1)] * 2))
    changed = list(sentence)
    changed[i], changed[j] = changed[j], changed[i]

    assert may_serve(" ".join(sentence), " ".join(changed)) == (changed == sentence)


@given(st.text(max_size=200))
def test_any_text_can_be_judged_and_agrees_with_itself(text):
    sense = sense_of(text)

    assert sense is None or may_serve(text, text)
    assert sense_of(f"  {text}\n") == sense


@given(st.lists(st.text(max_size=40), min_size=2, max_size=2))
def test_the_gate_does_not_care_who_asked_first(texts):
    for first, second in pairwise(texts):
        assert may_serve(first, second) == may_serve(second, first)


def test_pasted_material_is_left_to_the_exact_cache():
    long = "word " * (LONGEST // 5 + 1)

    assert sense_of(long + "end") is None
    assert not may_serve(long + "end", long + "end")


def _allowed() -> set[str]:
    from marga.gateway.caching import words as lists

    spellings = set(lists.BRITISH) | set(lists.BRITISH.values())
    return spellings | lists.PLEASE | {"thx", "cheers", "thanks", "do", "can", "i"} | lists.GREETING
