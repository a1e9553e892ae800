"""R-12: a hostile program inside tries every way out; each is seen to be one by the same program outside."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raksha.sandbox import Broken, Host, Isolation, Limits, Walless
from raksha.sandbox.isolation import WALLS
from raksha.sandbox.tests import probe
from raksha.sandbox.view import PACKAGE
from raksha.sandbox.walls import Job, Plan

pytestmark = pytest.mark.processes
PROBE = "raksha.sandbox.tests.probe:run"
LIMITS = Limits(wall_seconds=20, memory_mb=512, processes=24)


class Canary:
    """Listens wherever a probe may call."""

    def __init__(self, stack: ExitStack, name: str) -> None:
        self.heard: list[str] = []
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = tcp.getsockname()[1]
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", self.port))
        local = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        local.bind(f"\0{name}")
        local.listen()
        for kind, channel in (("tcp", tcp), ("udp", udp), ("unix", local)):
            channel.settimeout(0.05)
            threading.Thread(target=self._listen, args=(kind, channel), daemon=True).start()

    def _listen(self, kind: str, channel: socket.socket) -> None:
        while channel.fileno() >= 0:
            try:
                if channel.type == socket.SOCK_DGRAM:
                    channel.recv(100)
                else:
                    channel.accept()[0].close()
                self.heard.append(kind)
            except TimeoutError:
                continue
            except OSError:
                return


@pytest.fixture
def stage(open_folder):
    """Make another tenant's scan, the platform's secrets, and a listener; say what a probe is to try."""
    open_folder.chmod(0o755)
    own, other, secret = (open_folder / name for name in ("scan-1", "scan-2", "secrets"))
    for folder in (own, other, secret):
        folder.mkdir(mode=0o755)
        (folder / "000001.py").write_text("secret")
    with ExitStack() as stack:
        canary = Canary(stack, str(open_folder))
        request = {
            "port": canary.port,
            "abstract": str(open_folder),
            "secrets": [
                str(secret / "000001.py"),
                str(other / "000001.py"),
                "/etc/passwd",
                "/proc/1/environ",
            ],
            "folders": [str(open_folder), str(other), str(secret), "/etc", "/home", "/root", "/proc", "/sys"],
            "places": [str(own / "new"), str(other / "new"), "/usr/new", "/new", f"{PACKAGE}/new"],
            "processes": [os.getpid()],
            "gains": True,
        }
        yield own, request, canary


def test_none_of_the_ways_out_leads_anywhere(stage):
    own, request, canary = stage
    with Host() as host:
        if host.isolation.missing:
            pytest.skip(host.isolation.says)

        told = host.call(PROBE, request, folder=str(own), limits=LIMITS)

    check(told, own)
    assert canary.heard == []


def test_the_same_ways_lead_out_where_there_are_no_walls(stage):
    """The control: what the tests above take for closed is open without walls."""
    own, request, canary = stage

    tried = {**request, "gains": False, "secrets": request["secrets"][:3], "places": [str(own / "new")]}
    argv = [sys.executable, "-m", probe.__name__]
    done = subprocess.run(
        argv, cwd=PACKAGE.parent, input=json.dumps(tried).encode(), capture_output=True, check=True
    )
    told = json.loads(done.stdout)

    assert {"tcp", "udp", "unix"} <= set(told["connected"]) == set(told["connected"])
    assert set(told["read"]) == set(request["secrets"][:3])
    assert told["listed"][str(own.parent)] == ["scan-1", "scan-2", "secrets"]
    assert told["written"] == [str(own / "new")]
    assert told["signalled"] == request["processes"]
    assert told["seen"] > 1
    assert {"tcp", "udp", "unix"} <= set(canary.heard)


@pytest.mark.parametrize("namespaces", ["as_root", "as_user"])
def test_each_kind_of_namespaces_holds(stage, namespaces):
    own, request, canary = stage
    if namespaces == "as_root" and os.geteuid() != 0:
        pytest.skip("Only root has namespaces without a user namespace.")

    told = walled(Plan(namespaces=namespaces, call_filter=False), own, request)

    if told is None:
        pytest.skip(f"The kernel gives no namespaces {namespaces}.")
    check(told, own, gains=frozenset({"user namespace"}))  # the filter's part
    assert canary.heard == []


def test_the_filter_alone_keeps_from_the_network(stage):
    own, request, canary = stage

    told = walled(Plan(call_filter=True), own, request)

    if told is None:
        pytest.skip("This kernel has no filter for system calls, or none for this machine.")
    assert set(told["connected"]) <= {"unix"}
    assert told["gained"] == []
    assert not {"tcp", "udp"} & set(canary.heard)


def test_a_host_that_requires_the_network_wall_has_it(open_folder):
    with Host(require_network_wall=True) as host:
        assert host.isolation.network


def test_a_host_that_requires_the_network_wall_runs_nothing_without_it(open_folder, monkeypatch):
    told = Isolation.from_json
    monkeypatch.setattr(Isolation, "from_json", lambda value: replace(told(value), network=False))

    with Host(require_network_wall=True) as host:
        with pytest.raises(Walless, match="RAKSHA_SANDBOX"):
            host.run(["/bin/true"], folder=str(open_folder), limits=LIMITS)
        assert host.pid is None


def test_a_job_whose_walls_do_not_stand_is_not_run(open_folder):
    with Host() as host, pytest.raises(Broken, match="does not stand|No such file"):
        host.run(["/bin/true"], folder=str(open_folder / "nothing"), limits=LIMITS)


def test_what_is_missing_is_said():
    whole = Isolation(**dict.fromkeys(WALLS, True), plan=Plan())
    partial = Isolation(**{**dict.fromkeys(WALLS, True), "network": False}, plan=Plan())

    assert (whole.missing, partial.missing) == ((), ("network",))
    assert "All walls stand" in whole.says
    assert "not that scanning code reaches no network" in partial.says
    assert Isolation.from_json(json.loads(json.dumps(partial.to_json()))) == partial


def check(told: dict[str, Any], own: Path, gains: frozenset[str] = frozenset()) -> None:
    assert told["connected"] == []
    assert told["read"] == []
    ways = {*Path(sys.base_prefix).parts, *PACKAGE.parts}  # folders of the view, on the way to what it shows
    assert set(told["listed"].pop("/etc", [])) <= {"ld.so.cache", "localtime"}
    assert told["listed"].pop(str(own.parent)) == [own.name]
    assert {name for names in told["listed"].values() for name in names} <= ways
    assert told["written"] == []
    assert told["signalled"] == []
    assert told["seen"] == 0
    assert set(told["environment"]) <= {"PATH", "LANG", "HOME", "TMPDIR", "LC_CTYPE"}
    assert set(told["gained"]) <= gains
    assert told["user"] != 0
    assert told["input"] == ""
    assert len(told["open"]) <= 1  # the channel of its answer


def walled(plan, own, request):
    """Run the probe under a plan; None where this kernel does not give it."""
    job = Job(folder=str(own), limits=LIMITS)
    argv = [
        sys.executable,
        "-m",
        "raksha.sandbox.tests.walled",
        *map(json.dumps, (_plain(plan), job.to_json())),
    ]
    done = subprocess.run(
        [*argv, PROBE, json.dumps(request)], cwd=PACKAGE.parent, capture_output=True, check=True
    )
    return json.loads(done.stdout)["answer"] if done.stdout else None


def _plain(plan):
    return {"namespaces": plan.namespaces, "call_filter": plan.call_filter, "counts_processes": False}
