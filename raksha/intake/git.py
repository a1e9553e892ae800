"""A repository at one revision, fetched behind walls and never checked out.

Only three of git's commands run, with fixed arguments and no configuration but ours: fetch one commit, list its
tree, give its objects. Nothing of the repository is executed or put on disk under its own name, so hooks,
filters, LFS, submodules, links and hostile names have nothing to work on. The host's address is resolved and
checked once, and git is told that address: another answer of the DNS, or a redirect, leads nowhere.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from avyay_site import addresses, outbound
from raksha.intake import objects, urls
from raksha.intake.storing import Store
from raksha.intake.trees import MEGABYTE, Limits, Refused, Tree, Unavailable
from raksha.sandbox import Host, Outcome, SandboxError
from raksha.sandbox import Limits as JobLimits

GIT = "git"
REF = "refs/scan/it"
SLOWEST_BYTES_PER_SECOND, SLOW_SECONDS = 1000, 20
MEMORY_MB = 1024
ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "https",
    "GIT_ASKPASS": "/bin/false",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_DIR": ".",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PROTOCOL_FROM_USER": "0",
}
SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.bigFileThreshold": "20m",
    "core.sshCommand": "/bin/false",
    "core.attributesFile": os.devnull,
    "core.gitProxy": "/bin/false",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "fetch.uriProtocols": "",
    "filter.lfs.smudge": "",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": str(SLOWEST_BYTES_PER_SECOND),
    "http.lowSpeedTime": str(SLOW_SECONDS),
    "http.maxRequests": "1",
    "http.proxy": "",
    "maintenance.auto": "false",
    "pack.threads": "1",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "submodule.recurse": "false",
    "transfer.bundleURI": "false",
    "transfer.unpackLimit": "1",
}
Resolve = Callable[[str, int], Sequence[addresses.Address]]
# What git says, and what that means: asked again it would say the same (Refused), or perhaps not (Unavailable).
ANSWERS: tuple[tuple[str, type[Refused] | type[Unavailable], str], ...] = (
    ("couldn't find remote ref", Refused, "The repository has no such branch or tag."),
    ("not our ref", Refused, "The repository has no such commit, or does not give single commits."),
    ("could not read Username", Refused, "The repository is not there, or is private; store a token for it."),
    ("Authentication failed", Refused, "The repository's host does not accept the token; store a new one."),
    ("not found", Refused, "The repository is not there, or is private; store a token for it."),
    ("error: 403", Refused, "The repository's host does not let us in; look at the token's rights."),
    ("redirect", Refused, "The repository has moved; use its present address."),
    ("error: 30", Refused, "The repository has moved; use its present address."),
    ("Out of memory", Refused, "The repository takes more memory than a scan has."),
    ("File too large", Refused, "The repository is larger than a scan takes."),
)


@dataclass(frozen=True, slots=True)
class Remote:
    """Where to fetch from. pin: host, port and addresses in curl's form.  ca_file: for hosts with an own authority."""

    url: str
    pin: str
    token: str = ""
    ca_file: str = ""


