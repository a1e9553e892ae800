"""Importing this reads what every job needs, once: children that are forked afterwards have it already."""

from __future__ import annotations

from raksha.engines import packages, secrets, semgrep, taint

__all__ = ["packages", "secrets", "semgrep", "taint"]

semgrep.warm()
taint.warm()
