"""The gateway's settings, read once from the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from avyay_site import env, secrets
from avyay_site.addresses import Allowance
from avyay_site.crypto import internal_token
from avyay_site.embedded import Layout

MEGABYTE = 1 << 20


@dataclass(frozen=True, repr=False)
class Settings:
    """repr is left out because some fields are secret."""

    layout: Layout
    control_url: str
    control_token: str
    pepper: str
    redis_url: str | None
    encryption_keys: tuple[str, ...]
    metrics_token: str
    workers: int
    max_body_bytes: int
    max_answer_bytes: int
    max_spool_bytes: int
    max_cache_bytes: int
    max_concurrent: int
    max_upstream_connections: int
    grace_seconds: int
    body_timeout_seconds: int
    idle_timeout_seconds: int
    keep_alive_seconds: int
    is_logging_requests: bool
    allowance: Allowance

    @property
    def folder(self) -> Path:
        """Where the last snapshot is kept."""
        return self.layout.var / "gateway"

    @property
    def spool(self) -> Path:
        """Where usage waits for the web process."""
        return self.layout.spool / "usage"


def load() -> Settings:
    """Read the environment.

    Raises env.WrongVariable.
    """
    layout = Layout(env.folder("AVYAY_VAR", Path("var")))
    kept = secrets.load(layout.secrets)
    web_port = env.port("AVYAY_HTTP_PORT", 8000)
    return Settings(
        layout=layout,
        control_url=env.text("AVYAY_INTERNAL_URL", f"http://127.0.0.1:{web_port}").rstrip("/"),
        control_token=internal_token(kept.encryption_keys),
        pepper=kept.key_pepper,
        redis_url=env.text("REDIS_URL", layout.redis_url) or None,
        encryption_keys=kept.encryption_keys,
        metrics_token=env.text("AVYAY_METRICS_TOKEN"),
        workers=env.integer("MARGA_WORKERS", 1, least=1, most=64),
        max_body_bytes=env.integer("MARGA_MAX_BODY_MB", 20, least=1, most=1024) * MEGABYTE,
        max_answer_bytes=env.integer("MARGA_MAX_ANSWER_MB", 64, least=1, most=1024) * MEGABYTE,
        max_spool_bytes=env.integer("MARGA_SPOOL_MB", 1024, least=1, most=1 << 20) * MEGABYTE,
        max_cache_bytes=env.integer("MARGA_CACHE_MB", 64, least=0, most=1 << 20) * MEGABYTE,
        max_concurrent=env.integer("MARGA_MAX_CONCURRENT", 12_000, least=1, most=1_000_000),
        max_upstream_connections=env.integer("MARGA_UPSTREAM_CONNECTIONS", 2_000, least=1, most=100_000),
        grace_seconds=env.integer("MARGA_GRACE_SECONDS", 900, least=0, most=30 * 86_400),
        body_timeout_seconds=env.integer("MARGA_BODY_TIMEOUT_SECONDS", 30, least=1, most=3600),
        idle_timeout_seconds=env.integer("MARGA_IDLE_TIMEOUT_SECONDS", 30, least=1, most=3600),
        keep_alive_seconds=env.integer("MARGA_KEEP_ALIVE_SECONDS", 10, least=1, most=3600),
        is_logging_requests=env.boolean("MARGA_LOG_REQUESTS", True),
        allowance=Allowance.parse(env.words("AVYAY_OUTBOUND_ALLOW")),
    )
