from __future__ import annotations

import httpx

from marga.demonstrating import prompts, stub


def test_a_day_is_the_same_each_time_and_holds_easy_and_hard_prompts():
    day = prompts.day(300)

    assert day == prompts.day(300)
    assert {prompt.task for prompt in day} >= {"", "review", "simple_code", "writing"}
    assert min(prompt.output_tokens for prompt in day) < 100 < max(prompt.output_tokens for prompt in day)
    assert not any("{" in prompt.text.replace("{}", "") for prompt in day)


def test_the_stub_says_as_much_as_it_was_asked_for():
    with stub.serving() as address:
        body = {"model": "m", "messages": [{"role": "user", "content": "x" * 40}], "max_tokens": 50}
        answer = httpx.post(f"{address}/chat/completions", json=body, trust_env=False).json()

    assert answer["usage"] == {"prompt_tokens": 10, "completion_tokens": 50, "total_tokens": 60}
    assert len(answer["choices"][0]["message"]["content"]) == 200
