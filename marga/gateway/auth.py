"""Who calls: from the headers to a key of the snapshot, or a refusal that gives nothing away."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterable

from avyay_site.keys.format import digest, is_well_formed
from marga.gateway.errors import NO_RETRY, Refusal, retry_after
from marga.gateway.settings import Settings
from marga.gateway.snapshot import EMPTY, Key, Snapshot
from marga.gateway.windows import Window

CONFIRMED_WITHIN_SECONDS = 15
LONGEST_HEADER = 256
BAD_KEYS_PER_MINUTE = 20
REMEMBERED_ADDRESSES = 10_000
REMEMBERED_KEYS = 10_000
BEARER = b"bearer "


class Keys:
    """The snapshot in use, when the web process last confirmed it, and who may call by it."""

    def __init__(self, settings: Settings) -> None:
        self._pepper = settings.pepper
        self._grace_seconds = settings.grace_seconds
        self._bad_allowed = max(1, BAD_KEYS_PER_MINUTE // settings.workers)
        self._bad: OrderedDict[str, Window] = OrderedDict()
        self._recognised: dict[bytes, Key] = {}
        self.snapshot: Snapshot = EMPTY
        self.confirmed_at = 0.0
        self.is_doubtful = False
        """Whether the web process did not answer when it was last asked: a key made meanwhile may be good."""

    def replace(self, snapshot: Snapshot, confirmed_at: float) -> None:
        """Use snapshot from now on."""
        self.snapshot = snapshot
        self.confirmed_at = confirmed_at
        self._recognised = {}

    def authenticate(self, headers: Iterable[tuple[bytes, bytes]], address: str, monotonic: float) -> Key:
        """Return the key that the headers carry.

        Raises Refusal: 401 for no or a wrong key, 429 when an address tries many, 503 when nobody can tell.
        """
        credential = credential_in(headers)
        # Remembered by its hash: no key in the clear stays in memory, and look-ups take the same time for all.
        fingerprint = hashlib.sha256(credential).digest()
        key = self._recognised.get(fingerprint)
        if key is None:
            key = self._look_up(credential, address, monotonic)
            if len(self._recognised) >= REMEMBERED_KEYS:
                self._recognised = {}
            self._recognised[fingerprint] = key
        now = time.time()
        if key.expires_at is not None and key.expires_at <= now:
            raise refused()
        if now - self.confirmed_at > CONFIRMED_WITHIN_SECONDS + self._grace_seconds:
            raise unable_to_tell()
        return key

    def _look_up(self, credential: bytes, address: str, monotonic: float) -> Key:
        text = credential.decode("ascii", "replace")
        if not is_well_formed(text):
            raise refused()
        key = self.snapshot.keys.get(digest(text, self._pepper))
        if key is not None:
            return key
        if self.is_doubtful or time.time() - self.confirmed_at > CONFIRMED_WITHIN_SECONDS:
            raise unable_to_tell()
        self._count_bad(address, monotonic)
        raise refused()

    def _count_bad(self, address: str, monotonic: float) -> None:
        window = self._bad.get(address)
        if window is None:
            window = self._bad[address] = Window(monotonic)
            if len(self._bad) > REMEMBERED_ADDRESSES:
                self._bad.popitem(last=False)
        if wait := window.wait(monotonic, self._bad_allowed - 1):
            raise Refusal(
                429,
                "too_many_wrong_keys",
                "Too many wrong API keys came from this address; wait a minute.",
                headers=[retry_after(wait)],
            )
        window.add(1)


def credential_in(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the key in `Authorization: Bearer` or `x-api-key`.

    Raises Refusal when there is none, or one that is too long to be a key.
    """
    found = b""
    for name, value in headers:
        if name == b"authorization":
            if value[:7].lower() == BEARER:
                found = value[7:].strip()
                break
        elif name == b"x-api-key":
            found = value
    if not found or len(found) > LONGEST_HEADER:
        raise refused()
    return found


def refused() -> Refusal:
    """Return the one answer to every key that is not good: the same bytes whatever is wrong with it."""
    return Refusal(
        401,
        "invalid_api_key",
        "The API key is missing or not valid; send it as 'Authorization: Bearer avy_live_…'.",
        # Claude Code goes on asking for minutes with a wrong key unless it is told not to.
        headers=[(b"www-authenticate", b"Bearer"), NO_RETRY],
    )


def unable_to_tell() -> Refusal:
    """Return the answer while the web process cannot be asked: not 401, because the key may be good."""
    return Refusal(
        503,
        "keys_unavailable",
        "Keys cannot be checked at the moment because the platform's database is away; try again shortly.",
        headers=[retry_after(5)],
    )
