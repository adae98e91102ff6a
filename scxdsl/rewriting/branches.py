# SPDX-License-Identifier: GPL-2.0-only
"""Branches one behind another on one way through a function.

At each branch the kernel's verifier goes one way and keeps the other for later, and it keeps 8192 at most (kernel/bpf/verifier.c, push_stack: `The sequence of
%d jumps is too complex`, BPF_COMPLEXITY_LIMIT_JMP_SEQ).
"""

from scxdsl.ir.module import Function, Linkage, Module
from scxdsl.ir.ops import Block, Call, If, Loop, Op, Select

from .loops import ROUNDS, runs_once


def most_branches(module: Module) -> dict[str, int]:
    """By the function's name, with what is called and verified with each call."""
    functions, found = {f.name: f for f in module.functions}, dict[str, int]()

    def of(f: Function) -> int:
        if f.name not in found:
            found[f.name] = block(f.body)
        return found[f.name]

    def block(ops: Block) -> int:
        return sum(one(op) for op in ops)

    def one(op: Op) -> int:
        match op:
            case If():
                return 1 + max(block(op.then), block(op.otherwise))
            case Loop():
                return block(op.body) * (1 if runs_once(op) else ROUNDS)
            case Select():
                return 1
            case Call() if functions[op.function].linkage is not Linkage.GLOBAL:
                return of(functions[op.function])
        return 0

    for f in module.functions:
        of(f)
    return found
