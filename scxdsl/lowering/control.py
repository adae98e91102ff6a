# SPDX-License-Identifier: GPL-2.0-only
"""Conditions that open optionals, and loops on the kernel's number iterator.

The iterator (bpf_iter_num, from 6.4) shows the verifier that a loop ends whatever its count, and its body is verified a few
times instead of once a turn. It lies on the stack and is destroyed on every way out.
"""

from collections.abc import Callable

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Kfunc, Local, Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.tree_use import tree_walks

from .builder import number
from .context import FunctionContext
from .dispatch import expression, statement, value
from .holders import note
from .kernel_text import raise_text
from .moves import content, get_slot, keep_value, present, scalar, set_slot
from .patterns import test_value
from .slots import new_slot
from .values import Lowered, Memory, SlotAlias

FOLLOWED = 512
"""What a loop under a lock is taken for whose number of turns is not written out."""

MOST_TURNS = 8 * 1024 * 1024  # include/linux/bpf.h: BPF_MAX_LOOPS
ALL = (1 << 64) - 1

ITERATOR = ir.Struct("bpf_iter_num", (ir.Field("__opaque", ir.Array(ir.U64, 1)),))
NEW = Kfunc("bpf_iter_num_new", ir.Proto(ir.I32, (ir.Pointer(ITERATOR), ir.I32, ir.I32)))
NEXT = Kfunc("bpf_iter_num_next", ir.Proto(ir.Pointer(ir.I32), (ir.Pointer(ITERATOR),)))
DESTROY = Kfunc("bpf_iter_num_destroy", ir.Proto(ir.VOID, (ir.Pointer(ITERATOR),)))


# ---- conditions


@expression.register
def _(node: typed.Chain, f: FunctionContext) -> Lowered:
    """Two loops that run once: a condition that fails leaves the inner one, to what follows `else`."""
    keeps = not isinstance(node.type, lang.Nothing | lang.Never)
    slot = new_slot(f, node.type, "if") if keeps else None
    with f.build.loop() as done:
        with f.build.loop() as failed, f.scope():
            test_all(f, node.conditions, failed)
            keep_value(f, slot, value(node.then, f))
            f.leave(done)
        if node.otherwise is not None:
            keep_value(f, slot, value(node.otherwise, f))
        f.leave(done)
    return None if slot is None else get_slot(f, slot)


def test_all(f: FunctionContext, conditions: list[typed.Expr], failed: int) -> None:
    """Goes on where all hold; else leaves the loop of level `failed`."""
    for condition in conditions:
        with f.build.at(condition.span):
            if isinstance(condition, typed.Opens):
                held = value(condition.value, f)
                if condition.test is not None:
                    test_value(f, condition.test, held, condition.value.type, failed)
                    continue
                with f.build.when(f.build.negate(present(f, held))):
                    f.leave(failed)
                if condition.variable is not None:
                    _name(f, condition.variable, condition.value, held)
            else:
                with f.build.when(f.build.negate(scalar(value(condition, f)))):
                    f.leave(failed)


@statement.register
def _(node: typed.LetElse, f: FunctionContext) -> None:
    held = value(node.value, f)
    if node.test is not None:
        with f.build.loop() as done:
            with f.build.loop() as failed:
                test_value(f, node.test, held, node.value.type, failed)
                f.leave(done)
            value(node.otherwise, f)
        return
    with f.build.when(f.build.negate(present(f, held))):
        value(node.otherwise, f)
    if node.variable is not None:
        _name(f, node.variable, node.value, held)


def _name(f: FunctionContext, variable: typed.Variable, node: typed.Expr, held: Lowered) -> None:
    """A name for what a present optional holds: a copy, or the place itself in a ring."""
    if isinstance(node, typed.RingReserve):
        place = content(held)
        assert isinstance(place, Memory)
        f.slots[variable] = SlotAlias(place.address, variable.type)
        return
    slot = f.slots[variable] = new_slot(f, variable.type, variable.name)
    set_slot(f, slot, content(held))
    note(f, variable, node)


# ---- loops


