# SPDX-License-Identifier: GPL-2.0-only
"""Structured control and calls within the module, as basic blocks. Code after a jump is dropped: every block has a way in."""

from collections.abc import Callable

from scxdsl.ir.ops import Block, Break, Call, Continue, FunctionAddress, GlobalAddress, If, Local, Loop, Op, Return
from scxdsl.ir.types import VOID

from . import arithmetic, blocks, core, kernel_calls, memory
from .context import CALL, symbol
from .globals import global_align
from .kernel_calls import passed
from .pointer_tests import MARK
from .types_llvm import extension, register
from .writer import LoopLabels, Place, Writer


def block(w: Writer, ops: Block) -> None:
    """The operations of a block, up to the first that leaves it."""
    w.enter()
    for op in ops:
        if w.closed:
            break
        if isinstance(op, core.WANTED_ONLY) and op.result not in w.used:
            continue
        w.at(op.span)
        for local in w.lifetimes.begin.get(op, ()):
            _lifetime(w, "start", local)
            for slot in w.settled.locals.get(local, ()):
                w.instruction(f"store i64 0, ptr {memory.offset(w, w.local(local), slot)}, align 8")
        EMITTERS[type(op)](w, op)
        if op in w.settled.after:
            memory.settle(w, *w.settled.after[op])
        if not w.closed:
            for local in w.lifetimes.end.get(op, ()):
                _lifetime(w, "end", local)
    w.leave()


def _lifetime(w: Writer, what: str, local: Local) -> None:
    name = f"@llvm.lifetime.{what}.p0"
    w.context.declare(name, f"declare void {name}(ptr)")
    w.instruction(f"call void {name}(ptr {w.local(local)})")


def if_op(w: Writer, op: If) -> None:
    marked = op.condition in w.branch_tests
    leaves = marked and not op.otherwise and bool(op.then) and isinstance(op.then[0], Break | Continue)  # then the mark stands where it goes on
    then, done = w.label(), w.label()
    otherwise = w.label() if op.otherwise or leaves else done
    if marked:
        w.instruction(MARK)
    w.branch(w.text(op.condition), then, otherwise)
    reached = otherwise == done
    for label, ops in ((then, op.then), (otherwise, op.otherwise)):
        if label == done:
            continue
        w.start(label)
        if marked and not (leaves and label == then):
            w.instruction(MARK)
        block(w, ops)
        if not w.closed:
            w.at(op.span)
            w.jump(done)
            reached = True
    if reached:
        w.start(done)


def loop(w: Writer, op: Loop) -> None:
    labels = LoopLabels(w.label(), w.label())
    w.jump(labels.again)
    w.start(labels.again)
    if op.kernel_bounded:
        w.go_on_or_leave(labels.done)
    w.loops.append(labels)
    block(w, op.body)
    if not w.closed:
        w.at(op.span)
        w.jump(labels.again)
    w.loops.pop()
    if w.is_target(labels.done):
        w.start(labels.done)


def break_op(w: Writer, op: Break) -> None:
    w.jump(w.loops[-1 - op.depth].done)


def continue_op(w: Writer, op: Continue) -> None:
    w.jump(w.loops[-1 - op.depth].again)


def return_op(w: Writer, op: Return) -> None:
    w.close(f"ret {w.typed(op.value)}" if op.value is not None and w.function.result != VOID else "ret void")


def call(w: Writer, op: Call) -> None:
    callee = w.context.functions[op.function]
    arguments = passed(w, tuple(p.type for p in callee.params), op.arguments)
    kind = extension(callee.result) + register(callee.result)
    text = f"call {kind} {symbol(callee.name)}({arguments}) {CALL}"
    if op.result is None:
        w.instruction(text)
    else:
        w.define(op.result, text)


def global_address(w: Writer, op: GlobalAddress) -> None:
    g = w.context.global_variables.get(op.name)
    w.bind(op.result, symbol(op.name), Place(global_align(w.context, g) if g else 8, True))


def function_address(w: Writer, op: FunctionAddress) -> None:
    w.bind(op.result, symbol(op.name))


EMITTERS: dict[type[Op], Callable[[Writer, Op], None]] = {
    If: if_op,
    Loop: loop,
    Break: break_op,
    Continue: continue_op,
    Return: return_op,
    Call: call,
    GlobalAddress: global_address,
    FunctionAddress: function_address,
    **arithmetic.EMITTERS,
    **memory.EMITTERS,
    **blocks.EMITTERS,
    **kernel_calls.EMITTERS,
    **core.EMITTERS,
}
