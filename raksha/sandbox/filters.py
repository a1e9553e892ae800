"""A list of system calls that scanning code has no need of, as a seccomp program. Pure.

It needs no privileges, so it also stands where namespaces are forbidden, as in most containers: there it is
the wall between scanned code and the network.
"""

from __future__ import annotations

import errno
import socket
import struct

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
SOCKET = {"x86_64": 41, "aarch64": 198}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435
X32_BIT = 0x40000000
NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW* flag that clone() takes

# name: numbers on x86_64 and aarch64; those from 424 on are the same everywhere.
DENIED: dict[str, tuple[int, int]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "pidfd_getfd": (438, 438),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "personality": (135, 92),
    "mknodat": (259, 33),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "vhangup": (153, 58),
}

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16


def program(machine: str, *, network: bool) -> bytes:
    """Return the filter for a machine; without network, only local sockets can be made.

    Raises KeyError for a machine that is not in ARCHITECTURES.
    """
    refuse = _step(_RETURN, _ERROR | errno.EPERM)
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_JUMP_EQUAL, ARCHITECTURES[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":  # the x32 calls are the same ones under other numbers
        steps += [_step(_JUMP_AT_LEAST, X32_BIT, 0, 1), refuse]
    which = list(ARCHITECTURES).index(machine)
    for numbers in DENIED.values():
        steps += [_step(_JUMP_EQUAL, numbers[which], 0, 1), refuse]
    # Its flags are in memory, where no filter sees them; libraries fall back to clone().
    steps += [_step(_JUMP_EQUAL, CLONE3, 0, 1), _step(_RETURN, _ERROR | errno.ENOSYS)]
    steps += _with_argument(CLONE[machine], [_step(_JUMP_ANY_BIT, NEW_NAMESPACES, 0, 1), refuse])
    if not network:
        local = [_step(_JUMP_EQUAL, int(socket.AF_UNIX), 1, 0), refuse]
        steps += _with_argument(SOCKET[machine], local)
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _with_argument(number: int, steps: list[bytes]) -> list[bytes]:
    """Look at the low half of a call's first argument, then have the call's number at hand again."""
    return [
        _step(_JUMP_EQUAL, number, 0, len(steps) + 2),
        _step(_LOAD, _FIRST_ARGUMENT),
        *steps,
        _step(_LOAD, _NUMBER),
    ]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
