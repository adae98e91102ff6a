# SPDX-License-Identifier: GPL-2.0-only
"""Writes IR operations into the block at hand; every operation carries the span that is current."""

from collections.abc import Iterator
from contextlib import contextmanager

from scxdsl.ir import ops
from scxdsl.ir.ops import AtomicOp, BinaryOp, Block, CompareOp, Const, ConvertOp, Kfunc, Local, Operand, Value
from scxdsl.ir.types import BOOL, U64, VOID, Array, Bool, Enum, Int, Pointer, Struct, Type
from scxdsl.source.text import Span


def number(value: int, type: Type = U64) -> Const:
    return Const(type, value)


TRUE, FALSE = Const(BOOL, 1), Const(BOOL, 0)

_OPPOSITE = {
    CompareOp.EQ: CompareOp.NE, CompareOp.NE: CompareOp.EQ, CompareOp.ULT: CompareOp.UGE, CompareOp.UGE: CompareOp.ULT,
    CompareOp.UGT: CompareOp.ULE, CompareOp.ULE: CompareOp.UGT, CompareOp.SLT: CompareOp.SGE, CompareOp.SGE: CompareOp.SLT,
    CompareOp.SGT: CompareOp.SLE, CompareOp.SLE: CompareOp.SGT,
}  # fmt: skip


