# SPDX-License-Identifier: GPL-2.0-only
"""Tests of pointers against null stay apart, and before what they guard.

LLVM turns `a != null || b != null` into `(a | b) != null`, in the IR or when it selects instructions, and makes the same
of branches that lead to one place or choose between two values. The kernel's verifier knows no `or` of pointers (verifier.c,
adjust_ptr_min_max_vals: "bitwise operator |= on pointer prohibited"), nor would it learn from one.

A test is therefore either the condition of branches alone: then a mark, an empty asm with an effect, stands before the
branch and behind it, over which LLVM neither merges tests nor chooses values instead of branching. Behind it one will do where
the other way only leads on: with a mark that way would be a jump of its own. Or a test is a value: then that passes an empty asm.

LLVM also computes the address of a member before the pointer was tested, ahead of a loop for example; the kernel allows no
arithmetic on what may be null ("pointer arithmetic on map_value_or_null prohibited"). So addresses are computed from an
anchored copy of the pointer, made where the member is named: an empty asm with an effect, which nothing moves.
"""

from scxdsl.ir.module import Function
from scxdsl.ir.ops import Compare, Convert, GetLocal, If, KfuncExists, Op, Opaque, Select, SetLocal, Store, Value
from scxdsl.ir.types import Pointer
from scxdsl.ir.walk import operands, operations, result

ANCHOR = 'call ptr asm sideeffect "", "=r,0"(ptr {}) #3'
MARK = 'call void asm sideeffect "", ""() #3'
MARK_ATTRIBUTES = "attributes #3 = { nounwind willreturn nomerge memory(inaccessiblemem: readwrite) }"


def is_pointer_test(op: Op) -> bool:
    return isinstance(op, KfuncExists) or (isinstance(op, Compare) and isinstance(op.left.type, Pointer))


def branch_tests(function: Function) -> frozenset[Value]:
    """The results of pointer tests that nothing but branches reads."""
    tests = {op.result for op in operations(function.body) if is_pointer_test(op)}
    if tests:
        for op in operations(function.body):
            if not isinstance(op, If):
                tests -= {x for x in operands(op) if isinstance(x, Value)}
    return frozenset(tests)


def untested(function: Function) -> frozenset[Value]:
    """Pointers that no test of this function can be about: neither compared nor passed through a variable."""
    moved = (Compare, Convert, Opaque, Select, SetLocal, Store)
    values = {p for p in function.params if isinstance(p.type, Pointer)}
    for op in operations(function.body):
        out = result(op)
        if out is not None and isinstance(out.type, Pointer) and not isinstance(op, (GetLocal, *moved)):
            values.add(out)
    for op in operations(function.body):
        if isinstance(op, moved):
            address = getattr(op, "address", None)
            values -= {x for x in operands(op) if isinstance(x, Value) and x is not address}
    return frozenset(values)
