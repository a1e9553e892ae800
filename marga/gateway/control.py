"""The link to the web process: fetch the snapshot, deliver usage. Postgres is behind it, Redis is not involved.

The snapshot is asked for every second; 200 and 304 both prove that the database is up. Usage counts as delivered
only when the answer says that it is committed; anything else means keep it and try again.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import orjson

from marga.gateway.auth import CONFIRMED_WITHIN_SECONDS, Keys
from marga.gateway.limits import Limits
from marga.gateway.logs import Log
from marga.gateway.metrics import Metrics
from marga.gateway.reporting import PATH, REPORT_SECONDS, Reporter
from marga.gateway.settings import Settings
from marga.gateway.snapshot import Snapshot, UnusableSnapshot, parse
from marga.gateway.spool import Folder, Spool

POLL_SECONDS = 1.0
SHIP_SECONDS = 0.3
ADOPT_SECONDS = 15.0
LONGEST_PAUSE_SECONDS = 5.0
TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=3)
ABOUT_THE_RECORDS = frozenset({400, 413, 422})
"""Statuses that say the records themselves are not acceptable; every other failure is passing."""


class Unreachable(Exception):
    """The web process did not answer as agreed."""


class ControlLink:
    """Runs beside the requests, in the same loop."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        limits: Limits,
        spool: Spool,
        metrics: Metrics,
        log: Log,
        reporter: Reporter,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._limits = limits
        self._spool = spool
        self._metrics = metrics
        self._log = log
        self._reporter = reporter
        self._copy = settings.folder / "snapshot.json"
        self._headers = {"Authorization": f"Bearer {settings.control_token}"}
        self._session: aiohttp.ClientSession
        self._tasks: list[asyncio.Task[None]] = []
        self._adopted_at = time.monotonic()
        self.works = {"snapshot": True, "usage": True, "report": True}

    async def start(self) -> None:
        """Load the copy of the last snapshot, then keep asking and delivering."""
        self._load_copy()
        self._session = aiohttp.ClientSession(
            headers=self._headers, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
        )
        for name, work, seconds in (
            ("snapshot", self._fetch, POLL_SECONDS),
            ("usage", self._ship, SHIP_SECONDS),
            ("report", self._report, REPORT_SECONDS),
        ):
            self._tasks.append(asyncio.create_task(self._repeat(name, work, seconds)))

    async def close(self) -> None:
        """Stop, after one last attempt to deliver."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(2):
                await self._ship()
        except (Unreachable, TimeoutError, aiohttp.ClientError) as exc:
            self._log.event("usage_left_for_next_start", records=self._spool.pending, reason=repr(exc))
        await self._session.close()

    async def _repeat(self, name: str, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Do work again and again; log a line when it begins to fail and when it works again, not at each try."""
        pause = seconds
        while True:
            try:
                await work()
            except (Unreachable, UnusableSnapshot, TimeoutError, aiohttp.ClientError, OSError) as exc:
                if self.works[name]:
                    self._log.event(f"{name}_link_down", level="warning", reason=str(exc) or repr(exc))
                self.works[name] = False
                pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
            else:
                if not self.works[name]:
                    self._log.event(f"{name}_link_up")
                self.works[name] = True
                pause = seconds
            self._keys.is_doubtful = not self.works["snapshot"]
            await asyncio.sleep(pause)

    async def _fetch(self) -> None:
        url = f"{self._settings.control_url}/internal/gateway/snapshot"
        known = self._keys.snapshot.etag
        async with self._session.get(url, headers={"If-None-Match": known} if known else {}) as response:
            if response.status == 304:
                self._confirm()
            elif response.status == 200:
                text = await response.read()
                etag = response.headers.get("ETag", "")
                self._use(text, etag)
                self._keep_copy(text, etag)
            else:
                raise Unreachable(f"the web process answered {response.status} to the snapshot request")

    def _confirm(self) -> None:
        self._keys.confirmed_at = time.time()
        # The age of the copy on disk says when it was last confirmed, for a start without the web process.
        if self._copy.exists() and time.time() - self._copy.stat().st_mtime > CONFIRMED_WITHIN_SECONDS / 3:
            os.utime(self._copy)

    def _use(self, text: bytes, etag: str, confirmed_at: float | None = None) -> None:
        snapshot = self._parse(text, etag)
        self._keys.replace(snapshot, time.time() if confirmed_at is None else confirmed_at)
        self._limits.forget({key.id for key in snapshot.keys.values()})
        self._log.event("snapshot_in_use", keys=len(snapshot.keys), models=len(snapshot.deployments))

    def _parse(self, text: bytes, etag: str) -> Snapshot:
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError as exc:
            raise UnusableSnapshot("the snapshot is not JSON") from exc
        return parse(document, etag=etag, encryption_keys=self._settings.encryption_keys)

    def _keep_copy(self, text: bytes, etag: str) -> None:
        self._settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._copy.with_name(f".snapshot.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(etag) + b"\n" + text)
        draft.replace(self._copy)

    def _load_copy(self) -> None:
        try:
            first, _, text = self._copy.read_bytes().partition(b"\n")
            self._use(text, orjson.loads(first), confirmed_at=self._copy.stat().st_mtime)
        except FileNotFoundError:
            return
        except (OSError, UnusableSnapshot, orjson.JSONDecodeError) as exc:
            self._log.event("snapshot_copy_unusable", level="warning", reason=str(exc))

    async def _report(self) -> None:
        """Tell the web process how credentials and models fare, when something changed."""
        body = self._reporter.report(time.monotonic(), time.time())
        if body is None:
            return
        status, _ = await self._post(PATH, body)
        if status != 200:
            raise Unreachable(f"the web process answered {status} to a report")
        self._reporter.arrived()

    async def _ship(self) -> None:
        for folder in list(self._spool.adopted):
            await self._ship_folder(folder, None)
            self._spool.finish(folder)
        await self._ship_folder(self._spool.own, self._spool.newest)
        if time.monotonic() - self._adopted_at > ADOPT_SECONDS:
            self._adopted_at = time.monotonic()
            self._spool.adopt()

    async def _ship_folder(self, folder: Folder, newest: Path | None) -> None:
        while True:
            lines, size = folder.read(newest)
            if not lines:
                return
            spent = await self._deliver(lines)
            self._spool.acknowledge(folder, len(lines), size)
            if folder is self._spool.own:
                self._limits.shipped(self._spool.acknowledged, spent)
                newest = self._spool.newest

    async def _deliver(self, lines: list[bytes]) -> dict[str, str]:
        """Send records until each is taken or set aside; return what web says was spent, by key."""
        body = b'{"records":[' + b",".join(lines) + b"]}"
        status, answer = await self._post("/internal/gateway/usage", body)
        if status == 200:
            said = orjson.loads(answer)
            for stray in said.get("rejected") or ():
                self._set_aside(lines[stray["index"]], stray["reason"])
            spent = said.get("spent_usd", {})
            return spent if isinstance(spent, dict) else {}
        if status not in ABOUT_THE_RECORDS:
            raise Unreachable(f"the web process answered {status} to usage")
        if len(lines) == 1:
            self._set_aside(lines[0], f"{status} {answer[:300].decode('utf-8', 'replace')}")
            return {}
        half = len(lines) // 2
        return {**await self._deliver(lines[:half]), **await self._deliver(lines[half:])}

    def _set_aside(self, line: bytes, reason: str) -> None:
        self._spool.reject(line, reason)
        self._metrics.usage_rejected += 1
        self._log.event("usage_rejected", level="error", reason=reason[:300])

    async def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        url = f"{self._settings.control_url}{path}"
        headers = {"Content-Type": "application/json"}
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            return response.status, await response.read()
