# SPDX-License-Identifier: GPL-2.0-only
"""What user space has written is looked at before the policy sees it: an index must exist, a variant must be one, a text must end."""

from collections.abc import Callable

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Operand
from scxdsl.typing import types as lang

from .builder import number
from .context import FunctionContext
from .index_kinds import parts_of
from .indices import bound_of
from .layout import TAG, memory_type, payload_name
from .topology import exists

Reject = Callable[[], None]
"""Code that leaves this place."""


def _needs(t: lang.Type) -> bool:
    match t:
        case lang.IndexType() | lang.EnumType() | lang.TextType() | lang.ArrayType(_, _, True):
            return True
        case lang.ArrayType(of) | lang.Optional(of):
            return _needs(of)
    return any(map(_needs, parts_of(t)))


def examine(f: FunctionContext, address: Operand, t: lang.Type, reject: Reject) -> None:
    """Code that comes to its end where the value at the address is one of its type, and calls on `reject` where it is not. Nobody
    else writes there: it is the program's own copy."""
    if not _needs(t):
        return
    match t:
        case lang.IndexType(kind):
            _index(f, address, kind, reject)
        case lang.TextType(size):
            of = ir.Array(ir.CHAR, size)
            f.build.store(f.build.element(address, of, number(size - 1)), Const(ir.CHAR, 0))
        case lang.EnumType():
            _variant(f, address, t, reject)
        case lang.ArrayType(of, length, bounded):
            items = address
            if bounded:
                struct = memory_type(t)
                assert isinstance(struct, ir.Struct)
                count = f.build.convert(f.build.load(f.build.member(address, struct, "len"), ir.U32), ir.U64)
                with f.build.when(f.build.compare(CompareOp.UGT, count, number(length))):
                    reject()
                items = f.build.member(address, struct, "items")
            for i in range(length if _needs(of) else 0):
                examine(f, f.build.element(items, ir.Array(memory_type(of), length), number(i)), of, reject)
        case lang.Optional(of):
            struct = memory_type(t)
            assert isinstance(struct, ir.Struct)
            with f.build.when(f.build.load(f.build.member(address, struct, "there"), ir.BOOL)):
                examine(f, f.build.member(address, struct, "value"), of, reject)
        case lang.StructType() | lang.TupleType():
            struct = memory_type(t)
            assert isinstance(struct, ir.Struct)
            for field, part in zip(struct.fields, parts_of(t), strict=True):
                examine(f, f.build.member(address, struct, field.name), part, reject)


def _index(f: FunctionContext, address: Operand, kind: str, reject: Reject) -> None:
    given = f.build.convert(f.build.convert(f.build.load(address, ir.I32), ir.I64), ir.U64)
    rows = f.module.policy.rows.get(kind)
    table = rows if rows is not None and rows.capacity is not None else None
    with f.build.when(f.build.compare(CompareOp.UGE, given, bound_of(f, kind, table))):
        reject()
    if table is None:
        with f.build.when(f.build.negate(exists(f, kind, given))):
            reject()


def _variant(f: FunctionContext, address: Operand, t: lang.EnumType, reject: Reject) -> None:
    struct = memory_type(t)
    assert isinstance(struct, ir.Struct)
    tag = f.build.convert(f.build.load(f.build.member(address, struct, TAG), ir.U32), ir.U64)
    with f.build.when(f.build.compare(CompareOp.UGE, tag, number(len(t.variants)))):
        reject()
    for i, variant in enumerate(t.variants):
        if any(_needs(part.type) for part in variant.fields):
            with f.build.when(f.build.compare(CompareOp.EQ, tag, number(i))):
                for part in variant.fields:
                    examine(f, f.build.member(address, struct, payload_name(variant, part)), part.type, reject)
