# SPDX-License-Identifier: GPL-2.0-only
"""Lines of a kernel's log, found again among the kernel's own messages."""

import pytest

from scxdsl.kernel import messages
from scxdsl.kernel.facts import Facts


@pytest.mark.parametrize(
    ("line", "function", "rule"),
    [
        ("combined stack size of 2 calls is 608. Too large", "check_max_stack_depth_subprog", "stack.combined"),
        ("function calls are not allowed while holding a lock", "do_check", "lock.calls"),
        ("R1 has no valid kptr", "process_kptr_func", "kptr.max"),
        ("calling kernel function scx_bpf_dsq_insert is not allowed", "check_kfunc_call", "kfunc.ctx"),
        ("program must be sleepable to call sleepable kfunc scx_bpf_create_dsq", "check_kfunc_call", "sleepable.kfunc"),
        ("Unreleased reference id=3 alloc_insn=7", "check_reference_leak", "ref.leak"),
        ("R1 cannot write into ptr_task_struct at off=872 size=4", "check_ptr_to_btf_access", "writes"),
    ],
)
def test_lines_of_the_verifier(line, function, rule):
    found = messages.find(line)
    assert found.function == function
    assert rule in found.rules
    assert found.source == "verifier"


def test_lines_of_sched_ext():
    found = messages.find("non-existent DSQ 0xbad for spinner[71]")
    assert (found.source, found.function) == ("sched_ext.error", "find_dsq_for_dispatch")
    assert found.on("6.18")
    assert messages.find("spinner[71] already direct-dispatched").function == "mark_direct_dispatch"
    assert messages.find('sched_ext: BPF scheduler "simple" enabled', sources=["sched_ext.log"]).source == "sched_ext.log"


def test_a_line_that_is_no_message_is_none():
    for line in ("", "0: R1=ctx() R10=fp0", "; shared.insert(p, slice) @ simple.scx:24", "7: (85) call bpf_map_lookup_elem#1"):
        assert messages.find(line) is None


def test_a_message_knows_its_kernels():
    assert messages.find("calling kernel function scx_bpf_now is not allowed", "6.12").on("7.3")
    old = "kfunc with mask 0x8 called from an operation only allowing 0x10"
    assert messages.find(old, "7.0") is not None
    assert messages.find(old, "7.1") is None


def test_every_condition_of_the_facts_has_its_message():
    known = {row[0] for _, row, _, _ in messages._rows()}
    missing = {c.message for c in Facts.load()._conditions} - known
    assert missing == set()


def test_rules_of_messages_are_declared():
    declared = set(messages.rules())
    used = {rule for _, row, _, _ in messages._rows() for rule in row[3].split()}
    assert used <= declared and len(used) > 25
