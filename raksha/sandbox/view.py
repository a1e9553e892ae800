"""The file system that a job sees: programs and libraries read-only, its own folder, a temporary folder in
memory, and nothing else: no home, no state of the platform, no other scan, no /proc.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from raksha.sandbox import kernel

PACKAGE = Path(__file__).resolve().parents[1]
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache", "/etc/localtime", "/nix/store")
NETWORK = (
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust",
    "/etc/ca-certificates",
)
"""Only certificates: a job asks its one host by an address that was checked before, not by the system's resolver."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
SCRATCH = "/tmp"  # noqa: S108 (a fresh one in memory, of the job alone)
_OLD = "/.old"


def programs() -> tuple[str, ...]:
    """Return what our own Python, its packages and this code need."""
    return tuple(dict.fromkeys((sys.prefix, sys.base_prefix, str(PACKAGE))))


def build(*, reads: Iterable[str], writes: Iterable[str], network: bool, scratch_mb: int) -> None:
    """Replace the root of this mount namespace; paths keep their names.

    Needs a mount namespace of one's own and the right to mount in it. Raises OSError.
    """
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    plain = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("avyay", SCRATCH, "tmpfs", plain, "mode=0755,size=1m")
    os.mkdir(SCRATCH + _OLD)
    kernel.pivot_root(SCRATCH, SCRATCH + _OLD)
    os.chdir("/")
    os.mkdir(SCRATCH)
    kernel.mount("avyay", SCRATCH, "tmpfs", plain, f"mode=1777,size={scratch_mb}m")
    for path in (*SYSTEM, *programs(), *(NETWORK if network else ()), *reads):
        _show(path, read_only=True)
    for path in DEVICES:
        _show(path, read_only=True, is_device=True)
    for path in writes:
        _show(path, read_only=False)
    kernel.detach(_OLD)
    os.rmdir(_OLD)
    kernel.mount("none", "/", None, kernel.MS_REMOUNT | kernel.MS_RDONLY | plain)


def _show(path: str, *, read_only: bool, is_device: bool = False) -> None:
    """Bind one path of the old root to the same name in the new one; what does not exist is left out."""
    outside = _OLD + path
    if path in SYSTEM and os.path.islink(outside):  # /lib -> usr/lib
        os.symlink(os.readlink(outside), path)
        return
    source = _resolve(path)
    if source is None:
        return
    _make_target(path, is_folder=os.path.isdir(source))
    kernel.mount(source, path, None, kernel.MS_BIND | kernel.MS_REC)
    if read_only:
        kernel.make_read_only(path, is_device=is_device)


def _resolve(path: str) -> str | None:
    """Follow links as the old root would, without leaving it for the new one."""
    for _ in range(20):
        found = ""
        parts = [part for part in path.split("/") if part]
        for index, part in enumerate(parts):
            found += f"/{part}"
            if os.path.islink(_OLD + found):
                target = os.path.join(os.path.dirname(found), os.readlink(_OLD + found))
                path = os.path.normpath("/".join([target, *parts[index + 1 :]]))
                break
        else:
            return _OLD + path if os.path.lexists(_OLD + path) else None
    return None


def _make_target(path: str, *, is_folder: bool) -> None:
    with suppress(FileExistsError):
        if is_folder:
            os.makedirs(path, mode=0o755)
        else:
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
