"""System calls that Python 3.11 has no names for. Each raises OSError, with ENOSYS where the system has none."""

from __future__ import annotations

import ctypes
import errno
import os
import platform

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_SETATTR = 442  # the same number on every architecture
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns_fd")]


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def _call(name: str, *arguments: object) -> int:
    try:
        function = getattr(_libc, name)
    except AttributeError as exc:
        raise OSError(errno.ENOSYS, f"{name}: {os.strerror(errno.ENOSYS)}") from exc
    result = int(function(*arguments))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces that flags name for new ones."""
    _call("unshare", ctypes.c_int(flags))


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Mount source on target."""
    _call(
        "mount",
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode() or None,
    )


def make_read_only(target: str, *, is_device: bool = False) -> None:
    """Forbid writing and set-user-id below a bind mount, and devices unless it is one."""
    flags = MS_RDONLY | MS_NOSUID | (0 if is_device else MS_NODEV)
    attributes = _MountAttributes(flags, 0, 0, 0)  # the first three flags have the same bits there
    try:
        _call(
            "syscall",
            ctypes.c_long(_MOUNT_SETATTR),
            ctypes.c_int(_AT_FDCWD),
            os.fsencode(target),
            ctypes.c_uint(_AT_RECURSIVE),
            ctypes.byref(attributes),
            ctypes.c_size_t(ctypes.sizeof(attributes)),
        )
    except OSError as exc:
        if exc.errno != errno.ENOSYS:  # before Linux 5.12: the top of the tree only
            raise
        mount("none", target, None, MS_REMOUNT | MS_BIND | flags)


def pivot_root(new_root: str, put_old: str) -> None:
    """Make new_root the root of the mount namespace and put the old one below it."""
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, "pivot_root: not known on this machine")
    _call("syscall", ctypes.c_long(number), os.fsencode(new_root), os.fsencode(put_old))


def detach(target: str) -> None:
    """Unmount target and all below it, at once for new look-ups."""
    _call("umount2", os.fsencode(target), ctypes.c_int(MNT_DETACH))


def die_with_parent(signal: int) -> None:
    """Ask for a signal when the parent ends; a change of user forgets it."""
    _call("prctl", ctypes.c_int(_PR_SET_PDEATHSIG), ctypes.c_ulong(signal), 0, 0, 0)


def forbid_new_privileges() -> None:
    """Let no program that is started from here gain anything by set-user-id or file capabilities."""
    _call("prctl", ctypes.c_int(_PR_SET_NO_NEW_PRIVS), ctypes.c_ulong(1), 0, 0, 0)


def forbid_inspection() -> None:
    """Keep processes of the same user from reading this one's memory."""
    _call("prctl", ctypes.c_int(_PR_SET_DUMPABLE), ctypes.c_ulong(0), 0, 0, 0)


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _call("capset", header, nothing)


def filter_calls(program: bytes) -> None:
    """Put a filter of eight-byte BPF instructions before every system call from here on."""
    shape = _FilterProgram(len(program) // 8, program)
    _call(
        "prctl",
        ctypes.c_int(_PR_SET_SECCOMP),
        ctypes.c_ulong(_SECCOMP_MODE_FILTER),
        ctypes.byref(shape),
        0,
        0,
    )
