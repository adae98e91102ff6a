# SPDX-License-Identifier: GPL-2.0-only
"""Variables whose values the kernel's verifier must tell apart.

It takes two states at one instruction for one where they differ in numbers that nothing depends on. What an index, a test of a known
value or a size depends on is *precise* (kernel/bpf/verifier.c: mark_chain_precision, regsafe), and it follows each of its
values on a way of its own.
"""

from collections.abc import Iterable

from scxdsl.ir.ops import Block, Break, Call, CallHelper, CallKfunc, Compare, If, IndexAddress, Load, Loop, Op, Operand, Return, Select, Value
from scxdsl.ir.types import Bool
from scxdsl.ir.walk import operands, operations, result

from .loops import followed
from .variables import Variable, Variables, type_of, value_of

_ENDS = (Call, CallHelper, CallKfunc, Load)
"""What these give has nothing to do with what they are given."""

_NONE: frozenset[Variable] = frozenset()


class Flow:
    """Which variables of a block come to what."""

    def __init__(self, block: Block) -> None:
        self.variables = Variables(block)
        self._block = block
        self._makers: dict[Value, Op] = {}
        self._sources: dict[Value, frozenset[Variable]] = {}  # the variables that are read for a value
        self._times: dict[Variable, int] = {}
        self._computed: dict[Variable, set[Variable]] = {}
        self._truths: set[Variable] = set()
        for op in operations(block):
            out, written = result(op), self.variables.written(op)
            if out is not None:
                self._makers[out] = op
                read = self.variables.read(op)
                self._sources[out] = frozenset((read,)) if read is not None else _NONE if isinstance(op, _ENDS) else self._of(op)
            elif written is not None:
                self._times[written] = self._times.get(written, 0) + 1
                self._computed.setdefault(written, set()).update(self._from(value_of(op)))
                if isinstance(type_of(op), Bool):
                    self._truths.add(written)

    def _of(self, op: Op) -> frozenset[Variable]:
        some = [found for x in operands(op) if (found := self._from(x))]
        return _NONE if not some else some[0] if len(some) == 1 else frozenset().union(*some)

    def _from(self, x: Operand) -> frozenset[Variable]:
        return self._sources.get(x, _NONE) if isinstance(x, Value) else _NONE

    def maker(self, x: Operand) -> Op | None:
        """The operation that gives a value."""
        return self._makers.get(x) if isinstance(x, Value) else None

    def sensitive(self, block: Block | None = None) -> set[Variable]:
        """The variables whose values come to a test, an index or an argument within a part of the block, or all of it."""
        wanted: list[Operand] = []
        for op in operations(self._block if block is None else block):
            match op:
                case Compare() | CallHelper() | CallKfunc() | Call():
                    wanted += operands(op)
                case IndexAddress(index=x) | If(condition=x) | Select(condition=x):
                    wanted.append(x)
        return self.behind(wanted)

    def behind(self, wanted: Iterable[Operand]) -> set[Variable]:
        """The variables that values are computed of, through other variables as well."""
        found = {v for x in wanted for v in self._from(x)}
        waiting = list(found)
        while waiting:
            more = self._computed.get(waiting.pop(), set()) - found
            found |= more
            waiting += more
        return found

    def splitting(self) -> set[Variable]:
        """The sensitive variables that may differ between ways: those set in more than one place, truths, and what is computed of such. What
        is but another name for the count of turns is not among them."""
        found = {v for v, n in self._times.items() if n > 1 or v in self._truths}
        more = True
        while more:
            new = {v for v, of in self._computed.items() if v not in found and not of.isdisjoint(found)}
            found |= new
            more = bool(new)
        ending = self.ending()
        names = {v for v, n in self._times.items() if n == 1 and self._computed[v] and self._computed[v] <= ending}
        return (found & self.sensitive()) - names

    def ending(self) -> set[Variable]:
        """The variables by which the verifier sees that loops end which it follows turn by turn: a test whose way leaves, after whatever stands behind the loop's `else`."""
        wanted: list[Operand] = []
        for op in operations(self._block):
            if isinstance(op, Loop) and followed(op):
                tests = [x.condition for x in op.body if isinstance(x, If) and x.then and isinstance(x.then[-1], Break | Return)]
                wanted += [y for t in tests if t in self._makers for y in operands(self._makers[t])]
        return self.behind(wanted)
