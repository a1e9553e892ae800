"""The filter's instructions, carried out by a small machine of the tests' own."""

from __future__ import annotations

import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.sandbox import filters

MACHINES = sorted(filters.ARCHITECTURES)
ALLOW, REFUSE, MISSING, KILL = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000


def decide(machine, number, argument=0, *, network=False, architecture=None):
    """Return what the filter answers to a call."""
    program = list(struct.iter_unpack("=HBBI", filters.program(machine, network=network)))
    words = {0: number, 4: architecture or filters.ARCHITECTURES[machine], 16: argument & 0xFFFFFFFF}
    at = held = 0
    while True:
        code, if_true, if_false, value = program[at]
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            held = words[value]
            continue
        holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
        at += if_true if holds else if_false


@pytest.mark.parametrize("machine", MACHINES)
def test_every_denied_call_is_refused(machine):
    which = list(filters.ARCHITECTURES).index(machine)

    assert {decide(machine, numbers[which]) for numbers in filters.DENIED.values()} == {REFUSE}


@pytest.mark.parametrize("machine", MACHINES)
@given(number=st.integers(0, 460), argument=st.integers(0, 2**32 - 1))
def test_any_other_call_is_allowed(machine, number, argument):
    which = list(filters.ARCHITECTURES).index(machine)
    special = {numbers[which] for numbers in filters.DENIED.values()}
    special |= {filters.CLONE[machine], filters.CLONE3, filters.SOCKET[machine]}

    assert decide(machine, number, argument) == ALLOW or number in special


@pytest.mark.parametrize("machine", MACHINES)
def test_only_local_sockets_are_made_without_network(machine):
    number = filters.SOCKET[machine]

    assert decide(machine, number, socket.AF_UNIX) == ALLOW
    assert {decide(machine, number, kind) for kind in range(2, 50)} == {REFUSE}
    assert decide(machine, number, socket.AF_INET, network=True) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
@given(bit=st.sampled_from([17, 25, 26, 27, 28, 29, 30]), other=st.integers(0, 2**16 - 1))
def test_no_process_is_started_in_a_namespace_of_its_own(machine, bit, other):
    assert decide(machine, filters.CLONE[machine], 1 << bit | other) == REFUSE
    assert decide(machine, filters.CLONE[machine], other) == ALLOW
    assert decide(machine, filters.CLONE3) == MISSING


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_of_another_architecture_end_the_process(machine):
    assert decide(machine, 0, architecture=0x40000003) == KILL


def test_the_other_numbers_of_the_same_calls_are_refused():
    assert decide("x86_64", filters.X32_BIT | 101) == REFUSE
