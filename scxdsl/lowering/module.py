# SPDX-License-Identifier: GPL-2.0-only
"""The front door of lowering: a typed policy becomes one IR module."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Local, Operand, Value
from scxdsl.kernel.items import Op
from scxdsl.kernel.target import Target
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.subprograms import DEEPEST, uses
from scxdsl.typing.owner_types import all_owner, keeps

from . import (  # noqa: F401  (they register their nodes)
    atomics,
    calls,
    cgroups,
    control,
    cpumasks,
    cpusets,
    custody,
    data,
    derive,
    endings,
    errors,
    expressions,
    inboxes,
    indices,
    kernel_calls,
    locks,
    maps,
    mask_memory,
    match,
    optionals,
    owner_shape,
    owners,
    percpu_first,
    places,
    programs as beside,
    queues,
    recording,
    rings,
    staging,
    state,
    statements,
    tasks,
    texts,
    timers,
    topology,
    tree_code,
    tree_heap,
    trees,
    unit_tests,
)
from .builder import Builder
from .calls import inline_body
from .context import STATS_MAP, FunctionContext, ModuleContext, stats_struct
from .data import plain_bytes, table_global
from .dispatch import value
from .kept import kept
from .kernel_types import ir_type
from .layout import memory_type, register_type
from .moves import set_slot
from .param_shapes import param_tag
from .row_shape import lock_maps, row_map, stored, task_rows
from .slots import new_slot
from .statements import leave_program
from .tree_shape import Shape

_EINVAL = 22


def lower(policy: typed.Policy, target: Target, tests: bool = False, deepest: int = DEEPEST) -> irm.Module:
    """The module of a policy that was accepted; with `tests` its tests are programs, too. `deepest`: how many subprograms may stand on
    one another."""
    module = irm.Module(source=policy.source)
    called = uses(policy) if policy.recording is None else {}
    context = ModuleContext(policy, target, module, stats_struct(policy), deepest, uses=called, kept=kept(policy))
    _storage(context)
    for tree in policy.trees:
        module.functions += (tree_heap if Shape(tree).heap else tree_code).functions(context, tree)
    module.functions += [timers.body(context, t) for t in policy.timers]
    module.functions += [inboxes.taker(box) for box in policy.inboxes]
    programs: dict[str, str] = {}
    for name in sorted(_names(policy, target), key=lambda n: n == "init"):  # init makes what the others turned out to need
        function = _program(context, name)
        module.functions.append(function)
        programs[name] = function.name
    module.functions += [beside.hook(context, h, i) for i, h in enumerate(policy.hooks)]
    module.functions += [beside.command(context, c) for c in policy.commands]
    if tests:
        module.functions += [unit_tests.program(context, i, t) for i, t in enumerate(policy.tests)]
    if context.scratch_masks:
        module.maps.append(mask_memory.scratch_map(context, policy.span))
    module.ops = irm.Ops(
        name=f"{policy.name}_ops", programs=programs, numbers=_numbers(context), scheduler=policy.name
    )
    return module


def _names(policy: typed.Policy, target: Target) -> list[str]:
    """The callbacks of the object, in the kernel's order: those written, and those derived."""
    wanted = {c.op for c in policy.callbacks} | {"init", "exit"}
    if policy.globals or policy.dsqs:
        wanted.add("dump")
    if task_rows(policy) is not None:
        wanted |= {"init_task", *(("exit_task",) if keeps("task", policy) else ())}
    groups = policy.rows.get("cgroup")
    if groups is not None:
        ends = groups.dsqs or keeps("cgroup", policy)
        wanted |= {"cgroup_init", *(("cgroup_exit",) if ends else ())}
    return [name for name in target.facts.op_names if name in wanted]


def _numbers(context: ModuleContext) -> dict[str, tuple[ir.Type, int]]:
    policy = context.policy
    out: dict[str, tuple[ir.Type, int]] = {}
    if policy.batch is not None:
        out["dispatch_max_batch"] = (ir.U32, policy.batch)
    fixed = 0
    for flag in policy.flags:
        if flag.condition is None or flag.condition.default:
            fixed |= context.target.constant(flag.constant)
    if policy.flags:
        out["flags"] = (ir.U64, fixed)
    if policy.timeout_ms is not None:
        out["timeout_ms"] = (ir.U32, policy.timeout_ms)
    return out


# ---- storage


