"""What was left out and why: words that every engine and every report uses. Pure.

A scan is called clean only when nothing of this is there that might have hidden a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Why = Literal[
    "too_large",
    "binary",
    "symlink",
    "hardlink",
    "device",
    "sparse",
    "nested_archive",
    "encrypted",
    "unsafe_name",
    "duplicate",
    "limit",
    "unreadable",
    "ignored",
    "dependencies",
    "submodule",
    "timed_out",
    "out_of_memory",
    "parse_error",
    "rule_error",
    "engine_failed",
    "suppressed",
    "budget",
    "unknown_lockfile",
    "no_advisories",
    "unpinned",
    "stale_feed",
    "unsupported",
    "other",
]
WHYS: tuple[Why, ...] = get_args(Why)

TITLES: dict[Why, str] = {
    "too_large": "Too large",
    "binary": "Not text",
    "symlink": "Symbolic link",
    "hardlink": "Hard link",
    "device": "Device or pipe",
    "sparse": "Sparse file",
    "nested_archive": "Archive inside the archive",
    "encrypted": "Encrypted",
    "unsafe_name": "Unsafe name",
    "duplicate": "Name given twice",
    "limit": "Beyond a limit",
    "unreadable": "Not readable",
    "ignored": "Ignored by rule",
    "dependencies": "Installed dependencies",
    "submodule": "Submodule",
    "timed_out": "Ran out of time",
    "out_of_memory": "Ran out of memory",
    "parse_error": "Not understood",
    "rule_error": "Rule failed",
    "engine_failed": "Engine failed",
    "suppressed": "Asks for silence",
    "budget": "Analysis broken off",
    "unknown_lockfile": "Unknown lockfile",
    "no_advisories": "No advisories for it",
    "unpinned": "Version not pinned",
    "stale_feed": "Old intelligence",
    "unsupported": "Not supported",
    "other": "Left out",
}
HARMLESS: frozenset[Why] = frozenset({"binary", "suppressed", "ignored", "dependencies", "symlink"})
"""Left out without making a result partial: no engine reads binaries or the data of tools, suppressed findings are
reported, installed packages are matched by their versions, and what a link leads to is either there by itself or not
part of the code.
"""


@dataclass(frozen=True, slots=True)
class Skip:
    """One thing that was not, or not wholly, looked at.

    path: the file, relative to the root; empty for the scan as a whole.
    says: one sentence for the reader.
    """

    path: str
    why: Why
    says: str


def is_partial(skips: Iterable[Skip]) -> bool:
    """Tell whether anything left out may hide a finding."""
    return any(skip.why not in HARMLESS for skip in skips)


def count(skips: Iterable[Skip]) -> dict[Why, int]:
    """Return how many there are of each reason, most first, ties in the order of the reasons."""
    found = Counter(skip.why for skip in skips)
    return dict(sorted(found.items(), key=lambda item: (-item[1], WHYS.index(item[0]))))
