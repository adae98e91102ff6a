# SPDX-License-Identifier: GPL-2.0-only
"""Calls of kernel functions that have one form on every kernel, and sections in which the kernel's RCU holds what was read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scxdsl.ir.ops import CompareOp, Const, Kfunc, Local, Operand, SetLocal, Value

from .context import FunctionContext
from .kernel_types import ir_proto, never_null


def plain_kfunc(f: FunctionContext, name: str, *arguments: Operand) -> Operand | None:
    found = f.module.target.facts.kfunc(name)
    assert found is not None and found.proto.newest is not None
    return f.build.kfunc(Kfunc(name, ir_proto(found.proto.newest), sure=never_null(f.module.target.facts, name)), *arguments)


def guarded(f: FunctionContext) -> bool:
    """Whether the program must enter an RCU section to use what it reads from the kernel. Programs that may not sleep are in
    one as a whole (kernel/bpf/verifier.c, in_rcu_cs); the callback of a timer is verified as part of init, which may."""
    return (f.sleepable or f.callback == "timer") and not f.in_section


@contextmanager
def section(f: FunctionContext) -> Iterator[None]:
    """Code inside may use pointers that RCU protects. Sections do not nest."""
    if not guarded(f):
        yield
        return
    plain_kfunc(f, "bpf_rcu_read_lock")
    with f.cleanup(f.build.loop_depth + 0.5, lambda: plain_kfunc(f, "bpf_rcu_read_unlock")):
        f.in_section = True
        yield
        f.in_section = False


def owned(f: FunctionContext, stem: str, found: Value, release: Callable[[Operand], object]) -> Local:
    """What was acquired goes back at the end of the scope around this place, also where this place lies in a branch that was
    not taken: a local that starts as NULL says whether there is something. Whoever takes it out of that local moves it."""
    null = Const(found.type, 0)
    held = Local(f.name(stem), found.type)
    f.build.body.insert(0, SetLocal(span=f.build.span, local=held, value=null))
    f.build.set(held, found)

    def close() -> None:
        pointer = f.build.get(held)
        with f.build.when(f.build.compare(CompareOp.NE, pointer, null)):
            release(pointer)
            f.build.set(held, null)

    f.own(close)
    f.holder = held
    return held
