from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from avyay_site import borrowing, embedded
from avyay_site.embedded import FORGETFUL, Layout
from avyay_site.keys import format as key_format
from tests.platform import BASE_DIR, CHILDREN, Platform, free_port, running_platform, wait_until

# One group, so that the workers of pytest-xdist do not start several platforms at once.
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("platform")]


@pytest.fixture
def platform(open_folder):
    platform = Platform(open_folder)
    yield platform
    if platform.process is not None and platform.process.poll() is None:
        platform.stop()


@pytest.fixture(scope="module")
def shared():
    """Give one running platform to tests that leave it running."""
    folder = Path(tempfile.mkdtemp(prefix="avyay-test-"))
    with running_platform(folder) as platform:
        yield platform
    shutil.rmtree(folder, ignore_errors=True)


def manage(platform, *arguments, **options):
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=BASE_DIR, env=platform.environment, capture_output=True, text=True, timeout=90, **options
    )


def first_status(platform):
    try:
        return platform.ask().status_code
    except httpx.HTTPError:
        return 0


def is_ready(url):
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def heals(platform, child, killed):
    if platform.pid(child) == killed:
        return False
    if child in ("worker", "beat"):
        return (platform.layout.run / f"{child}.ready").exists()
    return is_ready(f"{platform.web}/readyz") and first_status(platform) == 200


def test_first_start_answers_a_request_and_the_second_keeps_everything(platform):
    platform.start()

    assert stat.S_IMODE(platform.ready_file.stat().st_mode) == 0o600
    assert platform.started["admin_email"] == "admin@example.com"
    answer = platform.ask("Hello")
    assert answer.status_code == 200, answer.text
    wait_until(lambda: len(platform.usage()) == 1)
    assert platform.stop() < 10
    assert platform.process.returncode == 0
    assert platform.processes() == []
    assert not platform.layout.addresses.exists()

    platform.start()

    assert platform.started["api_key"] is None
    assert len(platform.usage()) == 1
    wait_until(lambda: first_status(platform) == 200)
    assert platform.stop(signal.SIGINT) < 10
    assert platform.processes() == []


@pytest.mark.parametrize("child", CHILDREN)
def test_a_killed_child_comes_back(shared, child):
    wait_until(lambda: first_status(shared) == 200)
    killed = shared.pid(child)

    os.kill(killed, signal.SIGKILL)

    wait_until(lambda: heals(shared, child, killed), 30)


@pytest.mark.parametrize("child", ["web", "gateway"])
def test_a_killed_server_worker_is_replaced_while_its_socket_stays_open(shared, child):
    ready = f"{shared.web if child == 'web' else shared.gateway}/readyz"
    wait_until(lambda: is_ready(ready))
    [worker] = [process for process in shared.processes() if process.ppid() == shared.pid(child)]

    worker.kill()

    wait_until(lambda: is_ready(ready), 20)


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_works(platform):
    platform.start()

    platform.process.kill()
    platform.process.communicate()

    wait_until(lambda: platform.processes() == [], 15)
    platform.start()
    wait_until(lambda: first_status(platform) == 200)


def test_a_start_right_after_a_killed_supervisor_waits_for_what_is_left(platform):
    platform.start()
    platform.process.kill()
    platform.process.communicate()

    platform.start()

    wait_until(lambda: first_status(platform) == 200)


def test_given_first_rows_are_used_and_never_shown(platform):
    key = "avy_live_" + "0" * 30
    key += key_format.checksum(key)
    platform.environment |= {
        "AVYAY_INIT_ADMIN_EMAIL": "ops@example.org",
        "AVYAY_INIT_ADMIN_PASSWORD": "a given password",
        "AVYAY_INIT_WORKSPACE": "acme",
        "AVYAY_INIT_API_KEY": key,
    }

    platform.start()

    assert platform.started["admin_email"] == "ops@example.org"
    assert platform.started["workspace"] == "acme"
    assert platform.started["api_key"] is None
    assert platform.ask(api_key=key).status_code == 200
    platform.process.terminate()
    shown = platform.process.communicate()[1]
    assert key not in shown
    assert "a given password" not in shown


