from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest
from django.core.management import call_command

from avyay_site import embedded, env, places, plan, start
from avyay_site.plan import Plan


@pytest.fixture
def wanted(tmp_path):
    layout = embedded.Layout(tmp_path / "var")
    embedded.make_folders(layout)
    return Plan(
        layout=layout,
        bind="127.0.0.1",
        web_port=8000,
        gateway_port=8080,
        web_workers=1,
        gateway_workers=2,
        worker_threads=4,
        has_own_postgres=True,
        has_own_redis=True,
        logs_to_stderr=False,
    )


def names(plan_):
    return [child.name for child in plan.children(plan_)]


def test_the_plan_runs_everything_and_stops_storage_last(wanted):
    children = {child.name: child for child in plan.children(wanted)}

    assert set(children) == {"initial", "gateway", "redis", "postgres", "web", "worker", "beat"}
    order = sorted(children, key=lambda name: children[name].stop_stage)
    assert order[-2:] == ["redis", "postgres"]
    assert children["gateway"].stop_stage < children["web"].stop_stage
    seconds = {child.stop_stage: child.stop_seconds for child in children.values()}
    assert sum(seconds.values()) < 10


def test_nothing_is_embedded_when_addresses_are_given(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://db/avyay")
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")

    assert names(plan.read()) == ["initial", "gateway", "web", "worker", "beat"]


def test_children_get_the_places_resolved_and_servers_get_no_secrets(wanted, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "given")
    children = {child.name: child for child in plan.children(wanted)}

    assert children["gateway"].environment["AVYAY_VAR"] == str(wanted.layout.var)
    assert children["gateway"].environment["AVYAY_INTERNAL_URL"] == "http://127.0.0.1:8000"
    assert children["web"].environment["SECRET_KEY"] == "given"
    for server in ("postgres", "redis"):
        assert "given" not in children[server].environment.values()


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - only a name here
        ("::", "http://[::1]:8000"),
        ("192.168.1.5", "http://192.168.1.5:8000"),
    ],
)
def test_addresses_are_reachable_whatever_is_bound(wanted, bind, address):
    assert replace(wanted, bind=bind).web == address


def test_a_taken_port_is_named_with_its_variable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(start.PortTaken, match=f"Port {port} is taken by another program; set MARGA_PORT"):
            start.check_port("MARGA_PORT", "127.0.0.1", port)

    start.check_port("MARGA_PORT", "127.0.0.1", port)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(
        env.WrongVariable, match="AVYAY_BIND is '203.0.113.9', which is not an address of this machine"
    ):
        start.check_port("AVYAY_HTTP_PORT", "203.0.113.9", 8000)


def test_the_table_shows_what_was_generated_and_a_ready_request(wanted):
    made = {"admin_email": "a@example.com", "password": "pass-word", "api_key": "avy_live_x"}

    shown = start.table(wanted, made, 3.21)

    assert "ready after 3.2 s" in shown
    assert "pass-word   (shown once)" in shown
    assert "http://127.0.0.1:8080/v1/chat/completions" in shown
    assert "'Authorization: Bearer avy_live_x'" in shown


def test_a_later_table_shows_no_secret(wanted):
    shown = start.table(wanted, {"admin_email": "a@example.com", "password": None, "api_key": None}, 3)

    assert "shown once" not in shown
    assert "Bearer <your API key>" in shown


def test_generated_secrets_are_handed_over_once(wanted, tmp_path, capsys):
    places.write_private(wanted.layout.run / places.FIRST_START, json.dumps({"api_key": "avy_live_x"}))

    for _ in range(2):
        start._show(wanted, tmp_path / "ready.json", 1)

    first, second = (
        text.count("avy_live_x") for text in capsys.readouterr().err.split("Ctrl-C stops it.")[:2]
    )
    assert (first, second) == (2, 0)
    assert json.loads((tmp_path / "ready.json").read_text()).get("api_key") is None


def test_up_has_help_like_any_command(capsys):
    with pytest.raises(SystemExit):
        call_command("up", "--help")

    assert "--ready-file" in capsys.readouterr().out