def counted(
    f: FunctionContext,
    count: Operand,
    body: Callable[[Operand], None],
    otherwise: typed.BlockValue | None = None,
    followed: bool = False,
    few: bool = False,
) -> None:
    """Runs `body` with 0, 1, … count - 1; then, unless it was left, `otherwise`. More than MOST_TURNS is an error; `few`: it cannot be so many."""
    if f.held is not None or followed:
        _followed(f, count, body, otherwise)
        return
    if not (few or isinstance(count, Const) and count.value <= MOST_TURNS):
        with f.build.when(f.build.compare(CompareOp.UGT, count, number(MOST_TURNS))):
            raise_text(f, f"a loop of %llu turns: at most {MOST_TURNS}", count)
    iterator = f.build.local_address(Local(f.name("iterator"), ITERATOR))
    f.build.kfunc(NEW, iterator, Const(ir.I32, 0), f.build.convert(count, ir.I32))
    level = f.build.loop_depth + 1
    with f.cleanup(level, lambda: f.build.kfunc(DESTROY, iterator)):
        with f.build.loop() as level:
            turn = f.build.kfunc(NEXT, iterator)
            assert turn is not None
            with f.build.when(f.build.compare(CompareOp.EQ, turn, Const(turn.type, 0))):
                if otherwise is not None:
                    value(otherwise, f)
                f.leave(level)
            index = f.build.convert(f.build.convert(f.build.load(turn, ir.I32), ir.U32), ir.U64)
            f.loops.append(level)
            body(index)
            f.loops.pop()


def _followed(
    f: FunctionContext, count: Operand, body: Callable[[Operand], None], otherwise: typed.BlockValue | None
) -> None:
    """The same under a lock, where there are no iterators (they come with 6.16), and around operations on trees (rules/trees.py):
    the verifier follows every turn, so what it knows the count to be at most must be small."""
    turns = Local(f.name("turns"), ir.U64)
    f.build.set(turns, number(0))
    with f.build.loop(max(count.value, 1) if isinstance(count, Const) else FOLLOWED) as level:  # with none its test is followed, once
        index = f.build.get(turns)
        with f.build.when(f.build.compare(CompareOp.UGE, f.build.opaque(index), count)):
            if otherwise is not None:
                value(otherwise, f)
            f.leave(level)
        f.build.set(turns, f.build.add(index, number(1)))
        f.loops.append(level)
        body(index)
        f.loops.pop()


@statement.register
def _(node: typed.ForRange, f: FunctionContext) -> None:
    low, high = scalar(value(node.low, f)), scalar(value(node.high, f))
    if isinstance(low, Const) and isinstance(high, Const):
        _range(f, node, low, number(min(max(high.value - low.value + node.inclusive, 0), ALL)))
        return
    signed = low.type == ir.I64
    less = CompareOp.SLT if signed else CompareOp.ULT
    most = f.build.binary(BinaryOp.SUB, high, low)
    if node.inclusive:
        empty = f.build.compare(less, high, low)
        whole = f.build.compare(CompareOp.EQ, most, Const(most.type, ALL if most.type == ir.U64 else -1))  # one more would be 0
        most = f.build.select(whole, most, f.build.add(most, Const(most.type, 1)))
    else:
        empty = f.build.compare(CompareOp.SLE if signed else CompareOp.ULE, high, low)
    _range(f, node, low, f.build.convert(f.build.select(empty, Const(most.type, 0), most), ir.U64))


def _range(f: FunctionContext, node: typed.ForRange, low: Operand, count: Operand) -> None:
    def turn(index: Operand) -> None:
        if node.variable is not None:
            slot = f.slots[node.variable] = new_slot(f, node.variable.type, node.variable.name)
            set_slot(f, slot, f.build.add(low, f.build.convert(index, low.type)))
        value(node.body, f)

    counted(f, count, turn, node.otherwise, walks(node))


def walks(loop: typed.Stmt) -> bool:
    """Whether a loop changes or searches trees."""
    return next(tree_walks(loop), None) is not None


@statement.register
def _(node: typed.Repeat, f: FunctionContext) -> None:
    def turn(index: Operand) -> None:
        value(node.body, f)

    counted(f, scalar(value(node.count, f)), turn, node.otherwise, walks(node))


@statement.register
def _(node: typed.While, f: FunctionContext) -> None:
    def turn(index: Operand) -> None:
        with f.scope():
            test_all(f, node.conditions, f.loops[-1])
            value(node.body, f)

    counted(f, scalar(value(node.limit, f)), turn, node.otherwise, walks(node))


@statement.register
def _(node: typed.Break, f: FunctionContext) -> None:
    f.leave(f.loops[-1])


@statement.register
def _(node: typed.Continue, f: FunctionContext) -> None:
    f.again(f.loops[-1])