def test_commands_use_the_running_platform_and_borrow_the_database_without_it(platform):
    ask = ("create_key", "--workspace", "default", "--scope", "marga:call", "--json")
    platform.start()

    with_it = manage(platform, *ask, check=True)
    platform.stop()
    without_it = manage(platform, *ask, check=True)

    assert json.loads(with_it.stdout) != json.loads(without_it.stdout)
    assert platform.processes() == []


def test_doctor_is_content_with_a_running_platform(shared):
    wait_until(lambda: is_ready(f"{shared.gateway}/readyz"))

    result = manage(shared, "doctor", "--json", check=False)

    found = {finding["name"]: finding for finding in json.loads(result.stdout)}
    names = ("postgres", "pgvector", "migrations", "redis", "platform", "web", "gateway", "worker", "beat")
    assert {name: found[name]["state"] for name in names} == dict.fromkeys(names, "ok")


def test_the_demo_shows_requests_through_the_gateway(shared):
    result = manage(shared, "demo", check=True)

    assert result.stdout.count("> ") == 4
    assert f"{shared.web}/app/usage/" in result.stdout


def test_with_addresses_given_nothing_is_embedded(platform, open_folder):
    elsewhere = Layout(open_folder / "elsewhere")
    with borrowing.borrow(elsewhere, settings=FORGETFUL):
        host = quote(str(elsewhere.socket_dir), safe="")
        platform.environment |= {
            "DATABASE_URL": f"postgres://postgres@{host}/avyay",
            "REDIS_URL": elsewhere.redis_url,
        }

        platform.start()

        assert platform.ask().status_code == 200
        wait_until(lambda: len(platform.usage()) == 1)
        assert platform.pid("postgres") is None
        assert not platform.layout.postgres_data.exists()
        assert platform.stop() < 10
        assert embedded.is_postgres_ready(elsewhere)


def test_two_platforms_run_side_by_side(shared, platform):
    platform.start()

    assert platform.ask().status_code == 200
    assert platform.ask(api_key=shared.api_key).status_code == 401


def test_a_second_platform_in_the_same_folder_is_refused(shared):
    result = manage(shared, "up", check=False)

    assert result.returncode == 2
    assert "A platform already runs with AVYAY_VAR" in result.stderr


def refusal(platform, **changed):
    platform.environment |= changed
    result = manage(platform, "up", check=False)
    return result.returncode, result.stderr


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"AVYAY_HTTP_PORT": "80a"}, "AVYAY_HTTP_PORT is '80a'; set it to a whole number from 1 to 65535."),
        ({"AVYAY_WEB_WORKERS": "0"}, "AVYAY_WEB_WORKERS is 0; set it to a whole number from 1 to 64."),
        (
            {"AVYAY_BIND": "203.0.113.9"},
            "AVYAY_BIND is '203.0.113.9', which is not an address of this machine",
        ),
        ({"AVYAY_DB_POOL": "many"}, "AVYAY_DB_POOL is 'many'; set it to a whole number"),
        ({"AVYAY_VAR": "/proc/nowhere"}, "AVYAY_VAR is /proc/nowhere, which cannot be written"),
        ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE names /nowhere, which cannot be read"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(platform, changed, sentence):
    code, shown = refusal(platform, **changed)

    assert code == 2
    assert sentence in shown
    assert "Traceback" not in shown
    assert platform.processes() == []


@pytest.mark.parametrize("name", ["AVYAY_HTTP_PORT", "MARGA_PORT"])
def test_a_taken_port_is_refused_with_the_variable_to_change(platform, name):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        port = taken.getsockname()[1]
        code, shown = refusal(platform, **{name: str(port)})

    assert code == 2
    assert f"Port {port} is taken by another program; set {name} to a free port." in shown
