# SPDX-License-Identifier: GPL-2.0-only
"""Where a CPU stands, from the kernel's own per-CPU variables, so that no loader has to tell.

| what | source |
|---|---|
| llc | sd_llc_id (kernel/sched/topology.c, update_top_cache_domain) |
| node | scx_bpf_cpu_node, before 6.16 numa_node (include/linux/topology.h) |
| core | the lowest CPU with the same package, die and core in cpu_info (arch/x86); elsewhere each CPU is a core of its own |

Cores are looked for once, in derived init, and kept in the map `topology`, with a mark on each core, llc and node that some
CPU has; of these what the policy asks for. Which CPU of a core came last is remembered by the core's key in the hash `core_of`.
"""

from collections.abc import Callable
from contextlib import nullcontext

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Local, Operand, Value
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.walk import walk

from . import mates
from .array_maps import array_entry
from .builder import FALSE, TRUE, Builder, number
from .context import FunctionContext
from .forms import family
from .index_kinds import kinds_of
from .kernel_types import kernel_struct
from .kfuncs import plain_kfunc, section
from .moves import scalar
from .row_shape import MOST_CPUS

TOPOLOGY, CORES = "topology", "core_of"
MATES = "the list of a core's CPUs"
SLOT = ir.Struct("topology", (ir.Field("core", ir.U32), ir.Field("next", ir.U32), *(ir.Field(f"is_{kind}", ir.BOOL) for kind in ("core", "llc", "node"))))
_END = 0xFFFFFFFF  # no CPU: the last one of its core


def nr_cpus(f: FunctionContext) -> Operand:
    """One more than the highest number of a possible CPU."""
    return f.build.convert(scalar(family(f, "nr_cpu_ids")), ir.U64)


# ---- the kernel's variables


def kernel_variable(f: FunctionContext, name: str, type: ir.Type, cpu: Operand) -> tuple[Operand, Operand]:
    """Whether the kernel has a per-CPU variable, as a test, and the address of a CPU's copy, NULL where it has not. The
    address of the variable is known at load, so the verifier follows one side only."""
    if all(g.name != name for g in f.module.module.globals):
        f.module.module.globals.append(
            irm.Global(name=name, type=type, section=".ksyms", span=f.module.policy.span, weak=True)
        )
    pointer = ir.Pointer(type)
    slot = Local(f.name(name), pointer)
    f.build.set(slot, Const(pointer, 0))
    symbol = f.build.global_address(name, type)
    with f.build.when(f.build.compare(CompareOp.NE, symbol, Const(symbol.type, 0))):
        here = f.build.helper("per_cpu_ptr", pointer, symbol, f.build.convert(cpu, ir.U32))
        assert here is not None
        f.build.set(slot, here)
    found = f.build.get(slot)
    return f.build.compare(CompareOp.NE, found, Const(pointer, 0)), found


def _number_of(f: FunctionContext, name: str, cpu: Operand) -> Operand:
    """A per-CPU int that numbers something; 0 where the kernel has no such variable, or no number yet."""
    out = Local(f.name(name), ir.I64)
    f.build.set(out, Const(ir.I64, 0))
    there, address = kernel_variable(f, name, ir.I32, cpu)
    with f.build.when(there):
        f.build.set(out, f.build.convert(f.build.load(address, ir.I32), ir.I64))
    return _at_least_0(f, f.build.get(out))


def _at_least_0(f: FunctionContext, n: Operand) -> Operand:
    return f.build.select(f.build.compare(CompareOp.SLT, n, Const(ir.I64, 0)), Const(ir.I64, 0), n)


def llc(f: FunctionContext, cpu: Operand) -> Operand:
    return _number_of(f, "sd_llc_id", cpu)


def node(f: FunctionContext, cpu: Operand) -> Operand:
    found = family(f, "cpu_node", cpu, otherwise=lambda: _number_of(f, "numa_node", cpu))
    return _at_least_0(f, f.build.convert(scalar(found), ir.I64))


def core(f: FunctionContext, cpu: Operand) -> Operand:
    out = Local(f.name("core"), ir.I64)
    f.build.set(out, f.build.convert(cpu, ir.I64))
    slot = _slot(f, cpu)
    with f.build.when(f.build.compare(CompareOp.NE, slot, Const(slot.type, 0))):
        kept = f.build.load(f.build.member(slot, SLOT, "core"), ir.U32)
        f.build.set(out, f.build.convert(kept, ir.I64))
    return f.build.get(out)


