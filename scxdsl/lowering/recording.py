# SPDX-License-Identifier: GPL-2.0-only
"""Marks of a recorded policy: each writes an entry into a ring of its own (layout: docs/objects.md, "Records").

An entry is u64 invocation, u32 site, u32 number of words, then the words. An invocation's last entry has the site 0xffffffff and
tells how many came before it. Where the ring is full, entries are lost and counted; what was complete before stays whole.
"""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import AtomicOp, CompareOp, Const, Local, Operand
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import number
from .context import FunctionContext, ModuleContext
from .dispatch import Target, expression, locate, statement, value
from .effects import effect
from .kernel_types import kernel_struct
from .moves import get_slot, scalar
from .state import cgroup_id
from .values import Lowered, Maybe, Memory, Parts, is_pointer

RING, COUNT, LOST = "__record", "__record_invocations", "__record_lost"
RING_BYTES = 64 << 20
END = 0xFFFFFFFF
_NO_WAKEUP = 1  # include/uapi/linux/bpf.h: BPF_RB_NO_WAKEUP


def storage(context: ModuleContext, span: Span) -> None:
    module = context.module
    module.maps.append(irm.Map(name=RING, kind="ringbuf", key=None, value=None, max_entries=RING_BYTES, span=span))
    for name in (COUNT, LOST):
        module.globals.append(irm.Global(name=name, type=ir.U64, section=".bss", span=span))


def _emit(f: FunctionContext, site: int, words: list[Operand]) -> None:
    if f.invocation is None:
        return
    build = f.build
    invocation, count = f.invocation
    build.set(count, build.add(build.get(count), number(1)))
    entry = ir.Array(ir.U64, 2 + len(words))
    address = build.local_address(Local(f.name("entry"), entry))
    for i, word in enumerate([build.get(invocation), number(len(words) << 32 | site), *words]):
        build.store(build.element(address, entry, number(i)), word)
    sent = build.helper("ringbuf_output", ir.I64, build.global_address(RING), address, number(entry.size), number(_NO_WAKEUP))
    assert sent is not None
    with build.when(build.compare(CompareOp.NE, sent, Const(sent.type, 0))):
        build.atomic(AtomicOp.ADD, build.global_address(LOST), number(1))


def _write(f: FunctionContext, site: int, words: list[Operand]) -> None:
    """Now, or at the release of a lock."""
    effect(f, lambda *kept: _emit(f, site, list(kept)), *words)


def _words(f: FunctionContext, lowered: Lowered, t: lang.Type) -> list[Operand]:
    """The numbers that stand for a value; see typing.recording.words."""
    match lowered, t:
        case Parts(items), lang.TupleType(types):
            return [w for item, of in zip(items, types, strict=True) for w in _words(f, item, of)]
        case Maybe(there, inner), lang.Optional(of):
            inside = _words(f, inner, of)
            return [_number(f, there), *(f.build.select(there, w, number(0)) for w in inside)]
        case Memory(address, type), _:
            return _leaves(f, address, type, t)
        case _, lang.Optional(of) if is_pointer(of):
            pointer = scalar(lowered)
            there = f.build.compare(CompareOp.NE, pointer, Const(pointer.type, 0))
            id = Local(f.name("id"), ir.U64)
            f.build.set(id, number(0))
            with f.build.when(there):
                f.build.set(id, _identity(f, pointer, of))
            return [_number(f, there), f.build.get(id)]
    return [_identity(f, scalar(lowered), t)] if is_pointer(t) else [_number(f, scalar(lowered))]


def _number(f: FunctionContext, operand: Operand) -> Operand:
    return f.build.convert(operand, ir.U64)


def _identity(f: FunctionContext, pointer: Operand, t: lang.Type) -> Operand:
    if isinstance(t, lang.CgroupType):
        return _number(f, cgroup_id(f, pointer))
    struct = kernel_struct(f.module.target.facts, "task_struct", ("pid",))
    return _number(f, f.build.load(f.build.kernel_member(pointer, struct, "pid"), ir.I32))


def _leaves(f: FunctionContext, address: Operand, type: ir.Type, t: lang.Type) -> list[Operand]:
    """The numbers of what lies in memory, in order."""
    build = f.build
    match t:
        case lang.StructType(_, fields):
            assert isinstance(type, ir.Struct)
            return [w for m in fields for w in _leaves(f, build.member(address, type, m.name), type.at((m.name,)), m.type)]
        case lang.ArrayType(of, length, _):
            assert isinstance(type, ir.Array)
            return [w for i in range(length) for w in _leaves(f, build.element(address, type, number(i)), type.of, of)]
        case lang.TupleType(items):
            assert isinstance(type, ir.Struct)
            named = [(f"item{i}", of) for i, of in enumerate(items)]
            return [w for name, of in named for w in _leaves(f, build.member(address, type, name), type.at((name,)), of)]
        case lang.Optional(of):
            assert isinstance(type, ir.Struct)
            inner = _leaves(f, build.member(address, type, "value"), type.at(("value",)), of)
            there = build.load(build.member(address, type, "there"), ir.BOOL)
            return [_number(f, there), *(build.select(there, w, number(0)) for w in inner)]
    loaded = build.load(address, type)
    if isinstance(t, lang.BoolType):
        return [build.select(loaded, number(1), number(0))]
    return [_number(f, loaded)]


# ---- marks


@expression.register(typed.Answer)
@expression.register(typed.Decision)
def _(node: typed.Answer | typed.Decision, f: FunctionContext) -> Lowered:
    out = value(node.value, f)
    if out is not None and not f.build.ended:
        _write(f, node.site, _words(f, out, node.type))
    return out


class SeenTarget(Target):
    """A place of which every reading is written down."""

    def __init__(self, inner: Target, node: typed.Seen) -> None:
        self.inner, self.node = inner, node

    def read(self, f: FunctionContext) -> Lowered:
        out = self.inner.read(f)
        _write(f, self.node.site, _words(f, out, self.node.type))
        return out

    def write(self, f: FunctionContext, value: Lowered) -> None:
        self.inner.write(f, value)


@locate.register
def _(place: typed.Seen, f: FunctionContext) -> Target:
    return SeenTarget(locate(place.place, f), place)


@statement.register
def _(node: typed.Began, f: FunctionContext) -> None:
    build = f.build
    invocation, count = f.invocation = Local(f.name("invocation"), ir.U64), Local(f.name("entries"), ir.U64)
    build.set(invocation, build.add(build.atomic(AtomicOp.ADD, build.global_address(COUNT), number(1)), number(1)))
    build.set(count, number(0))
    _emit(f, node.site, [w for v in node.variables for w in _words(f, get_slot(f, f.slots[v]), v.type)])
    f.own(lambda: _emit(f, END, [build.get(count)]))


@statement.register
def _(node: typed.Turn, f: FunctionContext) -> None:
    words = [] if node.variable is None else _words(f, get_slot(f, f.slots[node.variable]), node.variable.type)
    _write(f, node.site, [number(1), *words])


@statement.register
def _(node: typed.TurnsOver, f: FunctionContext) -> None:
    _write(f, node.site, [number(0)])


@statement.register
def _(node: typed.Passed, f: FunctionContext) -> None:
    _write(f, node.site, [])


