"""Set-up shared by all tests: embedded servers, blocked sockets, frozen clock.

Without DATABASE_URL and REDIS_URL the embedded servers are used, in one temporary folder for the whole run.
They start when the first test needs them, and are shared by the workers of pytest-xdist.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
import pytest_socket
from django.conf import settings

from avyay_site import borrowing, embedded, leftovers

NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
FOLDER = "AVYAY_TESTS_FOLDER"
OWN_VARIABLES = ("AVYAY_", "MARGA_", "RAKSHA_", "OTEL_", "OPENAI_", "ANTHROPIC_", "OLLAMA_")


def _forget_the_shell() -> None:
    """Drop variables of the person who runs the tests, so that a run does not depend on them."""
    for name in list(os.environ):
        if name.startswith(OWN_VARIABLES) and name != FOLDER:
            del os.environ[name]


# pytest-django would read the settings before this file is imported, so pyproject.toml does not name them;
# they are set up here, once AVYAY_VAR names a folder of this run. Workers of pytest-xdist inherit that folder.
_forget_the_shell()
IS_CONTROLLER = FOLDER not in os.environ
TEMPORARY = Path(
    os.environ.setdefault(FOLDER, tempfile.mkdtemp(prefix="avyay-tests-") if IS_CONTROLLER else "")
)
LAYOUT = embedded.Layout(TEMPORARY / "var")
os.environ["AVYAY_VAR"] = str(LAYOUT.var)
os.environ["DJANGO_SETTINGS_MODULE"] = "avyay_site.settings"
django.setup()
# The real hasher is slow on purpose: half a second for each user that a test makes.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

from avyay_site.accounts.access import Access  # noqa: E402 - needs the apps that the line above loads
from avyay_site.accounts.models import Role, User, Workspace  # noqa: E402
from avyay_site.accounts.tests.factories import MembershipFactory, WorkspaceFactory  # noqa: E402
from avyay_site.keys.services import Issued  # noqa: E402
from avyay_site.keys.tests.factories import issue  # noqa: E402


def pytest_unconfigure() -> None:
    if IS_CONTROLLER:
        leftovers.end_servers(LAYOUT)
        shutil.rmtree(TEMPORARY, ignore_errors=True)
        os.environ.pop(FOLDER, None)


def pytest_runtest_setup() -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[embedded.Layout]:
    """Embedded Postgres and Redis for the session, unless DATABASE_URL and REDIS_URL name others."""
    wants_postgres, wants_redis = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    with borrowing.borrow(LAYOUT, postgres=wants_postgres, redis=wants_redis, settings=embedded.FORGETFUL):
        yield LAYOUT


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, servers: embedded.Layout) -> None:
    """Have the servers up before pytest-django creates the test database."""


@pytest.fixture
def redis_server(servers: embedded.Layout) -> str:
    """Return the address of the tests' Redis."""
    return os.environ.get("REDIS_URL") or servers.redis_url


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a temporary folder that the database's system user may enter: pytest closes its own to others."""
    folder = Path(tempfile.mkdtemp(prefix="avyay-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def workspace(db: None) -> Workspace:
    """Make a workspace."""
    return WorkspaceFactory.create()


@pytest.fixture
def user(workspace: Workspace) -> User:
    """Make an owner of the workspace."""
    return MembershipFactory.create(workspace=workspace).user


@pytest.fixture
def access(workspace: Workspace, user: User) -> Access:
    """Return the owner's access."""
    return Access(workspace=workspace, role=Role.OWNER, user=user)


@pytest.fixture
def api_key(workspace: Workspace) -> Issued:
    """Issue a key with every scope; its secret is in `api_key.secret`."""
    return issue(workspace)


@pytest.fixture
def now() -> dt.datetime:
    """The moment that tests call now."""
    return NOW


@pytest.fixture
def frozen_clock(now: dt.datetime) -> Iterator[dt.datetime]:
    """Stop every clock at `now`."""
    import time_machine

    with time_machine.travel(now, tick=False):
        yield now
