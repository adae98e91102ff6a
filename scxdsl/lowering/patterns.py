# SPDX-License-Identifier: GPL-2.0-only
"""Patterns: tests of a value, and names for its parts."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import Relation

from .context import FunctionContext
from .expressions import related
from .layout import TAG, payload_name
from .moves import content, load, present, scalar, set_slot
from .slots import new_slot
from .values import Lowered, Memory, Parts


def test_value(f: FunctionContext, test: typed.Test, subject: Lowered, t: lang.Type, failed: int | None) -> None:
    """Leaves the loop of level `failed` unless the value passes, and gives names to its parts. None: it is known to pass."""
    match test:
        case typed.Always(variable=None):
            return
        case typed.Always(variable=variable):
            assert variable is not None
            slot = f.slots[variable] = new_slot(f, variable.type, variable.name)
            set_slot(f, slot, subject)
        case typed.Within() | typed.FitsNone() | typed.AnyOf() if failed is None:  # nothing has a name there
            return
        case typed.Within(low=low, high=high):
            _within(f, scalar(subject), t, low, high, failed)
        case typed.FitsNone():
            with f.build.when(present(f, subject)):
                f.leave(failed)
        case typed.IsSome(inner=inner):
            assert isinstance(t, lang.Optional)
            if failed is not None:
                with f.build.when(f.build.negate(present(f, subject))):
                    f.leave(failed)
            test_value(f, inner, content(subject), t.of, failed)
        case typed.IsVariant():
            _variant(f, test, subject, t, failed)
        case typed.AllOf(items=items):
            assert isinstance(subject, Parts) and isinstance(t, lang.TupleType)
            for item, part, of in zip(items, subject.items, t.items, strict=True):
                test_value(f, item, part, of, failed)
        case typed.AnyOf(options=options):
            with f.build.loop() as passed:
                for option in options:
                    with f.build.loop() as next_option:
                        test_value(f, option, subject, t, next_option)
                        f.leave(passed)
                f.leave(failed)


def _within(f: FunctionContext, number, t: lang.Type, low: int | None, high: int | None, failed: int) -> None:
    limit = lambda n: f.build.convert(Const(number.type, n), number.type)  # noqa: E731
    if low is not None and low == high:
        if isinstance(t, lang.BoolType):
            outside = f.build.negate(number) if low else number
        else:
            outside = related(f, Relation.NE, number, limit(low), t)
        with f.build.when(outside):
            f.leave(failed)
        return
    for end, relation in ((low, Relation.LT), (high, Relation.GT)):
        if end is not None:
            with f.build.when(related(f, relation, number, limit(end), t)):
                f.leave(failed)


def _variant(f: FunctionContext, test: typed.IsVariant, subject: Lowered, t: lang.Type, failed: int | None) -> None:
    assert isinstance(subject, Memory) and isinstance(subject.type, ir.Struct) and isinstance(t, lang.EnumType)
    variant = t.variant(test.variant)
    assert variant is not None
    if failed is not None:
        tag = f.build.load(f.build.member(subject.address, subject.type, TAG), ir.U32)
        with f.build.when(f.build.compare(CompareOp.NE, tag, Const(ir.U32, t.variants.index(variant)))):
            f.leave(failed)
    for field, inner in zip(variant.fields, test.payload, strict=True):
        if isinstance(inner, typed.Always) and inner.variable is None:
            continue
        address = f.build.member(subject.address, subject.type, payload_name(variant, field))
        test_value(f, inner, load(f, address, field.type), field.type, failed)
