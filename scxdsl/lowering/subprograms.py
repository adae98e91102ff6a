# SPDX-License-Identifier: GPL-2.0-only
"""Functions that are not laid into their callers, in large programs (typing/subprograms.py chooses them).

Each program has subprograms of its own: what a function becomes depends on the callback around it. Parameters are values in
registers. Where something inside can fail, the last one points to a number on the caller's stack, and the callee sets it: the caller then
closes what it has open and leaves in its turn, so that `error` still ends the whole invocation. A function that takes numbers, and of
tasks and cgroups only those that the kernel gave to the callback, is a global one for the kernel, which verifies it once; another is
verified with each call, and knows what the caller knows of its arguments (kernel/bpf/verifier.c, check_func_call, btf_prepare_func_args).
"""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Local, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import Builder, number
from .context import FunctionContext
from .layout import register_type
from .moves import get_slot, scalar, set_slot
from .values import Lowered

FAILED = ir.Pointer(ir.U64)


def call(node: typed.CallFunction, arguments: list[Operand], f: FunctionContext) -> Lowered:
    """A call of the function's own code, which is written at the first call."""
    function = _function(node.function, f)
    fails = len(function.params) > len(arguments)
    if fails:
        failed = f.build.local_address(Local(f.name("failed"), ir.U64))
        f.build.store(failed, number(0))
        arguments = [*arguments, failed]
    out = f.build.call(function.name, function.result, *arguments)
    if fails:
        with f.build.when(f.build.compare(CompareOp.NE, f.build.load(failed, ir.U64), number(0))):
            f.abandon()
    return None if isinstance(node.function.result, lang.Nothing) else out


def _function(source: typed.Function, f: FunctionContext) -> irm.Function:
    key = (source, f.callback, f.sleepable, f.in_section)
    known = f.module.subprograms.get(key)
    if known is None:
        known = f.module.subprograms[key] = _written(source, f)
        f.module.module.functions.append(known)
    return known


def _written(source: typed.Function, outer: FunctionContext) -> irm.Function:
    from .calls import inline_body  # it stands on this file

    assert source.body is not None
    gives = not isinstance(source.result, lang.Nothing)
    result = register_type(source.result) if gives else ir.I32
    build = Builder(source.span)
    f = FunctionContext(outer.module, build, outer.callback, Const(result, 0), source.result, sleepable=outer.sleepable,
                        interrupts_off=outer.interrupts_off, in_section=outer.in_section, plan=outer.plan)  # fmt: skip
    f.failed = Value(FAILED, "failed")
    params = [Value(register_type(p.type), p.name) for p in source.params]
    for parameter, given in zip(source.params, params, strict=True):
        f.slots[parameter] = f.slot(parameter.type, parameter.name)
        set_slot(f, f.slots[parameter], given)
    slot = f.slot(source.result, source.name) if gives else None
    inline_body(source.body, slot, f)
    if not build.ended:
        build.ret(Const(result, 0) if slot is None else scalar(get_slot(f, slot)))
    alone = source in outer.plan.alone and not outer.in_section
    tags = {at: ("arg:trusted",) for at, p in enumerate(params) if isinstance(p.type, ir.Pointer)}
    if f.fails:
        tags[len(params)] = ("arg:nonnull",)
    return irm.Function(
        name=_name(source, outer),
        params=[*params, *([f.failed] if f.fails else [])],
        result=result,
        body=build.body,
        linkage=irm.Linkage.GLOBAL if alone else irm.Linkage.NOINLINE,
        span=source.span,
        title=f"fn {source.name}",
        interrupts_off=outer.interrupts_off,
        param_tags=tags if alone else {},
    )


def _name(source: typed.Function, f: FunctionContext) -> str:
    """The function and its callback; a number where that is taken: functions of two modules may share a name."""
    stem = f"{f.module.policy.name}_{f.callback or 'test'}_{source.name}".replace(".", "_")
    taken = {x.name for x in f.module.subprograms.values()}
    return stem if stem not in taken else f"{stem}_{len(taken)}"