def current(f: FunctionContext, cpu: Operand) -> Operand:
    """The task that runs on a CPU. There always is one, but the verifier wants the test."""

    def of_queue() -> Operand:
        nowhere = Const(ir.Pointer(ir.Struct("rq", (), kernel=True)), 0)
        rq = scalar(family(f, "cpu_rq", cpu, otherwise=lambda: nowhere))
        struct = kernel_struct(f.module.target.facts, "rq", ("curr",))
        return f.build.load(f.build.kernel_member(rq, struct, "curr"), struct.at(("curr",)))

    with section(f):  # what comes out of it may still be read
        found = scalar(family(f, "cpu_curr", cpu, otherwise=of_queue))
    with f.build.when(f.build.compare(CompareOp.EQ, found, Const(found.type, 0))):
        f.abandon()
    return found


def run_queue(f: FunctionContext, cpu: Operand) -> Operand:
    """struct rq of a CPU. Every kernel has the variable, but the verifier wants the test."""
    there, found = kernel_variable(f, "runqueues", ir.Struct("rq", (), kernel=True), cpu)
    with f.build.when(f.build.negate(there)):
        f.abandon()
    return found


# ---- what is kept


def _slot(f: FunctionContext, cpu: Operand) -> Operand:
    return array_entry(f, TOPOLOGY, SLOT, cpu=cpu)


def exists(f: FunctionContext, kind: str, index: Operand) -> Operand:
    """Whether some possible CPU has that number, or lies in that core, llc or node."""
    out = Local(f.name(kind), ir.BOOL)
    f.build.set(out, FALSE)
    held = plain_kfunc(f, "scx_bpf_get_possible_cpumask")
    assert held is not None
    possible = plain_kfunc(f, "bpf_cpumask_test_cpu", f.build.convert(index, ir.U32), held)
    plain_kfunc(f, "scx_bpf_put_cpumask", held)
    assert possible is not None
    if kind == "cpu":
        return possible
    with f.build.when(possible):
        slot = _slot(f, index)
        with f.build.when(f.build.compare(CompareOp.NE, slot, Const(slot.type, 0))):
            f.build.set(out, f.build.load(f.build.member(slot, SLOT, f"is_{kind}"), ir.BOOL))
    return f.build.get(out)


def next_mate(f: FunctionContext, cpu: Operand, end: Callable[[], None]) -> Operand:
    """The CPU behind one in the list of its core. Where that is none itself, `end` leaves."""
    slot = _slot(f, cpu)
    with f.build.when(f.build.compare(CompareOp.EQ, slot, Const(slot.type, 0))):
        end()
    return f.build.convert(f.build.load(f.build.member(slot, SLOT, "next"), ir.U32), ir.U64)


def topology_map(span: Span) -> irm.Map:
    return irm.Map(name=TOPOLOGY, kind="percpu_array", key=ir.U32, value=SLOT, max_entries=1, span=span)


def asked(policy: typed.Policy) -> set[str]:
    """What derived init has to look for: "cpu.core" for the core of each CPU, MATES, and "core", "llc" and "node" for which of them there are."""
    out = {t.rows.kind for t in policy.timers if t.rows is not None and t.every is not None}
    given = [p.type for c in policy.commands for p in c.params] + [box.element for box in policy.inboxes]
    out |= set().union(*map(kinds_of, given))
    out |= {_asked(node) for body in policy.bodies() for node in walk(body)}
    return out & {mates.CORE, MATES, "core", "llc", "node"}


def _asked(node: typed.Expr | typed.Stmt | typed.Place) -> str:
    match node:
        case typed.ForIndex():
            return node.over if mates.of_core(node) is None else MATES
        case typed.ToIndex(rows=None):
            return node.type.of.kind  # type: ignore[union-attr]
        case typed.GetProperty(property=p):
            return p.key
    return ""


def note(f: FunctionContext, cpu: Operand, mate: Operand | None, kinds: set[str]) -> None:
    """In derived init, of what `asked` names: a CPU, its core, llc and node. `mate`: the first CPU of its core, or where they are listed the one
    before it; the CPU itself where none is before it."""
    listed = MATES in kinds
    first = mate
    if mate is not None:
        first = _listed(f, cpu, mate) if listed else mate
        slot = _slot(f, cpu)
        with f.build.when(f.build.compare(CompareOp.NE, slot, Const(slot.type, 0))):
            f.build.store(f.build.member(slot, SLOT, "core"), f.build.convert(first, ir.U32))
            if listed:
                f.build.store(f.build.member(slot, SLOT, "next"), Const(ir.U32, _END))
    for kind in ("core", "llc", "node"):
        if kind in kinds:
            index = llc(f, cpu) if kind == "llc" else node(f, cpu) if kind == "node" else first
            assert index is not None
            _mark(f, index, f"is_{kind}")


