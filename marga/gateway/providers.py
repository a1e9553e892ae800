"""Providers as the gateway calls them: addresses, credentials and the headers they see. Read from the snapshot, then fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from avyay_site.crypto import UnableToDecrypt, decrypt
from marga.gateway.accounts import Credential

BY_KIND = {
    "openai": ("chat", "embeddings"),
    "anthropic": ("messages",),
    "ollama": ("chat", "embeddings"),
    "sandbox": ("chat",),
}
"""What a provider speaks when its row does not say."""

OPENAI_HOST = "api.openai.com"
OPENAI_ALSO = ("responses", "images", "audio", "moderations", "files")
PATHS = {
    "chat": "chat/completions",
    "messages": "messages",
    "responses": "responses",
    "embeddings": "embeddings",
    "count_tokens": "messages/count_tokens",
}
CONVERSATIONS = ("chat", "messages", "responses")
"""Protocols that translate into each other, in the order of preference when a client's own is not spoken."""


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """One address with one credential: what a connection is opened for. Equal only to itself."""

    provider: Provider
    url: URL
    headers: dict[str, str] = field(repr=False)
    method: str = "POST"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Provider:
    """A server that answers model calls; problem says why it cannot be called.

    Equal only to itself, so that what is remembered about one is found fast and never outlives a change.
    """

    id: str
    name: str
    kind: str
    base_url: str
    workspace_id: str | None
    is_shared: bool
    timeout_seconds: float
    protocols: tuple[str, ...]
    credentials: tuple[Credential, ...]
    is_trusted: bool = True
    problem: str = ""
    _endpoints: dict[tuple[str, str], Endpoint] = field(default_factory=dict)

    def endpoint(self, protocol: str, credential: Credential) -> Endpoint:
        """Return where calls of protocol go."""
        found = self._endpoints.get((protocol, credential.id))
        if found is None:
            found = self.at(PATHS[protocol], credential)
            self._endpoints[protocol, credential.id] = found
        return found

    def at(self, path: str, credential: Credential, *, method: str = "POST", query: str = "") -> Endpoint:
        """Return any address below the base."""
        url = URL(f"{self.base_url}/{path}" + (f"?{query}" if query else ""), encoded=True)
        return Endpoint(self, url, _headers(self.kind, credential.api_key), method)

    def protocol_for(self, asked: str) -> str | None:
        """Return what this provider is to be spoken to in for a client of protocol asked; None when impossible."""
        if asked in self.protocols:
            return asked
        if asked not in CONVERSATIONS:
            return None
        return next((known for known in CONVERSATIONS if known in self.protocols), None)


def parse_provider(row: dict[str, Any], encryption_keys: Sequence[str]) -> Provider:
    """Turn a row of the snapshot into a provider; a credential that cannot be used becomes its problem."""
    base = (row.get("base_url") or "").rstrip("/")
    kind = row["kind"]
    if kind in ("ollama", "anthropic") and not base.endswith("/v1"):
        base += "/v1"
    credentials, problem = _credentials(row, encryption_keys)
    return Provider(
        id=row["id"],
        name=row["name"],
        kind=kind,
        base_url=base,
        workspace_id=row.get("workspace_id"),
        is_shared=bool(row.get("is_shared")),
        timeout_seconds=float(row.get("timeout_seconds") or 60),
        protocols=tuple(row.get("protocols") or _protocols(kind, base)),
        credentials=credentials,
        is_trusted=bool(row.get("is_trusted")),
        problem=problem,
    )


def _protocols(kind: str, base: str) -> tuple[str, ...]:
    known = BY_KIND.get(kind, ("chat",))
    return (*known, *OPENAI_ALSO) if kind == "openai" and URL(base).host == OPENAI_HOST else known


def _credentials(row: dict[str, Any], keys: Sequence[str]) -> tuple[tuple[Credential, ...], str]:
    """Return the usable credentials, and why there is none where one was given."""
    found: list[Credential] = []
    problem = ""
    for given in row.get("credentials") or ():
        api_key, why = _opened(given.get("api_key"), keys)
        problem = problem or why
        if not why:
            found.append(
                Credential(
                    given["id"],
                    api_key,
                    given.get("bucket") or "",
                    given.get("requests_per_minute"),
                    given.get("tokens_per_minute"),
                    name=given.get("name") or "",
                )
            )
    api_key, why = _opened(row.get("api_key"), keys)
    if api_key or (not found and not row.get("credentials") and not why):
        found.append(Credential(row["id"], api_key))
    return tuple(found), "" if found else (problem or why)


def _opened(token: str | None, keys: Sequence[str]) -> tuple[str | None, str]:
    if not token:
        return None, ""
    try:
        api_key = decrypt(token, keys)
    except UnableToDecrypt as exc:
        return None, str(exc)
    if not (api_key.isascii() and api_key.isprintable()):
        return None, "its API key holds characters that no header can carry; enter it again"
    return api_key, ""


def _headers(kind: str, api_key: str | None) -> dict[str, str]:
    """Return what a provider sees besides the body; of the client's own headers only a few are added, by name."""
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "avyay-marga"}
    if kind == "anthropic":
        if api_key:
            headers["x-api-key"] = api_key
    elif api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    return headers


SANDBOX = Provider(
    id="sandbox",
    name="sandbox",
    kind="sandbox",
    base_url="http://sandbox.invalid",
    workspace_id=None,
    is_shared=True,
    timeout_seconds=60,
    protocols=BY_KIND["sandbox"],
    credentials=(Credential("sandbox", None),),
)
