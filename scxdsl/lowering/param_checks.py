# SPDX-License-Identifier: GPL-2.0-only
"""Parameters are checked again in derived init: whoever loads the object may have written anything into .rodata."""

from collections.abc import Callable

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import number
from .context import FunctionContext
from .control import counted
from .data import items_of, length_of
from .indices import bound_of
from .kernel_text import ERROR, print_text
from .layout import TAG, memory_type, payload_name
from .moves import load, scalar
from .values import Memory

Check = Callable[[Operand], None]


def check_param(f: FunctionContext, p: typed.Param) -> None:
    """Ends the load with -EINVAL, and a message that names the parameter, where a value is none of its type or out of its range."""
    with f.build.at(p.span):
        check = _check(f, p, p.type, ranged=True)
        if check is not None:
            check(f.build.global_address(p.name))


def _refuse(f: FunctionContext, p: typed.Param, wrong: Operand, text: str, *values: Operand) -> None:
    with f.build.when(wrong):
        print_text(f, ERROR, f"{f.module.place(p.span)}: parameter {p.name} {text}", *values)
        f.abandon()


def _check(f: FunctionContext, p: typed.Param, t: lang.Type, ranged: bool) -> Check | None:
    """What looks at a value of that type at an address; None where every value will do. The parameter's range is that of its numbers,
    or of those of an array, not of what stands inside structs and the like."""
    match t:
        case lang.IntType() | lang.UnitType() | lang.BoolType() | lang.IndexType():
            return _number(f, p, t, ranged)
        case lang.TextType(size):
            return lambda at: _ended(f, p, at, memory_type(t), size)
        case lang.ArrayType(of):
            return _array(f, p, t, _check(f, p, of, ranged))
    parts = _parts(f, p, t)
    if isinstance(t, lang.EnumType):
        return lambda at: _variants(f, p, t, at, parts)
    if not parts:
        return None
    struct = memory_type(t)
    assert isinstance(struct, ir.Struct)

    def whole(at: Operand) -> None:
        if not isinstance(t, lang.Optional):
            _each(f, struct, at, parts)
            return
        with f.build.when(f.build.load(f.build.member(at, struct, "there"), ir.BOOL, True)):
            _each(f, struct, at, parts)

    return whole


def _parts(f: FunctionContext, p: typed.Param, t: lang.Type) -> dict[str, Check]:
    """The checks of the members of what is a struct in memory."""
    match t:
        case lang.StructType(fields=fields):
            members = [(x.name, x.type) for x in fields]
        case lang.TupleType(items):
            members = [(f"item{i}", item) for i, item in enumerate(items)]
        case lang.Optional(of):
            members = [("value", of)]
        case lang.EnumType(variants=variants):
            members = [(payload_name(v, x), x.type) for v in variants for x in v.fields]
        case _:
            members = []
    found = {name: _check(f, p, of, ranged=False) for name, of in members}
    return {name: check for name, check in found.items() if check is not None}


def _each(f: FunctionContext, struct: ir.Struct, at: Operand, parts: dict[str, Check]) -> None:
    for name, check in parts.items():
        check(f.build.member(at, struct, name))


def _number(f: FunctionContext, p: typed.Param, t: lang.Type, ranged: bool) -> Check | None:
    limits = (int(p.low), int(p.high)) if ranged and p.low is not None and p.high is not None else None
    index = isinstance(t, lang.IndexType)
    if limits is None and not index:
        return None
    signed = isinstance(t, lang.IntType) and t.signed or index

    def check(at: Operand) -> None:
        given = scalar(load(f, at, t, True))
        text = f"is out of range: {'%lld' if signed else '%llu'}"
        if limits is not None:
            least, most = limits
            # one test for both ends, signed or not: the distance from the least, as an unsigned number
            distance = f.build.binary(BinaryOp.SUB, given, Const(given.type, least))
            _refuse(f, p, f.build.compare(CompareOp.UGT, distance, Const(given.type, most - least)), text, given)
        if isinstance(t, lang.IndexType):
            bound = f.build.convert(bound_of(f, t.kind, f.module.policy.rows.get(t.kind)), given.type)
            _refuse(f, p, f.build.compare(CompareOp.UGE, given, bound), text, given)

    return check


def _ended(f: FunctionContext, p: typed.Param, at: Operand, array: ir.Type, size: int) -> None:
    assert isinstance(array, ir.Array)
    last = f.build.convert(f.build.load(f.build.element(at, array, number(size - 1)), ir.U8, True), ir.U64)
    _refuse(f, p, f.build.compare(CompareOp.NE, last, number(0)), "is a text without an end")


def _array(f: FunctionContext, p: typed.Param, t: lang.ArrayType, inner: Check | None) -> Check | None:
    if inner is None and not t.bounded:
        return None
    type = memory_type(t)

    def check(at: Operand) -> None:
        whole = Memory(at, type)
        if t.bounded:
            assert isinstance(type, ir.Struct)
            length = f.build.convert(f.build.load(f.build.member(at, type, "len"), ir.U32, True), ir.U64)
            _refuse(f, p, f.build.compare(CompareOp.UGT, length, number(t.length)), "has a length of %llu", length)
        if inner is None:
            return
        array, base = items_of(f, whole, t)

        def turn(index: Operand) -> None:
            index = f.build.opaque(index)
            with f.build.when(f.build.compare(CompareOp.UGE, index, number(t.length))):
                f.leave(f.loops[-1])  # never: the verifier wants to see it
            inner(f.build.element(base, array, index))

        counted(f, length_of(f, whole, t), turn)

    return check


def _variants(f: FunctionContext, p: typed.Param, t: lang.EnumType, at: Operand, parts: dict[str, Check]) -> None:
    struct = memory_type(t)
    assert isinstance(struct, ir.Struct)
    tag = f.build.convert(f.build.load(f.build.member(at, struct, TAG), ir.U32, True), ir.U64)
    _refuse(f, p, f.build.compare(CompareOp.UGE, tag, number(len(t.variants))), "has no variant %llu", tag)
    for i, variant in enumerate(t.variants):
        own = {name: parts[name] for x in variant.fields if (name := payload_name(variant, x)) in parts}
        if own:
            with f.build.when(f.build.compare(CompareOp.EQ, tag, number(i))):
                _each(f, struct, at, own)
