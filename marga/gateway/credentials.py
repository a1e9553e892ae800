"""Which of a provider's credentials a call uses, and which ones rest.

A key's bucket (build agents, content, people) picks its credential, so that two of them never hammer the same one.
What a provider says about a credential (wrong, unpaid, too fast) keeps that one out of use, not the provider.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import orjson

from marga.gateway.accounts import Account, Standing, mark_of
from marga.gateway.accounts import Credential as Credential
from marga.gateway.leases import Lease
from marga.gateway.lending import Lending

DEAD_STATUSES = frozenset({401, 402, 403})
TOO_FAST = 429
FIRST_DEAD_SECONDS = 300.0
LONGEST_DEAD_SECONDS = 3600.0
FIRST_REST_SECONDS = 1.0
LONGEST_REST_SECONDS = 60.0
LONGEST_RETRY_AFTER = 3600.0
TRIAL_SECONDS = 30.0
"""While one call tries whether a dead credential lives again, the others go on without it for so long."""


class HasCredentials(Protocol):
    """What is asked of a provider."""

    @property
    def credentials(self) -> Sequence[Credential]: ...


@dataclass(frozen=True, slots=True)
class Wait:
    """No credential may be used now; one may after seconds (never: infinite). is_dead: the provider refuses them all."""

    seconds: float
    is_dead: bool = False


class CredentialPool:
    """The credentials of all providers, as one worker sees them. Times are monotonic seconds."""

    def __init__(self, lending: Lending | None = None) -> None:
        self._lending = lending or Lending()
        self.accounts: dict[str, Account] = {}
        self.news: set[str] = set()
        """Ids whose standing the other workers do not know yet."""
        self._heard: dict[str, tuple[str, Standing, int]] = {}

    def pick(self, provider: HasCredentials, bucket: str, tokens: int, now: float) -> Credential | Wait:
        """Return the credential to use for a call of about so many tokens, and count the call; or how long to wait.

        The bucket's own credentials come first; those without a bucket serve buckets that have none alive.
        """
        found = self._try(provider, bucket, tokens, now)
        return found if isinstance(found, Credential) else found[0]

    async def find(self, provider: HasCredentials, bucket: str, tokens: int, now: float) -> Credential | Wait:
        """Do as pick does, and ask the other workers for their part of a credential's limits before waiting."""
        found = self._try(provider, bucket, tokens, now)
        if isinstance(found, Credential):
            return found
        wait, lacking = found
        if lacking is not None and await self._lending.ask(*lacking):
            return self.pick(provider, bucket, tokens, now)
        return wait

    def settle(self, credential: Credential, reserved: int, used: int) -> None:
        """Put the tokens used in place of those that pick counted."""
        if (account := self.accounts.get(credential.id)) is not None:
            account.tokens.add(used - reserved)

    def worked(self, credential: Credential) -> None:
        """The provider took the credential: it is well again."""
        account = self.accounts.get(credential.id)
        if account is None or account.mark != mark_of(credential):
            return
        if account.failures or account.standing.state != "ok":
            account.failures, account.is_hearsay, account.standing = 0, False, Standing()
            self.news.add(credential.id)

    def failed(
        self, credential: Credential, status: int, now: float, retry_after: float | None = None
    ) -> None:
        """Note that the provider refused the credential. Statuses that say nothing about it change nothing.

        retry_after: seconds the provider asked for.
        """
        account = self.accounts.get(credential.id)
        if account is None or account.mark != mark_of(credential):
            return
        if status in DEAD_STATUSES:
            seconds = min(FIRST_DEAD_SECONDS * 2.0 ** min(account.failures, 10), LONGEST_DEAD_SECONDS)
            if account.standing.state == "dead" and now < account.standing.until - TRIAL_SECONDS:
                return  # calls that were under way when the first one failed
            account.standing = Standing("dead", now + seconds, status)
        elif status == TOO_FAST:
            if account.standing.state == "dead":
                return
            seconds = min(FIRST_REST_SECONDS * 2.0 ** min(account.failures, 10), LONGEST_REST_SECONDS)
            if retry_after is not None and retry_after >= 0:
                seconds = min(retry_after, LONGEST_RETRY_AFTER)
            until = max(now + seconds, account.standing.until)
            account.standing = Standing("resting", until, status)
        else:
            return
        account.failures, account.is_hearsay = account.failures + 1, False
        self.news.add(credential.id)

    def states(self, now: float, wall: float) -> list[dict[str, object]]:
        """Return how each credential stands, for display; until when it is kept out of use."""
        found: list[dict[str, object]] = []
        for name, account in self.accounts.items():
            state, until = account.standing.state, None
            if state != "ok" and now < account.standing.until:
                until = datetime.fromtimestamp(wall + account.standing.until - now, UTC).isoformat()
            # One that was refused is dead until it worked again; one that rested is well when the rest is over.
            shown = state if until is not None or state == "dead" else "ok"
            found.append({"id": name, "state": shown, "until": until})
        return found

    def told(self, now: float, wall: float) -> dict[str, bytes | None]:
        """Return what the other workers should know since the last time: JSON, or None for one that is well again."""
        found: dict[str, bytes | None] = {}
        for name in self.news:
            account = self.accounts[name]
            standing = account.standing
            found[name] = None
            if standing.state != "ok":
                until = wall + standing.until - now
                found[name] = orjson.dumps(
                    [account.mark, standing.state, until, standing.status, account.failures]
                )
        self.news.clear()
        return found

    def hear(self, rows: dict[bytes, bytes], now: float, wall: float, told: Iterable[str] = ()) -> None:
        """Take over what other workers found out; what none of them says any more is well again.

        told: ids of what was told to all with this exchange: from now on others may take it back.
        """
        for name in told:
            if name in self.accounts:
                self.accounts[name].is_hearsay = True
        self._heard = {}
        for key, text in rows.items():
            try:
                mark, state, until, status, failures = orjson.loads(text)
                standing = Standing(str(state), float(until) - wall + now, int(status))
            except (ValueError, TypeError):
                continue
            if standing.state in ("dead", "resting") and standing.until - now <= LONGEST_DEAD_SECONDS:
                self._heard[key.decode("utf-8", "replace")] = (str(mark), standing, int(failures))
        for name, account in self.accounts.items():
            if name not in self.news:
                self._believe(account)

    def _believe(self, account: Account) -> None:
        heard = self._heard.get(account.credential.id)
        if heard is not None and heard[0] == account.mark:
            _, standing, failures = heard
            if standing.until > account.standing.until:
                account.standing, account.failures, account.is_hearsay = standing, failures, True
        elif account.is_hearsay:
            account.standing, account.failures, account.is_hearsay = Standing(), 0, False

    def forget(self, ids: set[str]) -> None:
        """Drop what is known of credentials that are gone."""
        for name in self.accounts.keys() - ids:
            account = self.accounts.pop(name)
            self.news.discard(name)
            for lease in (account.requests_lease, account.tokens_lease):
                if lease is not None:
                    self._lending.drop(lease.name)

    def _try(
        self, provider: HasCredentials, bucket: str, tokens: int, now: float
    ) -> Credential | tuple[Wait, tuple[Lease, float] | None]:
        accounts = self._candidates(provider, bucket, now)
        ready = [account for account in accounts if now >= account.standing.until]
        lacking = None
        for account in sorted(ready, key=_turn):
            lacking = account.lacking(tokens, now)
            if lacking is None:
                if account.standing.state == "dead":
                    account.standing = Standing("dead", now + TRIAL_SECONDS, account.standing.status)
                return account.use(tokens)
        waits = [account.wait(tokens, now) for account in ready]
        waits += [account.standing.until - now for account in accounts if account not in ready]
        is_dead = bool(accounts) and all(account.standing.state == "dead" for account in accounts)
        return Wait(min(waits, default=math.inf), is_dead), lacking

    def _candidates(self, provider: HasCredentials, bucket: str, now: float) -> list[Account]:
        accounts = [self._account(credential, now) for credential in provider.credentials]
        common = [account for account in accounts if not account.credential.bucket]
        if not bucket:
            return common
        own = [account for account in accounts if account.credential.bucket == bucket]
        if any(account.standing.state != "dead" for account in own):
            return own
        return own + common

    def _account(self, credential: Credential, now: float) -> Account:
        account = self.accounts.get(credential.id)
        if account is None:
            account = self.accounts[credential.id] = Account(credential, now, self._lending)
            self._believe(account)
        elif account.credential is not credential:
            account.renew(credential, self._lending)
        return account


def _turn(account: Account) -> tuple[bool, int]:
    """Order: those never in doubt first, the least used of them first."""
    return (account.standing.state == "dead", account.picked)
