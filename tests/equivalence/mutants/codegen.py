# SPDX-License-Identifier: GPL-2.0-only
"""From IR to LLVM IR."""

from dataclasses import replace
from typing import Any

from planting import Plant

from scxdsl.codegen import arithmetic as machine_arithmetic
from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp
from scxdsl.lowering.builder import Builder

from .registry import mutant


@mutant
def shift_counts_not_cut(p: Plant) -> None:
    p.attr(machine_arithmetic, "_count", lambda old: lambda w, operand, kind, text: text)


@mutant
def division_by_zero_gives_the_dividend(p: Plant) -> None:
    def new(old: Any) -> Any:
        def divide(w: Any, name: str, kind: str, left: str, right: str, fenced: bool) -> str:
            if not fenced or name == "urem":
                return old(w, name, kind, left, right, fenced)
            zero = w.compute(f"icmp eq {kind} {right}, 0")
            return w.compute(f"select i1 {zero}, {kind} {left}, {kind} {old(w, name, kind, left, right, fenced)}")

        return divide

    p.attr(machine_arithmetic, "_unsigned", new)


@mutant
def quotient_keeps_the_left_sign(p: Plant) -> None:
    def new(old: Any) -> Any:
        def divide(w: Any, op: Any, kind: str, left: str, right: str) -> str:
            if op.op is not BinaryOp.SDIV:
                return old(w, op, kind, left, right)
            return old(w, replace(op, op=BinaryOp.UDIV), kind, left, right)

        return divide

    p.attr(machine_arithmetic, "_divide", new)


@mutant
def stores_are_one_byte_narrower(p: Plant) -> None:
    """32-bit globals are written as 16 bits."""

    def new(old: Any) -> Any:
        def store(self: Any, address: Any, operand: Any, *more: Any, **named: Any) -> Any:
            if getattr(operand, "type", None) == ir.U32 and more + tuple(named.values()) == (True,):
                operand = self.convert(operand, ir.U16)
            return old(self, address, operand, *more, **named)

        return store

    p.attr(Builder, "store", new)
