# SPDX-License-Identifier: GPL-2.0-only
"""Writes IR by hand, one method an operation, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from scxdsl.ir import ops
from scxdsl.ir.module import Function, Linkage, Module
from scxdsl.ir.ops import BinaryOp, Block, CompareOp, Const, ConvertOp, Kfunc, Local, Operand, Value
from scxdsl.ir.types import BOOL, U64, VOID, Pointer, Proto, Struct, Type
from scxdsl.source.text import Source, Span

SOURCE = Source("policy.scx", "".join(f"statement {n}\n" for n in range(1, 200)))


def kfunc(symbol: str, result: Type, *params: Type, weak: bool = False) -> Kfunc:
    return Kfunc(symbol, Proto(result, params), weak)


class Body:
    """Appends operations to a block; `line` is the source line that they are blamed on."""

    def __init__(self, source: Source = SOURCE, line: int = 1) -> None:
        self.source, self.line = source, line
        self.block: Block = []

    @property
    def span(self) -> Span:
        return self.source.line_span(self.line)

    def add(self, op: ops.Op) -> None:
        self.block.append(op)

    def _value(self, kind: type, type_: Type, **fields: object) -> Value:
        result = Value(type_)
        self.add(kind(span=self.span, result=result, **fields))
        return result

    def binary(self, op: BinaryOp, left: Operand, right: Operand) -> Value:
        return self._value(ops.Binary, left.type, op=op, left=left, right=right)

    def compare(self, op: CompareOp, left: Operand, right: Operand) -> Value:
        return self._value(ops.Compare, BOOL, op=op, left=left, right=right)

    def convert(self, op: ConvertOp, value: Operand, to: Type) -> Value:
        return self._value(ops.Convert, to, op=op, value=value)

    def select(self, condition: Operand, then: Operand, otherwise: Operand) -> Value:
        return self._value(ops.Select, then.type, condition=condition, then=then, otherwise=otherwise)

    def opaque(self, value: Operand) -> Value:
        return self._value(ops.Opaque, value.type, value=value)

    def forget(self, value: Operand) -> Value:
        return self._value(ops.Forget, value.type, value=value)

    def get(self, local: Local) -> Value:
        return self._value(ops.GetLocal, local.type, local=local)

    def set(self, local: Local, value: Operand) -> None:
        self.add(ops.SetLocal(span=self.span, local=local, value=value))

    def address_of(self, local: Local) -> Value:
        return self._value(ops.LocalAddress, Pointer(local.type), local=local)

    def address(self, name: str, type_: Type) -> Value:
        return self._value(ops.GlobalAddress, Pointer(type_), name=name)

    def function(self, name: str) -> Value:
        return self._value(ops.FunctionAddress, Pointer(VOID), name=name)

    def context(self, type) -> Value:
        return self._value(ops.Context, Pointer(type))

    def member(self, base: Operand, struct: Struct, *path: str) -> Value:
        return self._value(ops.MemberAddress, Pointer(struct.at(path)), base=base, struct=struct, path=path)

    def field(self, base: Operand, struct: Struct, *path: str) -> Value:
        return self._value(ops.KernelMember, Pointer(struct.at(path)), base=base, struct=struct, path=path)

    def element(self, base: Operand, array, index: Operand) -> Value:
        return self._value(ops.IndexAddress, Pointer(array.of), base=base, array=array, index=index)

    def load(self, address: Operand, type_: Type, volatile: bool = False) -> Value:
        return self._value(ops.Load, type_, address=address, volatile=volatile)

    def store(self, address: Operand, value: Operand, volatile: bool = False) -> None:
        self.add(ops.Store(span=self.span, address=address, value=value, volatile=volatile))

    def atomic(self, op: ops.AtomicOp, address: Operand, value: Operand) -> Value:
        return self._value(ops.Atomic, value.type, op=op, address=address, value=value)

    def cas(self, address: Operand, expected: Operand, value: Operand) -> Value:
        return self._value(ops.CompareSwap, value.type, address=address, expected=expected, value=value)

    def copy(self, target: Operand, source: Operand, type_: Type) -> None:
        self.add(ops.Copy(span=self.span, target=target, source=source, type=type_))

    def clear(self, target: Operand, type_: Type) -> None:
        self.add(ops.Clear(span=self.span, target=target, type=type_))

    def helper(self, name: str, type_: Type | None, *arguments: Operand) -> Value:
        result = Value(type_) if type_ is not None else None
        self.add(ops.CallHelper(span=self.span, result=result, helper=name, arguments=arguments))
        return result

    def kcall(self, kfunc: Kfunc, *arguments: Operand) -> Value:
        result = Value(kfunc.proto.result) if kfunc.proto.result != VOID else None
        self.add(ops.CallKfunc(span=self.span, result=result, kfunc=kfunc, arguments=arguments))
        return result

    def exists(self, kfunc: Kfunc) -> Value:
        return self._value(ops.KfuncExists, BOOL, kfunc=kfunc)

    def enum_value(self, enum, name: str, known: int) -> Value:
        return self._value(ops.EnumValue, U64, enum=enum, name=name, known=known)

    def enum_exists(self, enum, name: str, known: int) -> Value:
        return self._value(ops.EnumExists, BOOL, enum=enum, name=name, known=known)

    def type_exists(self, struct: Struct) -> Value:
        return self._value(ops.TypeExists, BOOL, struct=struct)

    def field_exists(self, struct: Struct, *path: str) -> Value:
        return self._value(ops.FieldExists, BOOL, struct=struct, path=path)

    def call(self, function: Function, *arguments: Operand) -> Value:
        result = Value(function.result) if function.result != VOID else None
        self.add(ops.Call(span=self.span, result=result, function=function.name, arguments=arguments))
        return result

    def ret(self, value: Operand | None = None) -> None:
        self.add(ops.Return(span=self.span, value=value))

    def leave(self, depth: int = 0) -> None:
        self.add(ops.Break(span=self.span, depth=depth))

    def again(self, depth: int = 0) -> None:
        self.add(ops.Continue(span=self.span, depth=depth))

    @contextmanager
    def _within(self, block: Block) -> Iterator[None]:
        outer, self.block = self.block, block
        yield
        self.block = outer

    @contextmanager
    def when(self, condition: Operand) -> Iterator[ops.If]:
        """`with body.when(c) as test: …`, then perhaps `with body.otherwise(test): …`."""
        test = ops.If(span=self.span, condition=condition)
        self.add(test)
        with self._within(test.then):
            yield test

    @contextmanager
    def otherwise(self, test: ops.If) -> Iterator[None]:
        with self._within(test.otherwise):
            yield

    @contextmanager
    def loop(self) -> Iterator[ops.Loop]:
        op = ops.Loop(span=self.span)
        self.add(op)
        with self._within(op.body):
            yield op


def u64(value: int) -> Const:
    return Const(U64, value)


def program(
    module: Module, name: str, params: list[Value], result: Type, section: str | None = None, line: int = 1
) -> Body:
    """A new program of the module; fill the body that comes back."""
    body = Body(module.source, line)
    module.functions.append(
        Function(
            name=name,
            params=params,
            result=result,
            body=body.block,
            linkage=Linkage.PROGRAM,
            span=body.span,
            section=section or f"struct_ops/{name}",
        )
    )
    return body


def subprogram(
    module: Module, name: str, params: list[Value], result: Type, linkage: Linkage = Linkage.STATIC, line: int = 1
) -> tuple[Function, Body]:
    body = Body(module.source, line)
    function = Function(
        name=name, params=params, result=result, body=body.block, linkage=linkage, span=body.span
    )
    module.functions.append(function)
    return function, body
