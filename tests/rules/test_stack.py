# SPDX-License-Identifier: GPL-2.0-only
"""What does not fit into 512 bytes is refused at the line that needs it."""

from scxdsl.compiler import build

POLICY = """scheduler s
var at: u32
var out: u64
{0}var a: [u64; 80]
on tick(p) {{
    {1}
    a[at] = 5
    for x in a {{ out += x }}
}}
"""


def test_values_that_are_needed_at_once_are_too_large() -> None:
    text = POLICY.format("percpu ", "").replace("percpu var a: [u64; 80]\n", "\n").replace("    \n", "    let mut a: [u64; 80]\n")
    built = build(text)
    assert not built.ok and [(d.code, d.span.line) for d in built.diagnostics] == [("E0904", 6)]


def test_the_same_in_a_variable_is_not() -> None:
    assert build(POLICY.format("percpu ", "")).ok
