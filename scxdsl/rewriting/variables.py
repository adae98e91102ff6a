# SPDX-License-Identifier: GPL-2.0-only
"""Variables as the kernel's verifier sees them: registers, and the parts of structs and arrays on the stack, which LLVM makes registers of
where it can. A part is named by its variable and the way to it."""

from scxdsl.ir.ops import Block, Const, Copy, GetLocal, IndexAddress, Load, Local, LocalAddress, MemberAddress, Op, Operand, SetLocal, Store, Value
from scxdsl.ir.types import Type
from scxdsl.ir.walk import operations

Variable = tuple[Local, *tuple[object, ...]]


class Variables:
    """Of one block."""

    def __init__(self, block: Block) -> None:
        self._places: dict[Value, Variable] = {}
        for op in operations(block):
            match op:
                case LocalAddress():
                    self._places[op.result] = (op.local,)
                case MemberAddress(base=Value() as base) if base in self._places:
                    self._places[op.result] = (*self._places[base], *op.path)
                case IndexAddress(base=Value() as base, index=Const(value=at)) if base in self._places:
                    self._places[op.result] = (*self._places[base], at)

    def read(self, op: Op) -> Variable | None:
        """The variable whose value an operation gives."""
        if isinstance(op, GetLocal):
            return (op.local,)
        return self._places.get(op.address) if isinstance(op, Load) and isinstance(op.address, Value) else None

    def within(self, place: Value) -> set[Variable]:
        """The variables that are parts of what lies at an address."""
        whole = self._places.get(place)
        return {v for v in self._places.values() if v[: len(whole)] == whole} if whole is not None else set()

    def copied(self, op: Copy) -> list[tuple[Variable, Variable]]:
        """The variables that a copy sets, each with the one whose value it gets."""
        target, source = (self._places.get(x) if isinstance(x, Value) else None for x in (op.target, op.source))
        if target is None or source is None:
            return []
        known = set(self._places.values())
        parts = {v[len(w) :] for w in (target, source) for v in known if v[: len(w)] == w}
        return [((*target, *part), (*source, *part)) for part in parts]

    def written(self, op: Op) -> Variable | None:
        """The variable that an operation sets to its `value`."""
        if isinstance(op, SetLocal):
            return (op.local,)
        return self._places.get(op.address) if isinstance(op, Store) and isinstance(op.address, Value) else None


def value_of(op: Op) -> Operand:
    """What an operation sets a variable to."""
    assert isinstance(op, (SetLocal, Store))
    return op.value


def type_of(op: Op) -> Type:
    """The type of what is set."""
    return value_of(op).type
