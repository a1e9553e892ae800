"""Versions of every ecosystem: which is newer, which is affected. Pure."""

from raksha.versions.orders import compare, is_prerelease, is_readable, key
from raksha.versions.ranges import Affected, Range, is_affected

__all__ = ["Affected", "Range", "compare", "is_affected", "is_prerelease", "is_readable", "key"]
