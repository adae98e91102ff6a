# SPDX-License-Identifier: GPL-2.0-only
"""An index that user space may have written is an error where it names no row. Where a policy keeps none of its kind, no text for that stands in the object."""

import pytest

from scxdsl.compiler import build

HEAD = "scheduler s\nper cpu { n: u64 }\ntable dom[4] { n: u64 }\ndsq q\non enqueue(p, flags) { q.insert(p, SLICE, flags) }\n"
USES = "on dispatch(c, prev) {\n c.n += 1\n this_cpu.n += 1\n if let d = dom(c.index) { d.n += 1 }\n q.move_to_local()\n}\n"
KEEPS = [
    ("var last: cpu\n", "cpu"),
    ("var few: [cpu?; 4]\n", "cpu"),
    ("enum Where { nowhere, on(cpu) }\nstruct Note { at: Where }\nmap m: hash<i32, Note>[4]\n", "cpu"),
    ("map m: hash<cpu, u32>[4]\n", "cpu"),
    ("per task { home: (dom, u32) }\n", "dom"),
    ("param first: cpu = 0\n", "cpu"),
    ("struct Node { key: u64; at: cpu }\ntree t[7]: Node by key\nlock l guards t\n", "cpu"),
    ("ring out: cpu[4K]\n", "cpu"),
    ("per node { n: u64 }\non tick(p) { this_cpu.node.n += 1 }\n", "node"),
]


def told(text: str) -> set[str]:
    """The kinds of index that the object has a text for."""
    built = build(text)
    assert built.object is not None, [d.message for d in built.diagnostics]
    return {kind for kind in ("cpu", "dom", "node", "core") if f"there is no {kind} %".encode() in built.object}


def test_indices_that_come_from_the_kernel_always_name_a_row() -> None:
    assert told(HEAD + USES) == set()


@pytest.mark.parametrize(("declared", "kind"), KEEPS)
def test_kinds_that_are_kept_are_told(declared: str, kind: str) -> None:
    assert told(HEAD + USES + declared) == {kind}
