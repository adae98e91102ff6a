# SPDX-License-Identifier: GPL-2.0-only
"""Reads stand before the choices that do not matter to them, and nothing else changes its place."""

from pathlib import Path

import pytest

from scxdsl.compiler import build, check, lower
from scxdsl.ir.ops import Load, Op, Opaque, Select
from scxdsl.ir.printer import print_function
from scxdsl.ir.verify import verify
from scxdsl.ir.walk import operations
from scxdsl.objects import read
from scxdsl.objects.instruction import Form
from scxdsl.rewriting.reads_first import QUIET, reads_first

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "examples").glob("*.scx"))


def test_the_ir_shows_what_was_done() -> None:
    """Golden: tests/fitting/early.ir."""
    built = build((HERE / "early.scx").read_text(), "early.scx")
    assert built.module is not None
    assert print_function(next(f for f in built.module.functions if f.name == "early_stopping")) == (HERE / "early.ir").read_text()


def test_the_object_reads_all_before_its_first_jump() -> None:
    built = build((HERE / "early.scx").read_text(), "early.scx")
    assert built.object is not None
    program = next(f for f in read(built.object).functions if f.name == "early_stopping")
    kinds = [i.form for i in program.instructions if i.form in (Form.LOAD, Form.BRANCH)]
    assert kinds.index(Form.BRANCH) == 5, kinds  # the context, slice, p.slice, p.weight, p.vtime


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_what_has_effects_keeps_its_order(path: Path) -> None:
    """Also what is read in between: no read passes an effect, and each choice has the reads before it that it had."""
    module = lower(check(path.read_text(encoding="utf-8"), path.name))
    for f in module.functions:
        before, stretches = [*operations(f.body)], _stretches([*operations(f.body)])
        reads_first(f)
        after = [op for op in operations(f.body) if not (isinstance(op, Opaque) and op.ordered)]
        assert set(before) == set(after) and len(before) == len(after)
        assert [set(s) for s in _stretches(after)] == [set(s) for s in stretches]
        assert [op for op in before if isinstance(op, Load)] == [op for op in after if isinstance(op, Load)]
        assert [op for op in before if isinstance(op, Select)] == [op for op in after if isinstance(op, Select)]
    verify(module)


def _stretches(ops: list[Op]) -> list[list[Op]]:
    """What stands between two operations that a read may not pass."""
    out: list[list[Op]] = [[]]
    for op in ops:
        if isinstance(op, QUIET) and not (isinstance(op, Load) and op.volatile):
            out[-1].append(op)
        else:
            out += [[op], []]
    return out
