# SPDX-License-Identifier: GPL-2.0-only
"""What a program costs, as the kernel counts it (bpf_prog_info.run_time_ns and run_cnt)."""

import struct
from pathlib import Path

import pytest

from scxdsl import compiler
from scxdsl.guest import Guest
from scxdsl.guest.load import LOADS
from scxdsl.guest.protocol import Cost, string

POLICY = Path(__file__).parents[2] / "examples" / "simple.scx"


def test_a_cost_is_read_from_its_frame():
    assert Cost.read(string("x_enqueue") + struct.pack("<QQ", 700, 7)) == Cost("x_enqueue", 700, 7)


@pytest.mark.guest
@pytest.mark.network
def test_costs_are_counted_from_the_first_question_on():
    built = compiler.build(POLICY.read_text(), POLICY.name)
    assert built.object is not None

    def count(guest: Guest) -> tuple[tuple[Cost, ...], dict[str, Cost]]:
        link = guest.link
        link.open(built.object, 0)
        assert link.load(300).errno == 0
        before = link.costs()
        assert link.attach().errno == 0
        link.load_start(LOADS["mix"](2))
        link.watch(1.0, "/sys/kernel/sched_ext/state", "enabled\n")
        link.load_stop()
        counted = {c.program: c for c in link.costs(on=False)}
        link.detach()
        link.close()
        return before, counted

    with Guest("6.18") as guest:
        before, counted = guest.steady(lambda: count(guest))
    assert {c.program for c in before} >= {"simple_enqueue", "simple_dispatch"}
    assert all((c.nanoseconds, c.calls) == (0, 0) for c in before)
    assert counted["simple_enqueue"].calls > 100 and counted["simple_enqueue"].nanoseconds > 0
