# SPDX-License-Identifier: GPL-2.0-only
"""What policies mean, without any compilation: run one callback and look."""

from typing import Any

import pytest

from scxdsl.compiler import check
from scxdsl.interp import Interpreter
from scxdsl.model import Model, events
from scxdsl.model.attach import attach


def interpreter(text: str, **params: Any) -> tuple[Interpreter, Model]:
    checked = check(text, "p.scx")
    assert checked.ok, [d.message for d in checked.diagnostics]
    m = Model("6.18")
    m.trace = []
    attach(m, lambda k: Interpreter(checked.policy, k, params))
    assert isinstance(m.program, Interpreter)
    return m.program, m


def value(body: str, declarations: str = "", t: str = "u64") -> Any:
    """What `out` is after `body` ran in `running`."""
    p, m = interpreter(f"scheduler p\nvar out: {t}\n{declarations}\non running(p) {{\n{body}\n}}\n")
    events.spawn(m, "task")
    assert m.exit is None, m.exit
    return p.value("out")


@pytest.mark.parametrize("body,result", [
    ("let mut a = [1, 2, 3]\nlet b = a\na[0] = 9\nout = b[0] + a[0]", 10),
    ("for i in 0 .. 5 { if i == 3 { break }\nout += i } else { out = 99 }", 3),
    ("for i in 0 ..= 3 { if i == 1 { continue }\nout += i }", 5),
    ("repeat 3 { out += 2 } else { out += 100 }", 106),
    ("let mut n = 0\nwhile n < 2 max 10 { n += 1 } else { n = 50 }\nout = n", 2),
    ("let mut n = 0\nwhile true max 4 { n += 1 } else { n += 50 }\nout = n", 54),
    ("let a = [4, 5]\nout = a.get(7) ?? 11", 11),
    ("out = if 2 > 1 { 5 } else { 6 }", 5),
    ("let mut x: u8 = 250\nx += 10\nout = x", 4),
    ("out = match 7 { 0 ..= 6 => 1, 7 | 8 => 2, else => 3 }", 2),
])  # fmt: skip
def test_values(body: str, result: int) -> None:
    assert value(body) == result


def test_mut_parameters_name_the_place() -> None:
    assert value("let mut x = 1\nraise(x)\nout = x", "fn raise(mut n: u64) { n += 41 }") == 42


def test_structs_are_copied() -> None:
    text = "let mut a = S(x: 1)\nlet b = a\na.x = 5\nout = a.x * 10 + b.x"
    assert value(text, "struct S { x: u64 }") == 51


def test_error_leaves_the_callback_and_names_the_line() -> None:
    p, m = interpreter("scheduler p\nvar n: u64\nfn f() { error \"no {7}\" }\non enqueue(p, flags) {\n    f()\n    n = 1\n}\n"
                       "on select_cpu(p, prev, wake) { return prev }\n")  # fmt: skip
    events.spawn(m, "task")
    assert m.exit is not None and m.exit.msg == "p.scx:3: no 7" and p.value("n") == 0


def test_an_index_out_of_range_is_an_error() -> None:
    _, m = interpreter("scheduler p\nvar a: [u32; 4]\nvar i: u64 = 9\non running(p) { a[i] = 1 }\n")
    events.spawn(m, "task")
    assert m.exit is not None and m.exit.msg == "p.scx:4: index 9 is out of range: the length is 4"


def test_parameters_are_checked_again_in_init() -> None:
    _, m = interpreter("scheduler p\nparam n: u64 = 5 in 1 ..= 9\non running(p) { }\n", n=10)
    assert m.exit is not None and m.exit.msg == "p.scx:2: parameter n is out of range: 10"


def test_state_of_tasks_begins_with_init_task() -> None:
    p, m = interpreter("scheduler p\nvar last: u64\nper task { runs: u64 = 7 }\non running(p) { p.runs += 1\nlast = p.runs }\n")
    events.spawn(m, "a")
    assert p.value("last") == 8


def test_effects_under_a_lock_wait_for_its_release() -> None:
    text = ("scheduler p\nvar n: u64\nlock l guards n\nstat s\non running(p) {\n    under l {\n        p.slice = 5ms\n        n += 1\n"
            "        log \"in {n}\"\n    }\n    log \"out\"\n}\n")  # fmt: skip
    _, m = interpreter(text)
    events.spawn(m, "a")
    seen = [step[1:] for step in m.trace or [] if step[0] == "kernel" and step[1] in ("print", "task_set_slice")]
    assert [s[0] for s in seen][:3] == ["task_set_slice", "print", "print"] and seen[1][1] == "p: in 1\n"
