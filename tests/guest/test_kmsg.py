# SPDX-License-Identifier: GPL-2.0-only
"""What in the kernel's log is a fault."""

import pytest

from scxdsl.guest.kmsg import Record, faults, first_fault, parse


def test_a_record_is_cut_into_its_fields():
    assert parse('6,369,2922596,-;sched_ext: BPF scheduler "simple" enabled\n DEVICE=x\n') == Record(
        6, 369, 2922596, 'sched_ext: BPF scheduler "simple" enabled'
    )


def test_what_user_space_wrote_is_left_out():
    assert parse("12,400,3000000,-;WARNING: from somebody\n") is None


@pytest.mark.parametrize(
    "text",
    [
        '6,1,1,-;sched_ext: BPF scheduler "simple" enabled',
        '6,1,1,-;sched_ext: BPF scheduler "simple" disabled (unregistered from user space)',
        "4,1,1,-;clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable",
        "6,1,1,-;hrtimer: interrupt took 108615 ns",
    ],
)
def test_information_is_no_fault(text):
    assert faults([parse(text)]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "4,1,1,-;WARNING: CPU: 0 PID: 142 at kernel/sched/ext.c:100 foo+0x1/0x2",
        "1,1,1,-;BUG: kernel NULL pointer dereference, address: 0000000000000000",
        "4,1,1,-;Oops: Oops: 0000 [#1] SMP",
        "3,1,1,-;rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
        "4,1,1,-;sched_ext: ops->cpu_acquire/release() are deprecated",
        "3,1,1,-;sched_ext: simple: invalid CPU 12345",
    ],
)
def test_splats_and_complaints_of_sched_ext_are_faults(text):
    assert faults([parse(text)]) == (text.split(";")[1],)


def test_the_end_of_a_kernel_is_told_in_one_line():
    console = """[    1.203944] smp: Bringing up secondary CPUs ...
[    1.512022] Oops: int3: 0000 [#1] SMP NOPTI
[    1.512090] CPU: 1 UID: 0 PID: 0 Comm: swapper/1 Not tainted 6.18.15 #1
[    1.512110] RIP: 0010:default_idle+0x9/0x20
[    1.530000] Kernel panic - not syncing: Fatal exception in interrupt
"""
    assert first_fault(console) == "Oops: int3: 0000 [#1] SMP NOPTI, RIP: 0010:default_idle+0x9/0x20"
    assert first_fault("booting\n") == ""
