# SPDX-License-Identifier: GPL-2.0-only
"""`on dequeue` means a withdrawal on every kernel; `on custody_end` is 7.1's own meaning."""

import pytest
from patience import counted, run_until

from scxdsl.compiler import build, check, lower
from scxdsl.ir.ops import EnumExists
from scxdsl.ir.walk import operations

CUSTODY = """\
scheduler custody
stat withdrawn, ended, inserted, ordinary
dsq shared
on enqueue(p, flags) { inserted += 1; shared.insert(p, SLICE, flags) }
on dispatch(cpu, prev) { shared.move_to_local() }
on dequeue(p, flags) { if p.weight == 0 { return }
  withdrawn += 1
  if flags has .sleep { return } 
  if flags == {} && kernel has SCX_DEQ_SCHED_CHANGE { error "an ordinary dispatch" } }
on custody_end(p, flags) { ended += 1; if flags == {} { ordinary += 1 } }
"""


def checks(text: str, kernels: str) -> int:
    """How often the program asks which meaning the running kernel has."""
    checked = check(text, "p.scx", kernels=kernels)
    assert checked.ok, [d.message for d in checked.diagnostics]
    return sum(isinstance(op, EnumExists) for op in operations(lower(checked).function("s_dequeue").body))


def test_older_kernels_are_not_asked() -> None:
    text = "scheduler s\nstat a\non dequeue(p, flags) { a += 1 }"
    assert checks(text, "6.12 .. 7.0") == 0
    assert checks(text, "6.12..") == 1


def test_custody_end_warns_of_kernels_that_never_call_it() -> None:
    text = "scheduler s\nstat a\non custody_end(p, flags) { a += 1 }"
    assert [d.code for d in check(text).diagnostics] == ["W0401"]
    assert [d.code for d in check(text, kernels="7.1..").diagnostics] == []


def test_one_object_has_both() -> None:
    module = lower(check("scheduler s\nstat a\non dequeue(p, f) { a += 1 }\non custody_end(p, f) { a += 2 }"))
    assert "dequeue" in module.ops.programs and "custody_end" not in module.ops.programs


@pytest.mark.guest
def test_an_ordinary_dispatch_is_no_withdrawal(guest, kernel: str) -> None:
    made = build(CUSTODY, "custody.scx")
    assert made.object is not None, [d.message for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    new = tuple(map(int, kernel.split("."))) >= (7, 1)
    run = run_until(guest, made.object, counted("inserted", *(["ordinary", "ended"] if new else [])))
    assert run.attached and run.clean, (run.exit, run.refusal)
    assert run.stats["inserted"] > 0 and (run.stats["ordinary"] > 0) == new and (run.stats["ended"] > 0) == new
