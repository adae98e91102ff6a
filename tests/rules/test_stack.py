# SPDX-License-Identifier: GPL-2.0-only
"""What fits neither into 512 bytes of stack nor into 32 kB of scratch memory is refused at the line that needs it."""

import pytest

from scxdsl.compiler import build

POLICY = """scheduler s
var at: u32
var out: u64
{0}
on tick(p) {{
    {1}
    a[at % 8] = 5
    for x in a {{ out += x }}
}}
"""


def test_values_that_are_needed_at_once_are_too_large() -> None:
    built = build(POLICY.format("", "let mut a: [u64; 4097]"))
    assert not built.ok and [(d.code, d.span.line) for d in built.diagnostics] == [("E0904", 6)]


@pytest.mark.parametrize("count", [80, 4096])
def test_what_scratch_memory_holds_is_accepted(count: int) -> None:
    built = build(POLICY.format("", f"let mut a: [u64; {count}]"))
    assert built.ok and [r.kind for r in built.rewritings] == ["scratch"]


def test_a_variable_is_not_on_the_stack() -> None:
    built = build(POLICY.format("percpu var a: [u64; 80]", ""))
    assert built.ok and not built.rewritings