def fetch_repository(
    url: str,
    revision: str,
    into: Path,
    limits: Limits,
    *,
    sandbox: Host,
    token: str = "",
    hosts: Collection[str] = (urls.GITHUB,),
    resolve: Resolve = outbound.resolve,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Tree:
    """Take one revision of a repository into an empty folder.

    revision: a branch, tag or whole commit id; empty for the default branch.
    Raises Refused, Unavailable.
    """
    address = urls.read_url(url, hosts)
    wanted = urls.read_revision(revision)
    _check_token(token)
    remote = Remote(address.url, _pin(address.host, resolve), token)
    return fetch(remote, wanted, into, limits, sandbox=sandbox, is_cancelled=is_cancelled)


def fetch(
    remote: Remote,
    revision: str,
    into: Path,
    limits: Limits,
    *,
    sandbox: Host,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Tree:
    """Do what fetch_repository does, with an address that was checked. Raises Refused, Unavailable."""
    place = Path(tempfile.mkdtemp(prefix="repository-", dir=into.parent))
    try:
        _lay_out(place)
        run = _Git(place, limits, sandbox, is_cancelled, ends_at=time.monotonic() + limits.seconds)
        run.fetch(remote, revision)
        commit = run.say("rev-parse", "--verify", f"{REF}^{{commit}}").decode("ascii", "replace").strip()
        with Store(into, limits) as store:
            listing = objects.Listing(store, limits)
            run.stream(listing.feed, "ls-tree", "-r", "-z", "--long", "--full-tree", REF)
            batch = objects.Batch(listing.finish(), store, limits)
            run.stream(batch.feed, "cat-file", "--batch", "--batch-all-objects", "--unordered")
            batch.finish()
            return store.tree(commit=commit, revision="" if revision == "HEAD" else revision)
    except SandboxError as exc:
        raise Unavailable(str(exc)) from exc
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _check_token(token: str) -> None:
    if len(token) > 500 or not all("!" <= character <= "~" for character in token):
        raise Refused("The stored token is none; store it anew.")


def _pin(host: str, resolve: Resolve) -> str:
    try:
        found = resolve(host, 443)
    except outbound.Refused as exc:
        raise Refused(str(exc)) from exc
    except outbound.Unreachable as exc:
        raise Unavailable(str(exc)) from exc
    texts = [f"[{one}]" if one.version == 6 else str(one) for one in found]
    return f"{host}:443:{','.join(texts)}"


def _lay_out(place: Path) -> None:
    """Make an empty bare repository, without templates, that jobs of other users may read."""
    place.chmod(0o755)
    (place / "objects").mkdir()
    (place / "refs").mkdir()
    (place / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
    (place / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n", encoding="ascii")


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return git's environment; settings go by it, where other users do not see them as they see arguments."""
    numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
    for index, (key, value) in enumerate(settings.items()):
        numbered[f"GIT_CONFIG_KEY_{index}"] = key
        numbered[f"GIT_CONFIG_VALUE_{index}"] = value
    return {**ENVIRONMENT, **numbered}


@dataclass(frozen=True, slots=True)
class _Git:
    """git in one repository, behind walls, until one moment."""

    place: Path
    limits: Limits
    sandbox: Host
    is_cancelled: Callable[[], bool]
    ends_at: float

    def fetch(self, remote: Remote, revision: str) -> None:
        """Fetch one commit and what belongs to it. Raises Refused, Unavailable."""
        settings = {**SETTINGS, "http.curloptResolve": remote.pin}
        if remote.token:
            secret = base64.b64encode(f"x-access-token:{remote.token}".encode()).decode()
            settings["http.extraHeader"] = f"Authorization: Basic {secret}"
        if remote.ca_file:
            settings["http.sslCAInfo"] = remote.ca_file
        argv = [GIT, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules"]
        argv += ["--no-auto-maintenance", "--", remote.url, f"+{revision}:{REF}"]
        done = self.sandbox.run(
            argv,
            folder=str(self.place),
            writes=[str(self.place)],
            reads=[remote.ca_file] if remote.ca_file else [],
            network=True,
            limits=self._job_limits(),
            environment=_environment(settings),
            watch=self._watch,
        )
        self._check(done)

    def say(self, *arguments: str) -> bytes:
        """Run a command that only reads, and return what it says."""
        said: list[bytes] = []
        self.stream(said.append, *arguments)
        return b"".join(said)

    def stream(self, sink: Callable[[bytes], None], *arguments: str) -> None:
        """Run a command that only reads, giving its output on piece by piece."""
        most = 2 * self.limits.bytes // MEGABYTE + 64
        done = self.sandbox.run(
            [GIT, *arguments],
            folder=str(self.place),
            limits=replace(self._job_limits(), output_mb=most),
            environment=_environment(SETTINGS),
            watch=self._watch,
            sink=sink,
        )
        self._check(done)

    def _job_limits(self) -> JobLimits:
        left = max(1.0, self.ends_at - time.monotonic())
        return JobLimits(
            wall_seconds=left,
            cpu_seconds=int(left) + 1,
            memory_mb=MEMORY_MB,
            file_mb=max(1, self.limits.bytes // MEGABYTE),
            processes=32,
        )

    def _watch(self) -> str:
        if self.is_cancelled():
            return "cancelled"
        return "too_much_output" if _size(self.place) > self.limits.bytes else ""

    def _check(self, done: Outcome) -> None:
        if done.ended == "timed_out":
            raise Unavailable(
                f"The repository did not come within {self.limits.seconds:.0f} seconds; try again."
            )
        if done.ended == "too_much_output":
            raise Refused(
                f"The repository is larger than {self.limits.bytes:,} bytes; upload what is to be scanned."
            )
        if done.ended:
            raise Unavailable("Fetching was stopped.")
        if done.code == 0:
            return
        for words, kind, says in ANSWERS:
            if words in done.stderr:
                raise kind(says)
        raise Unavailable(
            "The repository could not be fetched; its host did not answer as expected. Try again later."
        )


def _size(place: Path) -> int:
    """Return the bytes below a folder that is being written to."""
    total = 0
    for folder, _, files in os.walk(place):
        for name in files:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue
    return total
