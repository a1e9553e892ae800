"""Which addresses of repositories, and which revisions, are taken. Pure.

What is allowed is spelled out, since git understands much more: other protocols, options in the place of
addresses, helpers named by a prefix.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from raksha.intake.trees import Refused

GITHUB = "github.com"
MOST = 300
_URL = re.compile(r"https://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)((?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){2,6})/?")
_NUMERIC = re.compile(r"[0-9.]+|0x[0-9a-f.x]+")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+@-]{0,199}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WRONG_IN_REVISIONS = ("..", "//", "@{", "/.", ".lock/")


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address of a repository."""

    host: str
    path: str  # "/owner/name", without .git

    @property
    def url(self) -> str:
        """As git is to ask for it: with .git, where servers answer without leading elsewhere first."""
        return f"https://{self.host}{self.path}.git"

    @property
    def shown(self) -> str:
        return f"https://{self.host}{self.path}"


def read_url(url: str, hosts: Collection[str] = (GITHUB,)) -> Address:
    """Return the parts of a repository's address. Raises Refused.

    hosts: those that may be asked, in lower case.
    """
    found = _URL.fullmatch(url) if len(url) <= MOST else None
    if found is None:
        raise Refused(f"This is not an address like https://{GITHUB}/owner/name.")
    host, path = found[1], found[2].removesuffix(".git")
    if host not in hosts or "." not in host or _NUMERIC.fullmatch(host):
        raise Refused(
            f"Repositories are taken from {', '.join(sorted(hosts))} only; RAKSHA_GIT_HOSTS names further hosts."
        )
    if host == GITHUB and path.count("/") != 2:
        raise Refused(f"This is not an address like https://{GITHUB}/owner/name.")
    if path.endswith(("/", ".")):
        raise Refused("The repository's name is missing.")
    return Address(host, path)


def read_revision(revision: str) -> str:
    """Return a branch, tag or whole commit id, "HEAD" for none. Raises Refused."""
    if not revision:
        return "HEAD"
    wrong = any(part in revision for part in _WRONG_IN_REVISIONS) or revision.endswith(
        ("/", ".", ".lock", "@")
    )
    if wrong or not _REVISION.fullmatch(revision):
        raise Refused("This is not the name of a branch or tag, nor a whole commit id.")
    return revision


def is_commit(revision: str) -> bool:
    """Tell whether a revision is a whole commit id."""
    return bool(_COMMIT.fullmatch(revision))
