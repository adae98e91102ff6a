# SPDX-License-Identifier: GPL-2.0-only
"""Hooks and commands: programs beside the ops table. Their decl tags tell a loader what it must know (docs/objects.md)."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Local, Operand, Value
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import Builder
from .calls import inline_body
from .context import FunctionContext, ModuleContext
from .from_user import examine
from .layout import memory_type, register_type
from .moves import get_slot, load, scalar, set_slot, store
from .param_shapes import shape, tag
from .places import MemoryTarget
from .slots import new_slot
from .values import is_pointer

HOOK_TAG, COMMAND_TAG = "scxdsl.hook:", "scxdsl.command:"
RESULT = "__result"  # the member of a command's context that takes what it gives
_RUNNING = "__running"
_ENODEV, _EINVAL = 19, 22
_ZERO = Const(ir.I32, 0)


def any_beside(policy: typed.Policy) -> bool:
    """Whether there are programs that may run before init has, and after exit."""
    return bool(policy.hooks or policy.commands)


def mark(span: Span) -> irm.Global:
    """Whether the scheduler is between init and exit."""
    return irm.Global(name=_RUNNING, type=ir.BOOL, section=".bss", span=span)


def between(f: FunctionContext, running: bool) -> None:
    """At the end of init, at the beginning of exit."""
    f.build.store(f.build.global_address(_RUNNING), Const(ir.BOOL, int(running)), volatile=True)


def _unless_running(f: FunctionContext, answer: Operand) -> None:
    running = f.build.load(f.build.global_address(_RUNNING), ir.BOOL, True)
    with f.build.when(f.build.negate(running)):
        f.build.ret(answer)


# ---- hooks


def hook(context: ModuleContext, hook: typed.Hook, place: int) -> irm.Function:
    """The place-th hook of a policy. A hook that some kernel lacks, or that a parameter switches on, is left out by a plain libbpf
    (`?` before the section); who loads it nevertheless finds it doing nothing where its parameter is not set."""
    build = Builder(hook.name_span)
    f = FunctionContext(context, build, "tracing", _ZERO, lang.NOTHING, plan=context.plan(hook.body))
    f.params, f.sleepable = [Value(_slot(t), f"arg{i}") for i, t in enumerate(hook.arguments)], False
    _unless_running(f, _ZERO)
    if hook.condition is not None:
        given = MemoryTarget(build.global_address(hook.condition.name), lang.BOOL, shared=False).read(f)
        with build.when(build.negate(scalar(given))):
            build.ret(_ZERO)
    for variable, at in zip(hook.params, hook.places, strict=True):
        kind = register_type(variable.type.of if isinstance(variable.type, lang.Optional) else variable.type)
        value = build.convert(_returned(f, variable.type) if at == typed.RESULT else f.params[at], kind)
        f.slots[variable] = new_slot(f, variable.type, variable.name)
        set_slot(f, f.slots[variable], value)
    inline_body(hook.body, None, f)
    if not build.ended:
        build.ret(_ZERO)
    absent = hook.optional or hook.condition is not None and not hook.condition.default
    return irm.Function(
        name=f"{context.policy.name}_{hook.kind}_{place}_{hook.target}".replace("/", "_"),  # the kernel wants identifiers (kernel/bpf/btf.c, btf_func_check)
        params=f.params,
        result=ir.I32,
        body=build.body,
        linkage=irm.Linkage.PROGRAM,
        span=hook.name_span,
        section=f"{'?' if absent else ''}{hook.kind}/{hook.target}",
        title=f"hook {hook.target}",
        tags=(tag(HOOK_TAG, _hook_facts(hook)),),
    )


def _hook_facts(hook: typed.Hook) -> dict[str, object]:
    out: dict[str, object] = {}
    if hook.condition is not None:
        out["if"] = hook.condition.name
    if hook.optional:
        out["optional"] = True
    return out


def _slot(t: lang.Type) -> ir.Type:
    inner = t.of if isinstance(t, lang.Optional) else t
    return register_type(inner) if is_pointer(inner) else memory_type(inner)


def _returned(f: FunctionContext, t: lang.Type) -> Value:
    """What the function gave: asked of the kernel, since its place behind the arguments differs among kernels."""
    room = Local(f.name("ret"), ir.U64)
    address = f.build.local_address(room)
    f.build.helper("get_func_ret", ir.I64, f.build.context(), address)
    out = f.build.convert(f.build.load(address, ir.U64), _slot(t))
    assert isinstance(out, Value)
    return out


# ---- commands


def command(context: ModuleContext, command: typed.Command) -> irm.Function:
    assert command.body is not None
    build = Builder(command.span)
    f = FunctionContext(context, build, "syscall", Const(ir.I32, -_EINVAL), command.result, plan=context.plan(command.body))
    given = Value(ir.Pointer(ir.VOID), "ctx")
    f.params = []
    _unless_running(f, Const(ir.I32, -_ENODEV))
    struct = context_struct(command)
    if struct.fields:
        given = build.context(struct)
    for variable in command.params:
        with build.at(variable.span):
            address = build.member(given, struct, variable.name)
            examine(f, address, variable.type, f.abandon)
            f.slots[variable] = new_slot(f, variable.type, variable.name)
            set_slot(f, f.slots[variable], load(f, address, variable.type))
    gives = not isinstance(command.result, lang.Nothing)
    result = new_slot(f, command.result, command.name) if gives else None
    inline_body(command.body, result, f)
    if result is not None and not build.ended:
        store(f, build.member(given, struct, RESULT), get_slot(f, result), command.result)
    if not build.ended:
        build.ret(_ZERO)
    return irm.Function(
        name=command.name,
        params=f.params,
        result=ir.I32,
        body=build.body,
        linkage=irm.Linkage.PROGRAM,
        span=command.span,
        context=struct if struct.fields else None,
        section="syscall",
        title=f"command {command.name}",
        tags=(tag(COMMAND_TAG, _command_facts(command)),),
    )


def context_struct(command: typed.Command) -> ir.Struct:
    """What user space hands over and gets back."""
    fields = [ir.Field(p.name, memory_type(p.type)) for p in command.params]
    if not isinstance(command.result, lang.Nothing):
        fields.append(ir.Field(RESULT, memory_type(command.result)))
    return ir.Struct(f"{command.name}_context", tuple(fields))


def _command_facts(command: typed.Command) -> dict[str, object]:
    out: dict[str, object] = {"parameters": {p.name: shape(p.type) for p in command.params}}
    if not isinstance(command.result, lang.Nothing):
        out["result"] = shape(command.result)
    return out
