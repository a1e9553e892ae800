from __future__ import annotations

import io
import itertools
import json

import pytest
from django.core.management import CommandError, call_command

from marga import deciding
from marga.classifier import Classifier
from marga.classifier.tests import made_up

CONFIG = """
providers:
  - name: lab
    kind: openai
    base_url: http://127.0.0.1:9
    api_key: none
    models:
      - {name: only-one, tier: mid, input_usd_per_mtok: 1, output_usd_per_mtok: 2}
policies:
  - {name: strict, tiers: {mid: 0.0, frontier: 0.99}}
"""


@pytest.fixture
def decider():
    ticks = itertools.count()
    return deciding.Decider(
        Classifier.load(), deciding.example_candidates(), {}, clock=lambda: next(ticks) / 1e6
    )


def run(monkeypatch, lines, *options):
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    try:
        call_command("marga_decide", *options, stdout=out, stderr=err)
        problem = ""
    except CommandError as exc:
        problem = str(exc)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue() + problem


def test_a_prompt_gets_a_model_a_reason_and_the_time_it_took(decider):
    answer = decider.decide('{"id": "a", "prompt": "hello"}')

    assert answer["id"] == "a"
    assert answer["tier"] == "local"
    assert answer["model"] == "qwen3:8b at ollama"
    assert answer["reason"]
    assert 0 < answer["score"] < 0.35
    assert answer["microseconds"] == 1.0


def test_messages_count_as_their_user_turns(decider):
    messages = [{"role": "system", "content": "long " * 500}, {"role": "user", "content": "hello"}]

    assert (
        decider.decide(json.dumps({"id": 1, "messages": messages}))["score"]
        == decider.decide('{"id": 1, "prompt": "hello"}')["score"]
    )


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"prompt": "x"}', '{"id": true, "prompt": "x"}', '{"id": 1}', '{"id": 1, "prompt": 5}'],
    ids=["no json", "no object", "no id", "wrong id", "nothing", "wrong prompt"],
)
def test_a_line_that_is_no_prompt_is_refused(decider, line):
    with pytest.raises(deciding.WrongLine):
        decider.decide(line)


def test_a_wrong_line_is_named_and_the_others_are_decided(monkeypatch):
    answers, said = run(monkeypatch, ['{"id": 1, "prompt": "a"}', "", "oops", '{"id": "3", "prompt": "c"}'])

    assert [answer["id"] for answer in answers] == [1, None, "3"]
    assert answers[1]["line"] == 3
    assert "line 3 is not JSON" in said
    assert "1 of the lines" in said


def test_a_config_file_gives_the_models_and_the_policies(monkeypatch, tmp_path):
    path = tmp_path / "marga.yaml"
    path.write_text(CONFIG)

    answers, said = run(
        monkeypatch, ['{"id": 1, "prompt": "a"}'], "--config", str(path), "--model", "auto:strict"
    )

    assert not said
    assert answers[0]["model"] == "only-one at lab"
    assert answers[0]["tier"] == "mid"


@pytest.mark.parametrize("content", ["providers: 5", "providers: []"], ids=["wrong", "empty"])
def test_a_config_file_without_models_is_refused(monkeypatch, tmp_path, content):
    path = tmp_path / "marga.yaml"
    path.write_text(content)

    assert run(monkeypatch, [], "--config", str(path))[1]


def test_training_writes_an_artefact_that_decides(monkeypatch, tmp_path):
    made_up.write(tmp_path, rows=60)
    out = io.StringIO()
    call_command("marga_train", "--data", str(tmp_path), "--output", str(tmp_path / "own.bin"), stdout=out)

    answers, said = run(monkeypatch, ['{"id": 1, "prompt": "a"}'], "--artefact", str(tmp_path / "own.bin"))

    assert "mix" in out.getvalue()
    assert not said
    assert 0 <= answers[0]["score"] <= 1


def test_training_without_data_says_how_to_name_them(settings):
    settings.MARGA_ROUTING_DATA = ""

    with pytest.raises(CommandError, match="--data"):
        call_command("marga_train")
