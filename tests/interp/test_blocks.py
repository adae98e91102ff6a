# SPDX-License-Identifier: GPL-2.0-only
"""A block whose value is written out does what stands in it."""

import pytest

from scxdsl.compiler import check
from scxdsl.interp import Interpreter
from scxdsl.model import Model
from scxdsl.model.attach import attach


@pytest.mark.parametrize(
    ("statement", "n", "x"),
    [
        ("x = { n += 1; 5 }", 1, 5), ("let y = { n += 1; 6 }; x = y", 1, 6), ("x = under l { n += 1; 7 }", 1, 7), ("x = f()", 1, 8),
        ("let d: duration = { n += 1; 0 }; x = d / 1ns", 1, 0), ("let o: u64? = { n += 1; 9 }; x = o ?? 1", 1, 9), ("x = { n += 1; { n += 1; 3 } }", 2, 3),
        ("x = if n == 0 { n += 1; 4 } else { 5 }", 1, 4), ("x = match n { 0 => { n += 1; 2 }, else => 1 }", 1, 2),
    ],
)  # fmt: skip
def test_its_statements_run(statement: str, n: int, x: int) -> None:
    text = "scheduler s\nlock l guards other\nvar other: u32\nvar n: u64\nvar x: u64\nfn f() -> u64 { { n += 1; 8 } }\non init() { " + statement + " }"
    checked = check(text, "s.scx")
    assert checked.ok, [(d.code, d.message) for d in checked.diagnostics]
    m, made = Model("6.18"), []
    attach(m, lambda kernel: made.append(Interpreter(checked.policy, kernel)) or made[0])
    assert (made[0].value("n"), made[0].value("x")) == (n, x)
