# SPDX-License-Identifier: GPL-2.0-only
"""Random programs: the translated function agrees with a plain interpreter, and with the kernel's own JIT where it can be asked."""

import plain_interpreter
import pytest
import real_kernel
from hypothesis import HealthCheck, assume, given, settings
from random_programs import pack, programs

from scxdsl.machine.bare import Bare
from scxdsl.machine.errors import Endless
from scxdsl.machine.memory import Ptr, Region
from scxdsl.objects.instruction import decode

CHECKS = list(HealthCheck)


@settings(max_examples=200, deadline=None, suppress_health_check=CHECKS)
@given(programs())
def test_random_programs(code: bytes) -> None:
    assert Bare(code).run() == plain_interpreter.run(decode(code))


@pytest.mark.sweep
@settings(max_examples=20_000, deadline=None, suppress_health_check=CHECKS)
@given(programs())
def test_many_random_programs(code: bytes) -> None:
    assert Bare(code).run() == plain_interpreter.run(decode(code))


def agrees_with_kernel(code: bytes) -> None:
    context = Region("context", 8)
    Bare(code).run(Ptr(context))
    try:
        theirs = real_kernel.run(code, bytes(8))
    except real_kernel.Refused as refused:
        assume("BPF program is too large" not in str(refused) and "too complex" not in str(refused))
        raise
    assert bytes(context.data) == theirs


kernel_needed = pytest.mark.skipif(not real_kernel.allowed(), reason="this process may not load BPF programs (root is needed)")


@kernel_needed
@settings(max_examples=150, deadline=None, suppress_health_check=CHECKS)
@given(programs(kernel=True))
def test_random_programs_in_the_kernel(code: bytes) -> None:
    agrees_with_kernel(code)


@kernel_needed
@pytest.mark.sweep
@settings(max_examples=20_000, deadline=None, suppress_health_check=CHECKS)
@given(programs(kernel=True))
def test_many_random_programs_in_the_kernel(code: bytes) -> None:
    agrees_with_kernel(code)


def test_deep_nests_of_branches() -> None:
    """More ifs inside each other than one Python function may nest."""
    depth = 150
    code = pack(0xB7, 0, imm=0) + pack(0xB7, 1, imm=7)
    for n in range(depth):
        code += pack(0x55, 1, offset=2 * (depth - n), imm=7) + pack(0x07, 0, imm=1)
    code += pack(0x95) + pack(0xB7, 0, imm=-1) + pack(0x95)
    assert Bare(code).run() == plain_interpreter.run(decode(code)) == depth


def test_an_endless_loop_ends_as_a_finding() -> None:
    code = pack(0xB7, 0, imm=0) + pack(0x05, offset=-1)
    with pytest.raises(Endless) as found:
        Bare(code, turn_limit=1000).run()
    assert found.value.where[0].at == 1


def test_may_goto_ends_a_loop() -> None:
    """r0 counts the turns until may_goto gives up."""
    code = pack(0xB7, 0, imm=0) + pack(0xE5, offset=2) + pack(0x07, 0, imm=1) + pack(0x05, offset=-3) + pack(0x95)
    assert Bare(code, turn_limit=100).run() == 100
