"""A real Chromium in front of the real web program, on the tests' own database.

Playwright's loop runs in the tests' thread, so rows are made in another one: see `Backstage`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from avyay_site.embedded import Layout
from tests.browser.scene import Scene, set_scene

T = TypeVar("T")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="no Chromium here: apt-get install chromium"))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Playwright's loop ends with this folder, so that tests after it meet none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Backstage:
    """Run functions that touch rows in a thread of their own, without Playwright's loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="backstage")

    def __call__(self, act: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        def acting() -> T:
            try:
                return act(*args, **kwargs)
            finally:
                connection.close()

        return self._thread.submit(acting).result(timeout=60)


@pytest.fixture(scope="package")
def backstage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Backstage]:
    """Rows that the web program sees: committed, and flushed at the end.

    pytest-django makes the database only for tests with its own marks; ours ask through the web program.
    """
    acts = Backstage()
    with django_db_blocker.unblock():
        is_made = connection.settings_dict["NAME"].startswith("test_")
        made = None if is_made else acts(setup_databases, 0, False, aliases={"default"})
        yield acts
        acts(call_command, "flush", interactive=False, verbosity=0)
        if made:
            acts(teardown_databases, made, 0)


@dataclass
class Web:
    """The running web program."""

    url: str
    log: Path


@pytest.fixture(scope="package")
def web(backstage: Backstage, servers: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Granian with our ASGI application, on the tests' database and Redis."""
    log = tmp_path_factory.mktemp("web") / "web.log"
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--ws", "avyay_site.asgi:application"]
    environment = {**os.environ, "DATABASE_URL": _database_url(), "REDIS_URL": settings.REDIS_URL}
    environment |= {"AVYAY_HTTP_PORT": str(port), "AVYAY_VAR": str(servers.var)}
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file)
    try:
        _wait_for(f"http://127.0.0.1:{port}/sign-in", process, log)
        yield Web(url=f"http://localhost:{port}", log=log)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _database_url() -> str:
    database = settings.DATABASES["default"]
    name, host = database["NAME"], quote(str(database.get("HOST") or ""), safe="")
    port = f":{database['PORT']}" if database.get("PORT") else ""
    password = f":{quote(database['PASSWORD'], safe='')}" if database.get("PASSWORD") else ""
    return f"postgresql://{database['USER']}{password}@{host}{port}/{name}"


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The web program did not start:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="package")
def scene(backstage: Backstage) -> Scene:
    """A workspace with something on every page, and one with nothing."""
    return backstage(set_scene)


@pytest.fixture(scope="package")
def signed_in_state(chromium: Browser, web: Web, scene: Scene) -> Any:
    """The cookies of the owner, signed in by the form."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{web.url}/sign-in")
    page.get_by_label("E-mail address").fill(scene.email)
    page.get_by_label("Password").fill(scene.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/app/")
    state = context.storage_state()
    context.close()
    return state


@dataclass
class Visitor:
    """A browser window, with what it complained about."""

    page: Page
    url: str
    complaints: list[str]

    def visit(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


Open = Callable[..., Visitor]


@pytest.fixture
def open_window(chromium: Browser, web: Web, signed_in_state: Any) -> Iterator[Open]:
    """Open windows: signed in unless told otherwise, in any theme and width, with or without JavaScript."""
    contexts: list[BrowserContext] = []

    def opening(*, signed_in: bool = True, width: int = 1280, **options: Any) -> Visitor:
        state = signed_in_state if signed_in else None
        size = {"width": width, "height": 800}
        context = chromium.new_context(storage_state=state, viewport=size, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        visitor = Visitor(page=page, url=web.url, complaints=[])
        page.on("pageerror", lambda error: visitor.complaints.append(f"error: {error}"))
        page.on(
            "console", lambda said: visitor.complaints.append(said.text) if said.type == "error" else None
        )
        return visitor

    yield opening
    for context in contexts:
        context.close()
