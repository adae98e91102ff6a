# SPDX-License-Identifier: GPL-2.0-only
"""A walk over all CPUs that only asks for those of one core follows the list of that core, and comes by the same CPUs in the same order."""

import pytest

from scxdsl.compiler import build, check, lower
from scxdsl.fuzz.compare import compare
from scxdsl.fuzz.script import generate
from scxdsl.ir.ops import CallKfunc
from scxdsl.ir.walk import operations
from scxdsl.lowering.mates import of_core
from scxdsl.objects import read
from scxdsl.typing import typed
from scxdsl.typing.walk import walk

HEAD = "scheduler s\nvar n, last: u64\ndsq q\non enqueue(p, flags) { q.insert(p, SLICE, flags) }\n"
WALKS = [
    ("let k = c.core\n for d in cpus { if d.core == k { n = n * 7 + d.index as u64 } }", True),
    ("for d in cpus { if c.core == d.core && d != c && n % 3 != 1 { n = n * 7 + d.index as u64 } }", True),
    ("let k = c.core\n for d in cpus { if d.core == k { n += 1\n if n % 4 == 0 { break }\n if n % 2 == 0 { continue }\n last = d.index as u64 } }", True),
    ("for d in cpus { if d.core == d.core { n += 1 } }", False),
    ("for d in cpus { if d != c && d.core == c.core { n += 1 } }", False),
    ("for d in cpus { if d.core == c.core { n += 1 } else { n += 2 } }", False),
    ("for d in cpus from c { if d.core == c.core { n = n * 7 + d.index as u64 } }", False),
    ("let mut e = c\n for d in cpus { if d.core == e.core { n += 1\n e = d } }", False),
    ("for d in cpus { n += 1\n if d.core == c.core { n += 1 } }", False),
]


@pytest.mark.parametrize(("body", "listed"), WALKS)
def test_a_walk_over_a_core_means_what_a_walk_over_all_cpus_means(body: str, listed: bool) -> None:
    text = f"{HEAD}on dispatch(c, prev) {{\n {body}\n q.move_to_local()\n}}\n"
    built = build(text)
    assert built.ok, built.diagnostics
    loops = [node for node in walk(built.checked.policy.callback("dispatch").body) if isinstance(node, typed.ForIndex)]
    assert [of_core(loop) is not None for loop in loops] == [listed]
    called = {op.kfunc.symbol for op in operations(lower(check(text)).function("s_dispatch").body) if isinstance(op, CallKfunc)}
    assert ("bpf_cpumask_test_cpu" in called) != listed
    for seed in range(4):
        assert compare(built.checked.policy, read(built.object), generate(seed, 12)) is None
