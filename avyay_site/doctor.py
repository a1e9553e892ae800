"""What works here and what does not, each with how to mend it. Works with nothing running."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from django.conf import settings

from avyay_site import checkup, embedded, places, start
from avyay_site.checkup import Finding, State
from avyay_site.embedded import Layout
from avyay_site.env import WrongVariable

LEAST_FREE_BYTES = 200 * 1024**2
ENOUGH_FREE_BYTES = 2 * 1024**3
MOST_CLOCK_SKEW_SECONDS = 2.0


def examine() -> Iterator[Finding]:
    """Yield one finding a check, quick ones first."""
    layout: Layout = settings.LAYOUT
    here = places.running(layout.var)
    yield python()
    yield packages(settings.BASE_DIR / "requirements.txt")
    yield folder(layout.var)
    yield disk(layout.var)
    yield secrets(layout)
    yield from ports(is_running=here is not None)
    yield from database(layout)
    yield redis(layout)
    yield from products(layout)
    yield from programs(here, layout)
    yield tool("git", "git", State.FAIL, "install git; the scanner and the build engine need it")
    yield tool("semgrep", "semgrep", State.FAIL, "run `make up`, which installs it")
    yield tool("ssh", "ssh", State.WARN, "install an OpenSSH client to add nodes by hand")
    yield tool("chromium", "chromium", State.WARN, "install chromium; only the browser tests need it")


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", State.OK, f"{version} in {sys.prefix}")


def packages(lock: Path) -> Finding:
    """Compare what is installed with the lock."""
    wrong = [name for name, wanted in _locked(lock) if _installed(name) != wanted]
    if wrong:
        shown = ", ".join(wrong[:5]) + (" …" if len(wrong) > 5 else "")
        return Finding(
            "packages", State.FAIL, f"{len(wrong)} differ from {lock.name}: {shown}", "run `make up`"
        )
    return Finding("packages", State.OK, f"as in {lock.name}")


def folder(var: Path) -> Finding:
    existing = next(path for path in (var, *var.parents) if path.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding(
            "AVYAY_VAR", State.FAIL, f"{existing} cannot be written", "set AVYAY_VAR to another folder"
        )
    return Finding("AVYAY_VAR", State.OK, str(var))


def disk(var: Path) -> Finding:
    existing = next(path for path in (var, *var.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / 1024**3:.1f} GiB free"
    if free >= ENOUGH_FREE_BYTES:
        return Finding("disk", State.OK, detail)
    state = State.WARN if free >= LEAST_FREE_BYTES else State.FAIL
    return Finding("disk", state, detail, "free some space, or move AVYAY_VAR to a larger disk")


def secrets(layout: Layout) -> Finding:
    """Look who may read the kept secrets."""
    kept = sorted(layout.secrets.iterdir()) if layout.secrets.exists() else []
    open_to_others = [path for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_to_others:
        names = " ".join(map(str, open_to_others))
        return Finding("secrets", State.FAIL, "readable by others", f"chmod 600 {names}")
    return Finding("secrets", State.OK, f"{len(kept)} kept in {layout.secrets}")


def ports(*, is_running: bool) -> Iterator[Finding]:
    for name, number in (("AVYAY_HTTP_PORT", settings.HTTP_PORT), ("MARGA_PORT", settings.MARGA_PORT)):
        if is_running:
            yield Finding(name, State.OK, f"{number}, in use by this platform")
            continue
        try:
            start.check_port(name, settings.BIND, number)
        except (start.PortTaken, WrongVariable) as exc:
            yield Finding(name, State.FAIL, str(number), str(exc))
        else:
            yield Finding(name, State.OK, f"{number}, free")


def database(layout: Layout) -> Iterator[Finding]:
    """Ask the database for its version, its vector extension, its clock and missing migrations."""
    if not settings.DATABASE_URL and not embedded.is_postgres_ready(layout):
        yield Finding("postgres", State.WARN, "embedded, not running", "`make up` starts it")
        return
    from django.db import Error, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT split_part(version(), ' ', 2), extract(epoch FROM clock_timestamp())::float,"
                " (SELECT default_version FROM pg_available_extensions WHERE name = 'vector')"
            )
            version, clock, vector = cursor.fetchone()
        skew = abs(time.time() - clock)
        waiting = _waiting_migrations()
    except Error as exc:
        yield Finding(
            "postgres", State.FAIL, str(exc).strip().splitlines()[0], "check DATABASE_URL and the server"
        )
        return
    yield Finding("postgres", State.OK, version)
    yield (
        Finding("pgvector", State.OK, vector)
        if vector
        else Finding(
            "pgvector", State.FAIL, "missing", "install the extension pgvector on the database server"
        )
    )
    yield (
        Finding("clock", State.OK, f"{skew:.2f} s from the database's")
        if skew <= MOST_CLOCK_SKEW_SECONDS
        else Finding("clock", State.WARN, f"{skew:.0f} s from the database's", "set both clocks by NTP")
    )
    yield (
        Finding(
            "migrations", State.WARN, f"{waiting} to apply", "`make up` or `manage.py migrate` applies them"
        )
        if waiting
        else Finding("migrations", State.OK, "all applied")
    )


def products(layout: Layout) -> Iterator[Finding]:
    """Ask the products, while there is a database that they can ask."""
    if not settings.DATABASE_URL and not embedded.is_postgres_ready(layout):
        return
    from django.db import DatabaseError

    for name, check in checkup.checks():
        try:
            yield from check()
        except DatabaseError as exc:
            yield Finding(name, State.WARN, str(exc).strip().splitlines()[0], "`manage.py migrate` may help")


def redis(layout: Layout) -> Finding:
    if layout.redis_url == settings.REDIS_URL and not embedded.is_redis_ready(layout):
        return Finding("redis", State.WARN, "embedded, not running", "`make up` starts it")
    from redis import Redis, RedisError

    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as store:
            info = store.info()
    except RedisError as exc:
        return Finding("redis", State.FAIL, str(exc), "check REDIS_URL and the server")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return Finding("redis", State.WARN, f"evicts ({policy})", "set maxmemory-policy noeviction")
    return Finding("redis", State.OK, info["redis_version"])


def programs(here: places.Places | None, layout: Layout) -> Iterator[Finding]:
    """Look at the processes of a running platform."""
    if here is None:
        yield Finding("platform", State.WARN, "not running", "`make up` starts it")
        return
    yield Finding("platform", State.OK, f"process {here.pid}")
    yield _answering("web", f"{here.web}/readyz", layout)
    yield _answering("gateway", f"{here.gateway}/readyz", layout)
    for name in ("worker", "beat"):
        if places.is_alive(layout, name):
            yield Finding(name, State.OK, "running")
        else:
            yield Finding(name, State.FAIL, "not running", f"see {layout.logs / f'{name}.log'}")


def tool(name: str, program: str, state: State, mend: str) -> Finding:
    """Look for a program beside our Python, then on PATH."""
    found = shutil.which(
        program, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    )
    return Finding(name, State.OK, found) if found else Finding(name, state, "not found", mend)


def _answering(name: str, url: str, layout: Layout) -> Finding:
    status = places.status_of(url, timeout_seconds=3)
    if status == 200:
        return Finding(name, State.OK, url)
    return Finding(
        name, State.FAIL, f"{url} gives {status or 'no answer'}", f"see {layout.logs / f'{name}.log'}"
    )


def _locked(lock: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of each line that pins one, for this platform as far as markers go."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        name, separator, rest = line.partition("==")
        if separator and not line.startswith((" ", "#")) and ";" not in line:
            yield name.partition("[")[0], rest.split()[0]


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _waiting_migrations() -> int:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
