"""Lockfiles, manifests and bills of materials, read as data: nothing in them is run or fetched. Pure."""

from raksha.lockfiles.kinds import kind_of
from raksha.lockfiles.project import is_lockfile, is_wanted, read, read_all
from raksha.lockfiles.reading import Reading

__all__ = ["Reading", "is_lockfile", "is_wanted", "kind_of", "read", "read_all"]