class Builder:
    """One function's code in the making."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.body: Block = []
        self._block = self.body
        self.open = [self.body]  # the blocks around the place at hand, innermost last
        self.loop_depth = 0

    # ---- where

    @contextmanager
    def at(self, span: Span) -> Iterator[None]:
        """Operations inside are blamed on `span`."""
        before, self.span = self.span, span
        try:
            yield
        finally:
            self.span = before

    @contextmanager
    def into(self, block: Block) -> Iterator[None]:
        before, self._block = self._block, block
        self.open.append(block)
        try:
            yield
        finally:
            self._block = before
            self.open.pop()

    @contextmanager
    def when(self, condition: Operand) -> Iterator[ops.If]:
        """The operations inside run where the condition holds; `otherwise(…)` of what is yielded fills the other side."""
        branch = ops.If(span=self.span, condition=condition)
        self.put(branch)
        with self.into(branch.then):
            yield branch

    @contextmanager
    def otherwise(self, branch: ops.If) -> Iterator[None]:
        with self.into(branch.otherwise):
            yield

    @contextmanager
    def loop(self, followed: int = 0, kernel_bounded: bool = False) -> Iterator[int]:
        """A loop without an end of its own, or with one that the verifier finds by following so many turns, or need not find; gives its level, for
        `leave` and `again`."""
        loop = ops.Loop(span=self.span, followed=followed, kernel_bounded=kernel_bounded)
        self.put(loop)
        self.loop_depth += 1
        try:
            with self.into(loop.body):
                yield self.loop_depth
        finally:
            self.loop_depth -= 1

    def leave(self, level: int) -> None:
        self.put(ops.Break(span=self.span, depth=self.loop_depth - level))

    def again(self, level: int) -> None:
        self.put(ops.Continue(span=self.span, depth=self.loop_depth - level))

    @property
    def ended(self) -> bool:
        """Whether the block at hand has left already: what is put now would never run."""
        return bool(self._block) and isinstance(self._block[-1], ops.Break | ops.Continue | ops.Return)

    def put(self, op: ops.Op) -> None:
        if not self.ended:
            self._block.append(op)

    # ---- values

    def binary(self, op: BinaryOp, left: Operand, right: Operand, name: str = "") -> Value:
        out = Value(left.type, name)
        self.put(ops.Binary(span=self.span, result=out, op=op, left=left, right=right))
        return out

    def add(self, left: Operand, right: Operand) -> Value:
        return self.binary(BinaryOp.ADD, left, right)

    def compare(self, op: CompareOp, left: Operand, right: Operand) -> Value:
        out = Value(BOOL)
        self.put(ops.Compare(span=self.span, result=out, op=op, left=left, right=right))
        return out

    def select(self, condition: Operand, then: Operand, otherwise: Operand) -> Value:
        out = Value(then.type)
        self.put(ops.Select(span=self.span, result=out, condition=condition, then=then, otherwise=otherwise))
        return out

    def negate(self, value: Operand) -> Value:
        """The other truth value. Of a comparison that was just made it is the opposite one: the test of a pointer stays
        the condition of a branch, from which LLVM knows the pointer on both sides (codegen/pointer_tests.py)."""
        last = self._block[-1] if self._block else None
        if isinstance(last, ops.Compare) and last.result is value:
            return self.compare(_OPPOSITE[last.op], last.left, last.right)
        return self.binary(BinaryOp.XOR, value, TRUE)

    def convert(self, value: Operand, to: Type) -> Operand:
        """To an integer, boolean or pointer type by value; signedness of the source decides how it widens."""
        if isinstance(value, Const) and isinstance(to, Int):
            return Const(to, _wrap(value.value, to))
        source = value.type
        if source == to:
            return value
        if isinstance(source, Pointer) or isinstance(to, Pointer):
            if isinstance(source, Pointer) and isinstance(to, Pointer):
                return value
            return self._convert(ConvertOp.POINTER, value, to)
        if isinstance(to, Bool):
            return self.compare(CompareOp.NE, value, Const(source, 0))
        if isinstance(source, Bool):
            return self._convert(ConvertOp.ZEXT, value, to)
        if source.size == to.size:
            return self._retyped(value, to)
        if source.size > to.size:
            return self._convert(ConvertOp.TRUNC, value, to)
        signed = isinstance(source, Int | Enum) and source.signed
        return self._convert(ConvertOp.SEXT if signed else ConvertOp.ZEXT, value, to)

    def _convert(self, op: ConvertOp, value: Operand, to: Type) -> Value:
        out = Value(to)
        self.put(ops.Convert(span=self.span, result=out, op=op, value=value))
        return out

    def _retyped(self, value: Operand, to: Type) -> Operand:
        """The same bits read as the other signedness."""
        out = Value(to)
        self.put(ops.Convert(span=self.span, result=out, op=ConvertOp.ZEXT, value=value))
        return out

    def opaque(self, value: Operand) -> Value:
        out = Value(value.type)
        self.put(ops.Opaque(span=self.span, result=out, value=value))
        return out

    def forget(self, value: Operand) -> Value:
        out = Value(value.type)
        self.put(ops.Forget(span=self.span, result=out, value=value))
        return out

    # ---- memory

    def get(self, local: Local) -> Value:
        out = Value(local.type, local.name)
        self.put(ops.GetLocal(span=self.span, result=out, local=local))
        return out

    def set(self, local: Local, value: Operand) -> None:
        self.put(ops.SetLocal(span=self.span, local=local, value=value))

    def local_address(self, local: Local) -> Value:
        out = Value(Pointer(local.type), f"{local.name}.at")
        self.put(ops.LocalAddress(span=self.span, result=out, local=local))
        return out

    def global_address(self, name: str, type: Type = VOID) -> Value:
        out = Value(Pointer(type), name)
        self.put(ops.GlobalAddress(span=self.span, result=out, name=name))
        return out

    def function_address(self, name: str) -> Value:
        out = Value(Pointer(VOID), name)
        self.put(ops.FunctionAddress(span=self.span, result=out, name=name))
        return out

    def context(self, type: Type = VOID) -> Value:
        """The address of the program's own context."""
        out = Value(Pointer(type), "ctx")
        self.put(ops.Context(span=self.span, result=out))
        return out

    def member(self, base: Operand, struct: Struct, *path: str) -> Value:
        out = Value(Pointer(struct.at(path)), ".".join(path))
        self.put(ops.MemberAddress(span=self.span, result=out, base=base, struct=struct, path=path))
        return out

    def kernel_member(self, base: Operand, struct: Struct, *path: str) -> Value:
        out = Value(Pointer(struct.at(path)), ".".join(path))
        self.put(ops.KernelMember(span=self.span, result=out, base=base, struct=struct, path=path))
        return out

    def element(self, base: Operand, array: Array, index: Operand) -> Value:
        out = Value(Pointer(array.of))
        self.put(ops.IndexAddress(span=self.span, result=out, base=base, array=array, index=index))
        return out

    def load(self, address: Operand, type: Type, volatile: bool = False, name: str = "") -> Value:
        out = Value(type, name)
        self.put(ops.Load(span=self.span, result=out, address=address, volatile=volatile))
        return out

    def store(self, address: Operand, value: Operand, volatile: bool = False) -> None:
        self.put(ops.Store(span=self.span, address=address, value=value, volatile=volatile))

    def copy(self, target: Operand, source: Operand, type: Type) -> None:
        self.put(ops.Copy(span=self.span, target=target, source=source, type=type))

    def clear(self, target: Operand, type: Type) -> None:
        self.put(ops.Clear(span=self.span, target=target, type=type))

    def atomic(self, op: AtomicOp, address: Operand, value: Operand) -> Value:
        out = Value(value.type)
        self.put(ops.Atomic(span=self.span, result=out, op=op, address=address, value=value))
        return out

    def compare_swap(self, address: Operand, expected: Operand, value: Operand) -> Value:
        out = Value(value.type)
        self.put(ops.CompareSwap(span=self.span, result=out, address=address, expected=expected, value=value))
        return out

    # ---- the kernel

    def helper(self, name: str, result: Type, *arguments: Operand) -> Value | None:
        out = None if result == VOID else Value(result, name)
        self.put(ops.CallHelper(span=self.span, result=out, helper=name, arguments=arguments))
        return out

    def kfunc(self, kfunc: Kfunc, *arguments: Operand) -> Value | None:
        out = None if kfunc.proto.result == VOID else Value(kfunc.proto.result, kfunc.symbol)
        self.put(ops.CallKfunc(span=self.span, result=out, kfunc=kfunc, arguments=arguments))
        return out

    def kfunc_exists(self, kfunc: Kfunc) -> Value:
        out = Value(BOOL)
        self.put(ops.KfuncExists(span=self.span, result=out, kfunc=kfunc))
        return out

    def enum_value(self, enum: Enum, name: str, known: int) -> Value:
        out = Value(U64, name)
        self.put(ops.EnumValue(span=self.span, result=out, enum=enum, name=name, known=known))
        return out

    def enum_exists(self, enum: Enum, name: str, known: int) -> Value:
        out = Value(BOOL)
        self.put(ops.EnumExists(span=self.span, result=out, enum=enum, name=name, known=known))
        return out

    def type_exists(self, struct: Struct) -> Value:
        out = Value(BOOL)
        self.put(ops.TypeExists(span=self.span, result=out, struct=struct))
        return out

    def field_exists(self, struct: Struct, *path: str) -> Value:
        out = Value(BOOL)
        self.put(ops.FieldExists(span=self.span, result=out, struct=struct, path=path))
        return out

    def call(self, function: str, result: Type, *arguments: Operand) -> Value | None:
        out = None if result == VOID else Value(result, function)
        self.put(ops.Call(span=self.span, result=out, function=function, arguments=arguments))
        return out

    def ret(self, value: Operand | None = None) -> None:
        self.put(ops.Return(span=self.span, value=value))


def _wrap(value: int, to: Int) -> int:
    value &= (1 << to.bits) - 1
    if to.signed and value >> to.bits - 1:
        value -= 1 << to.bits
    return value



