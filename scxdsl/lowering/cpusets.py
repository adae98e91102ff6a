# SPDX-License-Identifier: GPL-2.0-only
"""Cpusets: words of 64 bits in memory. Nothing of the kernel's is called, but where a cpumask is made of one."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Local, Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import MaskQuestion

from .builder import FALSE, number
from .context import FunctionContext
from .control import counted
from .cpus import each_cpu
from .data import room
from .dispatch import IN_MEMORY, expression, statement, value
from .kfuncs import plain_kfunc
from .layout import CPUSET
from .mask_memory import copy_mask, fresh
from .moves import get_slot, scalar, set_slot
from .places import address_of
from .slots import new_slot
from .topology import nr_cpus
from .values import Lowered, Memory

_WORDS = ir.Array(ir.U64, lang.CPUSET_CPUS // 64)


def _literal(node: typed.Literal, f: FunctionContext) -> Memory:
    """A set that is written out."""
    bits = int(node.value)
    out = room(f, lang.CPUSET, "cpuset")
    f.build.clear(out.address, CPUSET)
    for word in range(_WORDS.length):
        if part := bits >> 64 * word & (1 << 64) - 1:
            f.build.store(_word(f, out.address, number(word)), number(part))
    return out


IN_MEMORY[lang.CpusetType] = _literal


def _word(f: FunctionContext, address: Operand, index: Operand) -> Operand:
    return f.build.element(f.build.member(address, CPUSET, "bits"), _WORDS, index)


def _where(f: FunctionContext, node: typed.Expr) -> tuple[Operand, bool]:
    """Address of a set, and whether others see it."""
    if isinstance(node, typed.Read):
        return address_of(node.place, f)
    held = value(node, f)
    assert isinstance(held, Memory)
    return held.address, False


def _bit(f: FunctionContext, cpu: Operand) -> tuple[Operand, Operand]:
    """The word of a CPU, kept from LLVM so that the verifier sees the test on it, and the CPU's bit."""
    word = f.build.opaque(f.build.binary(BinaryOp.LSHR, cpu, number(6)))
    return word, f.build.binary(BinaryOp.SHL, number(1), f.build.binary(BinaryOp.AND, cpu, number(63)))


def _test(f: FunctionContext, address: Operand, shared: bool, cpu: Operand) -> Operand:
    word, bit = _bit(f, cpu)
    out = Local(f.name("in"), ir.BOOL)
    f.build.set(out, FALSE)
    with f.build.when(f.build.compare(CompareOp.ULT, word, number(_WORDS.length))):
        held = f.build.binary(BinaryOp.AND, f.build.load(_word(f, address, word), ir.U64, shared), bit)
        f.build.set(out, f.build.compare(CompareOp.NE, held, number(0)))
    return f.build.get(out)


@expression.register
def _(node: typed.SetTest, f: FunctionContext) -> Lowered:
    cpu = f.build.convert(scalar(value(node.cpu, f)), ir.U64)
    address, shared = _where(f, node.set)
    return _test(f, address, shared, cpu)


@expression.register
def _(node: typed.SetChange, f: FunctionContext) -> Lowered:
    address, shared = address_of(node.place, f)
    word, bit = _bit(f, f.build.convert(scalar(value(node.cpu, f)), ir.U64))
    out = new_slot(f, lang.BOOL, "changed")
    set_slot(f, out, FALSE)
    with f.build.when(f.build.compare(CompareOp.ULT, word, number(_WORDS.length))):
        at = _word(f, address, word)
        old = f.build.load(at, ir.U64, shared)
        was = f.build.compare(CompareOp.NE, f.build.binary(BinaryOp.AND, old, bit), number(0))
        set_slot(f, out, f.build.negate(was) if node.add else was)
        if node.add:
            new = f.build.binary(BinaryOp.OR, old, bit)
        else:
            new = f.build.binary(BinaryOp.AND, old, f.build.binary(BinaryOp.XOR, bit, number((1 << 64) - 1)))
        f.build.store(at, new, shared)
    return get_slot(f, out)


@expression.register
def _(node: typed.SetAsk, f: FunctionContext) -> Lowered:
    """Word by word: a loop, so that the sixteen of them take little room."""
    address, shared = _where(f, node.set)
    total = Local(f.name("bits"), ir.U64)
    f.build.set(total, number(0))

    def turn(index: Operand) -> None:
        index = f.build.opaque(index)
        with f.build.when(f.build.compare(CompareOp.UGE, index, number(_WORDS.length))):
            f.leave(f.loops[-1])  # never: the verifier wants to see it
        word = f.build.load(_word(f, address, index), ir.U64, shared)
        if node.question is MaskQuestion.EMPTY:
            f.build.set(total, f.build.binary(BinaryOp.OR, f.build.get(total), word))
        else:  # each turn adds 255 to the most that the verifier thinks it can be: once the sum is compared, no turn would be like another
            f.build.set(total, f.build.forget(f.build.add(f.build.get(total), _ones(f, word))))

    counted(f, number(_WORDS.length), turn)
    if node.question is MaskQuestion.EMPTY:
        return f.build.compare(CompareOp.EQ, f.build.get(total), number(0))
    return f.build.get(total)


def _ones(f: FunctionContext, word: Operand) -> Operand:
    """How many bits are set: pairs, then fours, then eights, then all summed by a multiplication."""

    def step(op: BinaryOp, left: Operand, right: int) -> Operand:
        return f.build.binary(op, left, number(right))

    even, fours, eights = 0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F
    pairs = f.build.binary(BinaryOp.SUB, word, step(BinaryOp.AND, step(BinaryOp.LSHR, word, 1), even))
    quads = f.build.add(step(BinaryOp.AND, pairs, fours), step(BinaryOp.AND, step(BinaryOp.LSHR, pairs, 2), fours))
    bytes_ = step(BinaryOp.AND, f.build.add(quads, step(BinaryOp.LSHR, quads, 4)), eights)
    return step(BinaryOp.LSHR, step(BinaryOp.MUL, bytes_, 0x0101010101010101), 56)


@statement.register
def _(node: typed.ForSet, f: FunctionContext) -> None:
    address, shared = _where(f, node.set)

    def turn(index: Operand) -> None:
        with f.build.when(f.build.negate(_test(f, address, shared, index))):
            f.again(f.loops[-1])
        if node.variable is not None:
            slot = f.slots[node.variable] = new_slot(f, lang.CPU, node.variable.name)
            set_slot(f, slot, f.build.convert(index, ir.I64))
        value(node.body, f)

    counted(f, nr_cpus(f), turn, node.otherwise)


@expression.register
def _(node: typed.MaskOfSet, f: FunctionContext) -> Lowered:
    address, shared = _where(f, node.set)
    out = fresh(f)
    copy_mask(f, out, Const(ir.Pointer(ir.VOID), 0))

    def one(cpu: Operand) -> None:
        with f.build.when(_test(f, address, shared, cpu)):
            plain_kfunc(f, "bpf_cpumask_set_cpu", f.build.convert(cpu, ir.U32), out)

    each_cpu(f, "possible", one)
    return out
