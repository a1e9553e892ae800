"""What `manage.py up` runs, resolved from the environment. No Django here: checks come before anything heavy."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from avyay_site import embedded, env, leftovers, places
from avyay_site.embedded import Layout
from avyay_site.supervise import Child
from marga.gateway.command import MEMORY, gateway_command

BASE_DIR = Path(__file__).resolve().parent.parent
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - how to reach such a bind
HTTP_OPTIONS = (
    "--http",
    "1",
    "--loop",
    "uvloop",
    "--backlog",
    "2048",
    "--no-access-log",
    "--log-level",
    "warning",
)
"""HTTP/1 only: what browsers and proxies speak to us in clear text, with one parser less to worry about."""

RESPAWN = "--respawn-failed-workers"
"""A killed worker is replaced at once, while the server keeps the socket open."""


@dataclass(frozen=True)
class Plan:
    """The variables of a start, read once."""

    layout: Layout
    bind: str
    web_port: int
    gateway_port: int
    web_workers: int
    gateway_workers: int
    worker_threads: int
    has_own_postgres: bool
    has_own_redis: bool
    logs_to_stderr: bool

    @property
    def web(self) -> str:
        """Address of the web program as seen from this machine."""
        return f"http://{_host(self.bind)}:{self.web_port}"

    @property
    def gateway(self) -> str:
        """Address of the gateway as seen from this machine."""
        return f"http://{_host(self.bind)}:{self.gateway_port}"

    @property
    def environment(self) -> dict[str, str]:
        """What every child sees: our own environment with the places made explicit."""
        return {
            **os.environ,
            "AVYAY_VAR": str(self.layout.var),
            "AVYAY_HTTP_PORT": str(self.web_port),
            "MARGA_PORT": str(self.gateway_port),
            "AVYAY_BIND": self.bind,
            "AVYAY_INTERNAL_URL": env.text("AVYAY_INTERNAL_URL", self.web),
            "DJANGO_SETTINGS_MODULE": "avyay_site.settings",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(BASE_DIR), os.environ.get("PYTHONPATH")])),
            "PYTHONUNBUFFERED": "1",
        }


def read() -> Plan:
    """Read the variables of a start.

    Raises WrongVariable.
    """
    return Plan(
        layout=layout(),
        bind=env.text("AVYAY_BIND", "127.0.0.1"),
        web_port=env.port("AVYAY_HTTP_PORT", 8000),
        gateway_port=env.port("MARGA_PORT", 8080),
        web_workers=env.integer("AVYAY_WEB_WORKERS", 1, least=1, most=64),
        gateway_workers=env.integer("MARGA_WORKERS", 1, least=1, most=64),
        worker_threads=env.integer("AVYAY_WORKER_THREADS", 4, least=1, most=256),
        has_own_postgres=not env.text("DATABASE_URL"),
        has_own_redis=not env.text("REDIS_URL"),
        logs_to_stderr=env.boolean("AVYAY_LOGS_TO_STDERR", default=False),
    )


def layout() -> Layout:
    """Return the folders under AVYAY_VAR."""
    return Layout(env.folder("AVYAY_VAR", BASE_DIR / "var"))


def children(plan: Plan) -> list[Child]:
    """Return everything to run, in the order of starting."""
    own_redis = [_redis(plan)] if plan.has_own_redis else []
    own_postgres = [_postgres(plan)] if plan.has_own_postgres else []
    # Postgres after those that load meanwhile: at the first start its files are made, which takes a second.
    return [_initial(plan), _gateway(plan), *own_redis, *own_postgres, _web(plan), _worker(plan), _beat(plan)]


def _postgres(plan: Plan) -> Child:
    program = embedded.postgres_program(plan.layout)
    return Child(
        name="postgres",
        argv=program.argv,
        environment=program.environment,
        user=program.user,
        is_ready=partial(embedded.is_postgres_ready, plan.layout),
        before_start=partial(_clear_for_postgres, plan.layout),
        stop_signal=signal.SIGINT,
        stop_stage=3,
        stop_seconds=1.5,
    )


def _clear_for_postgres(layout: Layout) -> None:
    leftovers.end_postgres(layout)
    embedded.create_cluster(layout)


def _redis(plan: Plan) -> Child:
    program = embedded.redis_program(plan.layout)
    return Child(
        name="redis",
        argv=program.argv,
        environment=program.environment,
        is_ready=partial(embedded.is_redis_ready, plan.layout),
        before_start=partial(leftovers.end_redis, plan.layout),
        stop_stage=2,
        stop_seconds=1,
    )


def _initial(plan: Plan) -> Child:
    """Migrations and the first rows; it loads Django while the database is still starting."""
    return Child(
        name="initial",
        argv=(sys.executable, "-m", "avyay_site.initial"),
        environment=plan.environment,
        is_task=True,
    )


def _web(plan: Plan) -> Child:
    place = ("--interface", "asgi", "--host", plan.bind, "--port", str(plan.web_port))
    crew = ("--workers", str(plan.web_workers), "--workers-kill-timeout", "2", RESPAWN)
    return Child(
        name="web",
        argv=(sys.executable, "-m", "granian", *place, *crew, *HTTP_OPTIONS, "avyay_site.asgi:application"),
        environment=plan.environment,
        is_ready=partial(places.answers, f"{plan.web}/readyz", timeout_seconds=0.5),
        needs=("initial",),
        stop_stage=1,
        stop_seconds=1.5,
    )


def _gateway(plan: Plan) -> Child:
    command = gateway_command(host=plan.bind, port=plan.gateway_port, workers=plan.gateway_workers)
    return Child(
        name="gateway",
        argv=(*command[:-1], RESPAWN, command[-1]),
        environment={**MEMORY, **plan.environment},
        is_ready=partial(places.answers, f"{plan.gateway}/readyz", timeout_seconds=0.5),
        stop_stage=0,
        stop_seconds=4,
    )


def _worker(plan: Plan) -> Child:
    options = ("-P", "threads", "-c", str(plan.worker_threads), "-Q", "default,scan,index")
    quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat", "-l", "warning")
    return _celery(plan, "worker", *options, *quiet)


def _beat(plan: Plan) -> Child:
    return _celery(plan, "beat", "-S", "django_celery_beat.schedulers:DatabaseScheduler", "-l", "warning")


def _celery(plan: Plan, name: str, *options: str) -> Child:
    sign = plan.layout.run / f"{name}.ready"
    return Child(
        name=name,
        argv=(sys.executable, "-m", "avyay_site.celery_child", str(sign), name, *options),
        environment=plan.environment,
        is_ready=sign.exists,
        before_start=partial(sign.unlink, missing_ok=True),
        needs=("initial",),
        stop_stage=0,
        stop_seconds=4,
    )


def _host(bind: str) -> str:
    host = ANY_ADDRESS.get(bind, bind)
    return f"[{host}]" if ":" in host else host
