# SPDX-License-Identifier: GPL-2.0-only
"""Tests of pointers against null stay apart.

LLVM turns `a != null || b != null` into `(a | b) != null`, in the IR or when it selects instructions, and makes the same of
branches that lead to one place or choose between two values. The kernel's verifier knows no `or` of pointers
(verifier.c, adjust_ptr_min_max_vals: "bitwise operator |= on pointer prohibited"), nor would it learn from one.

So a test is either the condition of branches alone: then a mark, an empty asm with an effect, stands before the branch
and on both ways out of it, over which LLVM neither merges tests nor chooses values instead of branching. Or it is a value:
then that passes an empty asm.
"""

from scxdsl.ir.module import Function
from scxdsl.ir.ops import Compare, If, KfuncExists, Op, Value
from scxdsl.ir.types import Pointer
from scxdsl.ir.walk import operands, operations

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
                tests -= {x for _, x in operands(op) if isinstance(x, Value)}
    return frozenset(tests)
