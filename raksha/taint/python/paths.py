"""Functions of paths, folded when their arguments are constants; as on a POSIX system."""

from __future__ import annotations

import posixpath


def joined(*parts: str) -> str:
    return posixpath.join(*parts)


def base_name(path: str) -> str:
    return posixpath.basename(path)


def parent(path: str) -> str:
    return posixpath.dirname(path)


def normal(path: str) -> str:
    """Return the absolute path without dots."""
    if not path.startswith("/"):
        raise ValueError(path)  # depends on where the program runs
    return posixpath.normpath(path)