def _storage(context: ModuleContext) -> None:
    policy, module = context.policy, context.module
    for p in policy.params:
        type = memory_type(p.type)
        module.globals.append(
            irm.Global(
                name=p.name,
                type=type,
                section=".rodata",
                span=p.span,
                initial=plain_bytes(p.default, p.type),
                read_only=True,
                tags=(param_tag(p),),
            )
        )
    masks = 0
    for g in (g for g in policy.globals if not all_owner(g.type)):
        type = memory_type(g.type)
        if g.type == lang.CPUMASK:
            module.maps += [mask_memory.percpu_map(g)] if g.percpu else []
            module.globals += [] if g.percpu else [mask_memory.variable(g, masks)]
            masks += not g.percpu
            continue
        if g.percpu:
            module.maps.append(
                irm.Map(name=g.name, kind="percpu_array", key=ir.U32, value=type, max_entries=1, span=g.span)
            )
        else:
            initial = None if g.initial in (None, 0, False) else plain_bytes(g.initial, g.type)
            section = ".bss" if initial is None else ".data"
            if g.lock is not None:
                section = locks.section(g.lock)
            module.globals.append(
                irm.Global(
                    name=g.name, type=type, section=section, span=g.span, initial=initial, hidden=g.lock is not None
                )
            )
    module.globals += percpu_first.images(policy)
    module.globals += [locks.declared(lock) for lock in policy.locks if lock.rows is None]
    module.globals += [trees.declared(tree) for tree in policy.trees if tree.rows is None]
    module.globals += tree_code.serials(policy)
    module.maps += lock_maps(policy)
    module.globals += [table_global(table) for table in policy.tables]
    module.maps += [made for m in policy.maps for made in maps.declared(m)]
    module.maps += owner_shape.maps(policy)
    module.maps += [timers.declared(t) for t in policy.timers]
    module.maps += [rings.declared(r) for r in policy.rings]
    module.maps += [inboxes.declared(box) for box in policy.inboxes]
    module.maps += [row_map(rows) for rows in stored(policy)]
    if kinds := topology.asked(policy):
        module.maps.append(topology.topology_map(policy.span))
        if topology.cores(kinds):
            module.maps.append(topology.cores_map(policy.span))
    if policy.hists:
        module.maps.append(atomics.hists_map(policy))
    if policy.stats:
        span = policy.stats[0].span
        module.maps.append(
            irm.Map(name=STATS_MAP, kind="percpu_array", key=ir.U32, value=context.stats, max_entries=1, span=span)
        )
    module.globals.append(derive.exit_record(policy.span))
    if beside.any_beside(policy):
        module.globals.append(beside.mark(policy.span))
    if policy.recording is not None:
        recording.storage(context, policy.span)


# ---- programs


def _program(context: ModuleContext, name: str) -> irm.Function:
    """One callback: what the author wrote, with what is derived before or after it."""
    op = context.target.facts.op(name)
    assert op is not None and op.proto.newest is not None
    written = context.policy.callback(name)
    span = written.name_span if written else context.policy.span
    proto = op.proto.newest
    result = ir.VOID if proto.returns.kind == "void" else ir_type(proto.returns)
    params = [Value(ir_type(a.type), a.name) for a in proto.args]
    build = Builder(span)
    f = FunctionContext(context, build, name, None, written.result if written else lang.NOTHING)
    f.fallback = _fallback(name, result, params)
    f.params, f.sleepable = params, _section(op, context.target) == "struct_ops.s"
    f.interrupts_off = not op.contexts.within(context.target.kernels).where_is(lambda groups: "unlocked" in groups)
    if written is not None:
        f.plan = context.plan(written.body, written.params)
    if name == "init":
        # what is the policy's own comes first: where something behind it fails, the kernel calls `exit` all the same, which may use it
        percpu_first.init(f)
        cpumasks.init(f)
        state.fill(f)
        derive.init(f)
        state.queues(f)
        for timer in context.policy.timers:
            timers.init(f, timer)
    if name == "init_task" and (rows := task_rows(context.policy)) is not None:
        state.created(f, rows, params[0])
    if name == "cgroup_init":
        state.cgroup_init(f, params[0])
    if name == "exit":
        if beside.any_beside(context.policy):
            beside.between(f, False)
        derive.exit(f, params[0])
        f.last = lambda: derive.exited(f, params[0])
    if name == "dequeue":
        custody.body(f, context.policy, lambda callback: _body(f, callback, params, result))
    elif written is not None:
        _body(f, written, params, result)
    if name == "init" and beside.any_beside(context.policy):
        beside.between(f, True)
    if name == "cgroup_exit":
        state.cgroup_exit(f, params[0])
    if name == "exit_task" and keeps("task", context.policy):
        owners.gone(f, task_rows(context.policy), params[0])
    if name == "dump":
        derive.dump(f)
    with build.at(written.span if written else span):
        f.end(None if result == ir.VOID else Const(result, 0))
    return irm.Function(
        name=f"{context.policy.name}_{name}",
        params=params,
        result=result,
        body=build.body,
        linkage=irm.Linkage.PROGRAM,
        span=span,
        section=f"{_section(op, context.target)}/{context.policy.name}_{name}",
        title=name,
        interrupts_off=f.interrupts_off,
    )


def _section(op: Op, target: Target) -> str:
    """A callback that may sleep on every declared kernel that has it is compiled sleepable: only there queues are made."""
    here = op.where & target.kernels
    return "struct_ops.s" if here and here <= op.may_sleep else "struct_ops"


def _fallback(name: str, result: ir.Type, params: list[Value]) -> Operand | None:
    """What a callback answers after an error: select_cpu the previous CPU, those that return an error -EINVAL, others 0."""
    if result == ir.VOID:
        return None
    if name == "select_cpu":
        return params[1]
    return Const(result, 0 if isinstance(result, ir.Bool) else -_EINVAL)


def _body(f: FunctionContext, written: typed.Callback, params: list[Value], result: ir.Type) -> None:
    """The author's part. It stands in a loop that runs once where something derived follows, so that `return` leaves
    only the author's part."""
    build = f.build
    for variable, param in zip(written.params, params, strict=False):
        if variable.type == lang.CPUMASK:  # the kernel's own, and never changed
            slot = f.slots[variable] = Local(f.name(variable.name), register_type(variable.type))
        else:
            slot = f.slots[variable] = new_slot(f, variable.type, variable.name)
        kind = variable.type.of if isinstance(variable.type, lang.Optional) else variable.type
        set_slot(f, slot, build.convert(param, register_type(kind)))
    derived = ("exit", "dump", "exit_task", "cgroup_exit", "dequeue")
    if written.name in derived or written.name == "init" and beside.any_beside(f.module.policy):
        inline_body(written.body, None, f)
        return
    out = value(written.body, f)
    if out is not None and not build.ended and not isinstance(written.result, lang.Nothing):
        with build.at(written.body.value.span if written.body.value else written.span):
            leave_program(f, out)