def _listed(f: FunctionContext, cpu: Operand, before: Operand) -> Operand:
    """Appends a CPU to its core's list. Gives the first one there."""
    first = Local(f.name("first"), ir.U64)
    f.build.set(first, cpu)
    with f.build.when(f.build.compare(CompareOp.NE, before, cpu)):
        slot = _slot(f, before)
        with f.build.when(f.build.compare(CompareOp.NE, slot, Const(slot.type, 0))):
            f.build.set(first, f.build.convert(f.build.load(f.build.member(slot, SLOT, "core"), ir.U32), ir.U64))
            f.build.store(f.build.member(slot, SLOT, "next"), f.build.convert(cpu, ir.U32))
    return f.build.get(first)


def _mark(f: FunctionContext, index: Operand, field: str) -> None:
    slot = _slot(f, index)
    with f.build.when(f.build.compare(CompareOp.NE, slot, Const(slot.type, 0))):
        f.build.store(f.build.member(slot, SLOT, field), TRUE)


def cores(kinds: set[str]) -> bool:
    """Whether the core of each CPU is looked for."""
    return bool(kinds & {mates.CORE, "core"})


def cores_map(span: Span) -> irm.Map:
    """Its memory is there from the start: a CPU that found none would be taken for a core of its own."""
    return irm.Map(name=CORES, kind="hash", key=ir.U64, value=ir.U32, max_entries=MOST_CPUS, span=span)


def noter(outer: FunctionContext, kinds: set[str]) -> irm.Function:
    """What derived init does for each possible CPU, lowest first, where cores are looked for."""
    build = Builder(outer.build.span)
    f = FunctionContext(outer.module, build, outer.callback, None, lang.NOTHING, sleepable=outer.sleepable)
    cpu = Value(ir.U64, "cpu")
    note(f, cpu, _mate_before(f, cpu, MATES not in kinds), kinds)
    build.ret(Const(ir.I32, 0))
    name, title = f"{outer.module.policy.name}_note_cpu", "where a CPU stands"
    return irm.Function(name=name, params=[cpu], result=ir.I32, body=build.body, linkage=irm.Linkage.GLOBAL, span=build.span, title=title)


def _mate_before(f: FunctionContext, cpu: Operand, first: bool) -> Operand:
    """The first CPU of a CPU's core, or the last one before it. Itself where none is before it; what an earlier init has left is not."""
    mate = Local(f.name("mate"), ir.U64)
    f.build.set(mate, cpu)
    known, mine = core_key(f, cpu)
    with f.build.when(known):
        where = f.build.global_address(CORES)
        key = f.build.local_address(Local(f.name("key"), ir.U64))
        f.build.store(key, mine)
        found = f.build.helper("map_lookup_elem", ir.Pointer(ir.U32), where, key)
        assert found is not None
        with f.build.when(f.build.compare(CompareOp.NE, found, Const(found.type, 0))) as known_core:
            before = f.build.convert(f.build.load(found, ir.U32), ir.U64)
            with f.build.when(f.build.compare(CompareOp.ULT, before, cpu)) as behind:
                f.build.set(mate, before)
            with f.build.otherwise(behind) if first else nullcontext():
                f.build.store(found, f.build.convert(cpu, ir.U32))
        with f.build.otherwise(known_core):
            last = f.build.local_address(Local(f.name("last"), ir.U32))
            f.build.store(last, f.build.convert(cpu, ir.U32))
            f.build.helper("map_update_elem", ir.I64, where, key, last, number(0))
    return f.build.get(mate)


def core_key(f: FunctionContext, cpu: Operand) -> tuple[Operand, Operand]:
    """Whether the kernel says where the CPU is, and a number that only CPUs of one core share."""
    facts = f.module.target.facts
    out = Local(f.name("key"), ir.U64)
    f.build.set(out, number(0))
    there, info = kernel_variable(f, "cpu_info", ir.Struct("cpuinfo_x86", (), kernel=True), cpu)
    with f.build.when(there):
        total: Operand = number(0)
        for name in ("pkg_id", "die_id", "core_id"):
            struct = kernel_struct(facts, "cpuinfo_x86", ("topo", name))
            part = f.build.load(f.build.kernel_member(info, struct, "topo", name), struct.at(("topo", name)))
            shifted = f.build.binary(BinaryOp.SHL, total, number(20))
            total = f.build.add(shifted, f.build.convert(part, ir.U64))
        f.build.set(out, total)
    return there, f.build.get(out)
