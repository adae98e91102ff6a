# SPDX-License-Identifier: GPL-2.0-only
"""Atomic operations on variables and fields, and histograms."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import AtomicOp, BinaryOp, CompareOp, Const, Local, Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import AtomicKind, Relation

from .builder import number
from .context import FunctionContext
from .dispatch import expression, locate, value
from .effects import effect
from .expressions import related
from .layout import memory_type, register_type
from .moves import scalar
from .places import MemoryTarget, map_entry
from .values import Lowered

HISTS_MAP = "hists"
_BUCKETS = ir.Array(ir.U64, typed.HIST_BUCKETS)


@expression.register
def _(node: typed.AtomicCall, f: FunctionContext) -> Lowered:
    target = locate(node.place, f)
    assert isinstance(target, MemoryTarget)
    arguments = [scalar(value(a, f)) for a in node.arguments]
    memory = memory_type(node.place.type)
    if node.kind is AtomicKind.RAISE:
        old = _raise(f, target.address, arguments[0], node.place.type)
    elif node.kind is AtomicKind.CAS:
        expected, new = (f.build.convert(a, memory) for a in arguments)
        old = f.build.compare_swap(target.address, expected, new)
    else:
        op = AtomicOp.ADD if node.kind is AtomicKind.ADD else AtomicOp.SWAP
        old = f.build.atomic(op, target.address, f.build.convert(arguments[0], memory))
    return f.build.convert(old, register_type(node.type))


def _raise(f: FunctionContext, address: Operand, wanted: Operand, t: lang.Type) -> Operand:
    """Stores `wanted` unless the value has reached it, in a few tries; gives the value last seen before."""
    memory, register = memory_type(t), register_type(t)
    new = f.build.convert(wanted, memory)
    seen, tries = Local(f.name("seen"), memory), Local(f.name("tries"), ir.U64)
    f.build.set(seen, f.build.load(address, memory, volatile=True))
    f.build.set(tries, number(0))
    with f.build.loop(typed.RAISE_TRIES) as level:
        old = f.build.get(seen)
        less = related(f, Relation.LT, f.build.convert(old, register), f.build.convert(wanted, register), t)
        with f.build.when(f.build.negate(less)):
            f.leave(level)
        count = f.build.get(tries)
        with f.build.when(f.build.compare(CompareOp.UGE, count, number(typed.RAISE_TRIES))):
            f.leave(level)
        f.build.set(tries, f.build.add(count, number(1)))
        found = f.build.compare_swap(address, old, new)
        with f.build.when(f.build.compare(CompareOp.EQ, found, old)):
            f.leave(level)
        f.build.set(seen, found)
    return f.build.get(seen)


# ---- histograms


def hists_struct(policy: typed.Policy) -> ir.Struct:
    """The value of the map of histograms: an array of counters each, by name."""
    return ir.Struct(HISTS_MAP, tuple(ir.Field(h.name, _BUCKETS) for h in policy.hists))


def hists_map(policy: typed.Policy) -> irm.Map:
    span = policy.hists[0].span
    return irm.Map(
        name=HISTS_MAP, kind="percpu_array", key=ir.U32, value=hists_struct(policy), max_entries=1, span=span
    )


@expression.register
def _(node: typed.HistAdd, f: FunctionContext) -> Lowered:
    if node.hist is None:
        assert node.place is not None
        target = locate(node.place, f)
        assert isinstance(target, MemoryTarget)
        _one_more(f, node, target.address, scalar(value(node.value, f)))
    elif f.held is not None:
        effect(f, lambda x: _one_more(f, node, _own(f, node.hist), x), scalar(value(node.value, f)))
    else:
        base = _own(f, node.hist)
        _one_more(f, node, base, scalar(value(node.value, f)))
    return None


def _own(f: FunctionContext, hist: typed.Hist) -> Operand:
    """This CPU's counters of a histogram."""
    struct = hists_struct(f.module.policy)
    return f.build.member(map_entry(f, HISTS_MAP, struct), struct, hist.name)


def _one_more(f: FunctionContext, node: typed.HistAdd, base: Operand, x: Operand) -> None:
    # The verifier knows the bucket of each way through the halves, and 6.12 compares even what nobody reads any more before it takes turns of a loop for one
    # (kernel/bpf/verifier.c: regsafe, RANGE_WITHIN; registers that are dead are left out from 6.16): so it forgets which one it was.
    bucket = f.build.forget(_bucket(f, x))
    with f.build.when(f.build.compare(CompareOp.ULT, bucket, number(typed.HIST_BUCKETS))):
        counter = f.build.element(base, _BUCKETS, bucket)
        if node.hist is None:  # others may count in the same row
            f.build.atomic(AtomicOp.ADD, counter, number(1))
        else:
            f.build.store(counter, f.build.add(f.build.load(counter, ir.U64), number(1)))


def _bucket(f: FunctionContext, x: Operand) -> Operand:
    """0 for 0, else one more than the logarithm to base 2, by halves; at most the last bucket."""
    log: Operand = number(0)
    for shift in (32, 16, 8, 4, 2, 1):
        large = f.build.compare(CompareOp.UGE, x, number(1 << shift))
        log = f.build.select(large, f.build.add(log, number(shift)), log)
        x = f.build.select(large, f.build.binary(BinaryOp.LSHR, x, number(shift)), x)
    bucket = f.build.add(log, x)
    last = Const(ir.U64, typed.HIST_BUCKETS - 1)
    return f.build.select(f.build.compare(CompareOp.ULT, bucket, last), bucket, last)
