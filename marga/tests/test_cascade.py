from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.cascade import CascadePlan, RequestFacts, judge, plan, verification
from marga.policies import BUILT_IN, parse_policy
from marga.routing import Needs

NEEDS = Needs("auto", task="arithmetic")
PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def policy(check: str = "agreement", samples: int = 2):
    return parse_policy(
        "p", {"cascade": {"tasks": ["arithmetic", "structured"], "samples": samples, "check": check}}
    )


def agreement(samples: int = 2, **changes):
    return CascadePlan("agreement", samples, "arithmetic", None, frozenset())._replace(**changes)


def test_a_plan_says_how_many_answers_and_which_check():
    assert plan(policy(samples=3), NEEDS, RequestFacts()) == agreement(3)


@pytest.mark.parametrize(
    ("needs", "facts"),
    [
        (NEEDS._replace(task="chat"), RequestFacts()),
        (NEEDS._replace(lock="tool_loop"), RequestFacts()),
        (NEEDS._replace(capabilities=frozenset({"tools"})), RequestFacts()),
        (NEEDS._replace(capabilities=frozenset({"json_schema"})), RequestFacts()),
        (NEEDS, RequestFacts(choices=2)),
        (NEEDS, RequestFacts(asks_logprobs=True)),
    ],
    ids=["task", "locked", "tools", "schema unseen", "several answers", "logprobs"],
)
def test_what_cannot_be_checked_or_taken_back_has_no_plan(needs, facts):
    assert plan(policy(), needs, facts) is None


def test_a_policy_without_a_cascade_plans_none_and_a_schema_check_needs_something_to_check_by():
    assert plan(BUILT_IN["auto"], NEEDS, RequestFacts()) is None
    assert plan(policy("schema"), NEEDS, RequestFacts()) is None
    assert plan(policy("schema"), NEEDS, RequestFacts(schema=PERSON)) is not None
    assert plan(policy("schema"), NEEDS, RequestFacts(labels=("spam", "ham"))) is not None


def test_agreeing_answers_are_accepted_and_the_first_of_them_served():
    verdict = judge(agreement(), ["It makes 4.\n#### 4", "The answer is 4."])

    assert (verdict.accept, verdict.index, verdict.why) == (True, 0, "2 of 2 agree")


def test_a_majority_of_three_is_enough_and_half_of_four_is_not():
    assert judge(agreement(3), ["5", "4", "4"]).index == 1
    assert not judge(agreement(4), ["4", "4", "5", "6"]).accept


@pytest.mark.parametrize("answers", [["4", "5"], ["4", ""], ["4"], [], ["", ""], ["hm", "hm?"]], ids=str)
def test_without_agreement_the_strong_model_is_asked(answers):
    assert judge(agreement(), answers).index == -1
    assert not judge(agreement(), answers).accept


def test_a_sample_that_failed_counts_against_agreement():
    assert not judge(agreement(3), ["4", "", ""]).accept
    assert judge(agreement(3), ["4", "", "4"]).accept


def test_an_answer_must_fit_the_schema_even_where_all_agree():
    chosen = agreement(schema=PERSON, task="structured")

    assert not judge(chosen, ['{"nme": "x"}', '{"nme": "x"}']).accept
    assert judge(chosen, ['{"name": "x"}', '{ "name" : "x" }']).accept


def test_the_schema_check_serves_the_first_answer_that_fits():
    chosen = agreement(check="schema", schema=PERSON)

    assert judge(chosen, ["Sure: {}", '{"name": "x"}']).index == 1
    assert judge(chosen, ["Sure"]).why == "not JSON"
    assert "name is missing" in judge(chosen, ["{}"]).why


def test_a_schema_that_cannot_be_checked_escalates():
    assert "cannot check" in judge(agreement(check="schema", schema={"if": {}}), ["{}"]).why


def test_labels_must_be_allowed_and_agree():
    chosen = agreement(labels=frozenset({"spam", "ham"}), task="classification")

    assert judge(chosen, ["Spam.", "spam"]).accept
    assert not judge(chosen, ["spam", "ham"]).accept
    assert judge(chosen, ["eggs", "eggs"]).why == "not one of the labels"


@pytest.mark.parametrize(
    ("reply", "accept"),
    [
        ("I get 4 too.\nVERDICT: RIGHT", True),
        ("**Verdict: right**", True),
        ("VERDICT: RIGHT\nor perhaps\nVERDICT: WRONG", False),
        ("It is right.", False),
        ("", False),
    ],
    ids=str,
)
def test_a_verifier_must_say_so_in_its_last_line(reply, accept):
    assert judge(agreement(check="verifier"), ["4", reply]).accept is accept


def test_what_a_verifier_is_asked_holds_task_and_answer_and_is_bounded():
    asked = verification("How much is 2 + 2?", "4" * 50_000)

    assert "How much is 2 + 2?" in asked
    assert len(asked) < 25_000


@given(st.lists(st.sampled_from(["", "4", "5", "#### 4", "no idea"]), max_size=6), st.integers(2, 5))
def test_an_accepted_answer_is_always_one_of_those_given(answers, samples):
    verdict = judge(agreement(samples), answers)

    assert verdict.why
    if verdict.accept:
        assert answers[verdict.index]
        assert sum(answer.endswith(answers[verdict.index][-1]) for answer in answers if answer) >= 2
    else:
        assert verdict.index == -1
