# SPDX-License-Identifier: GPL-2.0-only
"""Numbers, comparisons and choices."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Operand
from scxdsl.ir.types import I64, Bool, Enum, Int
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import Arithmetic, Relation

from .builder import FALSE, TRUE
from .context import FunctionContext
from .dispatch import IN_MEMORY, expression, read, statement, value
from .layout import TAG, register_type
from .mask_memory import temporary
from .moves import content, get_slot, keep_value, scalar, set_slot
from .slots import new_slot
from .values import Lowered, Maybe, Memory, Parts

_PLAIN = {
    Arithmetic.ADD: BinaryOp.ADD,
    Arithmetic.SUB: BinaryOp.SUB,
    Arithmetic.MUL: BinaryOp.MUL,
    Arithmetic.AND: BinaryOp.AND,
    Arithmetic.OR: BinaryOp.OR,
    Arithmetic.XOR: BinaryOp.XOR,
    Arithmetic.SHL: BinaryOp.SHL,
}
_BY_SIGN = {
    Arithmetic.DIV: (BinaryOp.UDIV, BinaryOp.SDIV),
    Arithmetic.REM: (BinaryOp.UREM, BinaryOp.SREM),
    Arithmetic.SHR: (BinaryOp.LSHR, BinaryOp.ASHR),
}
_RELATIONS = {
    Relation.EQ: (CompareOp.EQ, CompareOp.EQ),
    Relation.NE: (CompareOp.NE, CompareOp.NE),
    Relation.LT: (CompareOp.ULT, CompareOp.SLT),
    Relation.LE: (CompareOp.ULE, CompareOp.SLE),
    Relation.GT: (CompareOp.UGT, CompareOp.SGT),
    Relation.GE: (CompareOp.UGE, CompareOp.SGE),
}


def signed(t: lang.Type) -> bool:
    return isinstance(t, lang.IndexType) or isinstance(t, lang.IntType) and t.signed


def calculate(f: FunctionContext, op: Arithmetic, left: Operand, right: Operand, sign: bool) -> Operand:
    """Arithmetic on two registers of 64 bits."""
    if op is Arithmetic.MONUS:
        # max(a, b) - b. LLVM must not see the two together: it would make its saturating subtraction of them, which the
        # BPF backend spells out with a truth value and a second jump.
        larger = f.build.select(f.build.compare(CompareOp.ULT, left, right), right, left)
        return f.build.binary(BinaryOp.SUB, f.build.opaque(larger), right)
    if op in _PLAIN:
        return f.build.binary(_PLAIN[op], left, right)
    return f.build.binary(_BY_SIGN[op][sign], left, right)


def related(f: FunctionContext, relation: Relation, left: Operand, right: Operand, t: lang.Type) -> Operand:
    """Comparison by the order of the type; vtime by the sign of the difference: a < b is (a - b) as i64 < 0."""
    if t == lang.VTIME and relation not in (Relation.EQ, Relation.NE):
        if relation in (Relation.GT, Relation.LE):  # a > b is b < a; a <= b is !(a > b)
            left, right = right, left
        before = f.build.compare(CompareOp.SLT, _as(f, f.build.binary(BinaryOp.SUB, left, right), I64), Const(I64, 0))
        return before if relation in (Relation.LT, Relation.GT) else f.build.negate(before)
    return f.build.compare(_RELATIONS[relation][signed(t)], left, right)


def _as(f: FunctionContext, operand: Operand, type: Int) -> Operand:
    return f.build.convert(operand, type)


@expression.register
def _(node: typed.Literal, f: FunctionContext) -> Lowered:
    in_memory = IN_MEMORY.get(type(node.type))
    if in_memory is not None:
        return in_memory(node, f)
    return Const(register_type(node.type), int(node.value))


@expression.register
def _(node: typed.KernelConstant, f: FunctionContext) -> Lowered:
    return f.build.enum_value(Enum(node.enum, 64 if node.known >> 32 else 32), node.name, node.known)


@expression.register
def _(node: typed.Read, f: FunctionContext) -> Lowered:
    return read(node.place, f)


@expression.register
def _(node: typed.Binary, f: FunctionContext) -> Lowered:
    left = scalar(value(node.left, f))
    right = scalar(value(node.right, f))
    if isinstance(node.type, lang.BoolType):
        return f.build.binary(_PLAIN[node.op], left, right)
    out = calculate(f, node.op, left, f.build.convert(right, left.type), signed(node.left.type))
    return f.build.convert(out, register_type(node.type))


@expression.register
def _(node: typed.Compare, f: FunctionContext) -> Lowered:
    left, right = _comparable(node.left, f), _comparable(node.right, f)
    return related(f, node.relation, left, right, node.left.type)


def _comparable(node: typed.Expr, f: FunctionContext) -> Operand:
    """The number that stands for a value; of a variant, none of which carries anything, its place among the variants."""
    out = value(node, f)
    if isinstance(node.type, lang.EnumType) and isinstance(out, Memory):
        assert isinstance(out.type, ir.Struct)
        return f.build.load(f.build.member(out.address, out.type, TAG), ir.U32)
    return scalar(out)


@expression.register
def _(node: typed.Extreme, f: FunctionContext) -> Lowered:
    left, right = scalar(value(node.left, f)), scalar(value(node.right, f))
    if node.largest:
        return f.build.select(related(f, Relation.LT, left, right, node.type), right, left)
    return f.build.select(related(f, Relation.LT, right, left, node.type), right, left)


@expression.register
def _(node: typed.Logical, f: FunctionContext) -> Lowered:
    slot = new_slot(f, lang.BOOL, "both" if node.conjunction else "either")
    left = scalar(value(node.left, f))
    set_slot(f, slot, FALSE if node.conjunction else TRUE)
    with f.build.when(left if node.conjunction else f.build.negate(left)):
        set_slot(f, slot, value(node.right, f))
    return get_slot(f, slot)


@expression.register
def _(node: typed.Not, f: FunctionContext) -> Lowered:
    return f.build.negate(scalar(value(node.value, f)))


@expression.register
def _(node: typed.Convert, f: FunctionContext) -> Lowered:
    in_memory = IN_MEMORY.get(type(node.type))
    if in_memory is not None:
        return in_memory(node, f)
    if isinstance(node.value.type, lang.Optional):  # only where a test left out the rule that it is opened first
        return content(value(node.value, f))
    inner = scalar(value(node.value, f))
    if isinstance(node.type, lang.IntType) and node.type.bits < 64:
        narrow = f.build.convert(inner, Int(node.type.bits, node.type.signed))
        return f.build.convert(narrow, register_type(node.type))
    to = register_type(node.type)
    if isinstance(to, Bool):
        return f.build.compare(CompareOp.NE, inner, Const(inner.type, 0))
    return f.build.convert(inner, to)


@expression.register
def _(node: typed.FlagTest, f: FunctionContext) -> Lowered:
    left, right = scalar(value(node.left, f)), scalar(value(node.right, f))
    return f.build.compare(CompareOp.EQ, f.build.binary(BinaryOp.AND, left, right), right)


@expression.register
def _(node: typed.TupleValue, f: FunctionContext) -> Lowered:
    return Parts(tuple(value(item, f) for item in node.items))


@expression.register
def _(node: typed.BlockValue, f: FunctionContext) -> Lowered:
    outer = new_slot(f, lang.CPUMASK, "kept") if _ends_with_its_block(node, f) else None
    with f.scope():
        before = f.reserved
        for stmt in node.statements:
            with f.build.at(stmt.span):
                statement(stmt, f)
        out = None if node.value is None else value(node.value, f)
        if f.reserved > before and isinstance(out, Memory | Parts | Maybe) and not f.build.ended:
            slot = new_slot(f, node.value.type, "kept")  # type: ignore[union-attr]
            set_slot(f, slot, out)  # it may lie in the ring, and is user space's after this block
            out = get_slot(f, slot)
        if outer is not None and out is not None and not f.build.ended:
            set_slot(f, outer, out)
            out = get_slot(f, outer)
    return out


def _ends_with_its_block(node: typed.BlockValue, f: FunctionContext) -> bool:
    """Whether a block's value is a mask that is given back at its end (mask_memory.py): it is copied to one that lasts longer."""
    given = node.value
    return given is not None and given.type == lang.CPUMASK and temporary(f) and not (isinstance(given, typed.Read) and not node.statements)


@expression.register
def _(node: typed.IfValue, f: FunctionContext) -> Lowered:
    keeps = not isinstance(node.type, lang.Nothing | lang.Never)
    slot = new_slot(f, node.type, "if") if keeps else None
    with f.build.when(scalar(value(node.condition, f))) as branch:
        keep_value(f, slot, value(node.then, f))
    if node.otherwise is not None:
        with f.build.otherwise(branch):
            keep_value(f, slot, value(node.otherwise, f))
    return None if slot is None else get_slot(f, slot)
