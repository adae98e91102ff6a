# SPDX-License-Identifier: GPL-2.0-only
"""One BPF function as one Python function, registers as its local variables.

Blocks with a single predecessor stand inside it; the others are the arms of a loop over `pc`. Which line of the Python
text stems from which instruction is kept, so that a fault finds its place from the traceback and costs nothing before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..objects.instruction import Form, Instruction
from .alu import condition, expression
from .flow import ARGUMENTS, Block, Callee, blocks_of, liveness, uses, writes
from .memory import FRAME

_DEEPEST = 20
"""Nested ifs before a block becomes an arm of the loop."""


class Linker(Protocol):
    """What a function's instructions mean in the object that they stand in."""

    def callee(self, i: Instruction) -> Callee: ...

    def immediate(self, i: Instruction) -> str:
        """A Python expression for the value of a 64-bit immediate."""
        ...

    def poisoned(self, at: int) -> str | None:
        """What a relocation of that slot failed to find, or None."""
        ...


@dataclass(frozen=True)
class Translation:
    name: str
    """Of the Python function."""
    source: str
    slots: tuple[int, ...]
    """Slot of the instruction behind each line of `source`, the first line being `def`."""
    arguments: tuple[int, ...]
    """Registers that the Python function takes."""
    uninitialised: tuple[int, ...]
    """Registers that may be read before they are written."""
    arms: tuple[tuple[int, bool], ...]
    """Every way out of a branch: its slot, and whether it is taken."""


def translate(name: str, instructions: Sequence[Instruction], entry: int, linker: Linker, returns: bool = True,
              given: tuple[int, ...] | None = None, coverage: str | None = None) -> Translation:  # fmt: skip
    """The function that starts at slot `entry`.

    `given` are the registers that its caller sets; None: those of r1 to r5 that it reads. With `coverage`, each
    way out of a branch is added to `seen` as (coverage, slot, taken). Raises LoadError for code that
    cannot be run. The text uses the names `Ptr`, `Stack`, `Nothing`, `turns_out`, `poison`, `atomic_*`, `seen` and what
    alu.FUNCTIONS and the linker name.
    """
    blocks = blocks_of(instructions, entry)
    callees = {
        i.at: linker.callee(i)
        for b in blocks.values()
        for i in b.instructions
        if i.form is Form.CALL and linker.poisoned(i.at) is None
    }
    for b in blocks.values():
        for i in b.instructions:
            if i.form is Form.CALL:
                callees.setdefault(i.at, Callee("poison", ()))
    liveness(blocks, callees, returns)
    live = blocks[entry].live_in
    arguments = tuple(r for r in ARGUMENTS if r in live) if given is None else given
    return _Writer(name, blocks, entry, callees, linker, returns, arguments, coverage).translation()


class _Writer:
    def __init__(self, name: str, blocks: Mapping[int, Block], entry: int, callees: Mapping[int, Callee], linker: Linker,
                 returns: bool, arguments: tuple[int, ...], coverage: str | None) -> None:  # fmt: skip
        self.name, self.blocks, self.entry, self.callees = name, blocks, entry, callees
        self.linker, self.returns, self.arguments, self.coverage = linker, returns, arguments, coverage
        self.lines: list[str] = []
        self.slots: list[int] = []
        self.at = entry
        self.frame = any(
            10 in uses(i, callees, returns) for b in blocks.values() for i in b.instructions
        )
        self.heads = self._heads()
        self.index = {start: n for n, start in enumerate(self.heads)}
        self.head = 0
        self.arms: list[tuple[int, bool]] = []

    def translation(self) -> Translation:
        missing = tuple(sorted(self.blocks[self.entry].live_in - set(self.arguments)))
        self._line(0, f"def {self.name}({', '.join(f'r{r}' for r in self.arguments)}):")
        for r in missing:
            self._line(1, f"r{r} = Nothing('r{r}')")
        if self.frame:
            self._line(1, "fp = Stack()")
        if len(self.heads) == 1 and not any(_loops(b, self.entry) for b in self.blocks.values()):
            self._block(self.entry, 1, {}, set())
        else:
            self._line(1, "turns = 0")
            self._line(1, f"pc = {self.index[self.entry]}")
            self._line(1, "while True:")
            self._arms(0, len(self.heads), 2)
        source = "\n".join(self.lines) + "\n"
        return Translation(self.name, source, tuple(self.slots), self.arguments, missing, tuple(self.arms))

    def _heads(self) -> list[int]:
        """Starts of the blocks that are arms of the loop."""
        heads = [s for s, b in self.blocks.items() if s == self.entry or b.predecessors != 1]
        known = set(heads)
        todo = [(s, 0) for s in heads]
        while todo:
            start, depth = todo.pop()
            follow = self.blocks[start].successors
            for s in follow:
                if s in known:
                    continue
                if depth >= _DEEPEST:
                    known.add(s)
                    todo.append((s, 0))
                else:
                    todo.append((s, depth + (len(follow) > 1)))
        return sorted(known)

    def _line(self, depth: int, text: str) -> None:
        self.lines.append(" " * depth + text)
        self.slots.append(self.at)

    def _arms(self, low: int, high: int, depth: int) -> None:
        """The arms low to high - 1, found by halving."""
        if high - low == 1:
            self.head = low
            self.at = self.heads[low]
            self._line(depth, f"if pc == {low}:")
            self._block(self.heads[low], depth + 1, {}, set())
            return
        if high - low <= 4:
            for n in range(low, high):
                self._arms(n, n + 1, depth)
            return
        middle = (low + high) // 2
        self._line(depth, f"if pc < {middle}:")
        self._arms(low, middle, depth + 1)
        self._line(depth, f"if pc >= {middle}:")
        self._arms(middle, high, depth + 1)

    def _block(self, start: int, depth: int, frame: dict[int, int], lazy: set[int]) -> None:
        """One block and those that stand inside it. `frame`: registers known to be r10 plus a constant; `lazy`: those of
        them whose variable has not been set yet."""
        block = self.blocks[start]
        for number, i in enumerate(block.instructions):
            self.at = i.at
            last = number == len(block.instructions) - 1
            missing = self.linker.poisoned(i.at)
            if missing is not None:
                self._line(depth, f"poison({missing!r})")
                return
            if i.form is Form.EXIT:
                self._exit(i, depth, frame, lazy)
                return
            if i.form is Form.GOTO and i.operation == "goto":
                self._goto(block, i.target, depth, frame, lazy)  # type: ignore[arg-type]
                return
            if i.form in (Form.BRANCH, Form.GOTO):
                self._branch(block, i, depth, frame, lazy)
                return
            self._instruction(i, depth, frame, lazy, self._live_after(block, number) if i.form is Form.CALL else None)
            if last:
                self._goto(block, block.successors[0], depth, frame, lazy)

    def _live_after(self, block: Block, number: int) -> frozenset[int]:
        live = block.live_out
        for i in reversed(block.instructions[number + 1 :]):
            live = (live - writes(i)) | uses(i, self.callees, self.returns)
        return live

    def _use(self, registers: Sequence[int], depth: int, frame: dict[int, int], lazy: set[int]) -> None:
        """Sets the variables of the lazy registers among these."""
        for r in registers:
            if r == 10:
                self._line(depth, f"r10 = Ptr(fp, {FRAME})")
            elif r in lazy:
                lazy.discard(r)
                self._line(depth, f"r{r} = Ptr(fp, {FRAME + frame[r]})")

    def _exit(self, i: Instruction, depth: int, frame: dict[int, int], lazy: set[int]) -> None:
        if self.returns:
            self._use((0,), depth, frame, lazy)
        if self.frame:
            self._line(depth, "fp.free()")
        self._line(depth, "return r0" if self.returns else "return None")

    def _goto(self, block: Block, target: int, depth: int, frame: dict[int, int], lazy: set[int]) -> None:
        inside = target not in self.index
        if not inside:
            self._use(sorted(lazy & self.blocks[target].live_in), depth, frame, lazy)
            self._line(depth, f"pc = {self.index[target]}")
            if self.index[target] <= self.head:
                self._line(depth, "turns += 1")
                self._line(depth, "if turns > turn_limit: turns_out(turns)")
                self._line(depth, "continue")
            return
        self._block(target, depth, dict(frame), set(lazy))

    def _branch(self, block: Block, i: Instruction, depth: int, frame: dict[int, int], lazy: set[int]) -> None:
        self._use(sorted(uses(i, self.callees, self.returns)), depth, frame, lazy)
        past, taken = block.successors
        self._line(depth, f"if {'turns >= turn_limit' if i.form is Form.GOTO else condition(i)}:")
        for arm, target in ((True, taken), (False, past)):
            self.at = i.at
            if not arm:
                self._line(depth, "else:")
            self.arms.append((i.at, arm))
            if self.coverage is not None:
                self._line(depth + 1, f"seen.add(({self.coverage!r}, {i.at}, {arm}))")
            self._goto(block, target, depth + 1, dict(frame), set(lazy))

    def _instruction(self, i: Instruction, depth: int, frame: dict[int, int], lazy: set[int],
                     live: frozenset[int] | None) -> None:  # fmt: skip
        match i.form:
            case Form.ALU:
                if self._frame_address(i, frame, lazy):
                    return
                self._use(sorted(uses(i, self.callees, self.returns)), depth, frame, lazy)
                self._set(i.dst, expression(i), depth, frame, lazy)
            case Form.LOAD:
                text = self._access("load", i.width, i.src, i.offset, depth, frame, lazy)
                if i.signed:
                    sign = 1 << i.width - 1
                    text = f"({text} ^ {sign}) - {sign} & {(1 << 64) - 1}"
                self._set(i.dst, text, depth, frame, lazy)
            case Form.STORE:
                self._store(i, depth, frame, lazy)
            case Form.ATOMIC:
                self._atomic(i, depth, frame, lazy)
            case Form.IMMEDIATE:
                self._set(i.dst, self.linker.immediate(i), depth, frame, lazy)
            case Form.CALL:
                assert live is not None
                self._call(i, live, depth, frame, lazy)
            case Form.CAST:
                self._line(depth, "not_here('an address-space cast')")
            case _:
                self._line(depth, "not_here('packet access')")

    def _frame_address(self, i: Instruction, frame: dict[int, int], lazy: set[int]) -> bool:
        """Follows `rX = r10` and `rX += constant` without setting the variable."""
        known = i.src == 10 or i.src in frame
        if i.operation == "mov" and i.register and i.width == 64 and known:
            frame[i.dst] = frame.get(i.src, 0)
            lazy.add(i.dst)
            return True
        if i.operation == "add" and not i.register and i.width == 64 and i.dst in frame:
            frame[i.dst] += i.imm
            lazy.add(i.dst)
            return True
        return False

    def _set(self, register: int, text: str, depth: int, frame: dict[int, int], lazy: set[int]) -> None:
        self._line(depth, f"r{register} = {text}")
        frame.pop(register, None)
        lazy.discard(register)

    def _access(self, verb: str, width: int, base: int, offset: int, depth: int, frame: dict[int, int], lazy: set[int],
                value: str | None = None) -> str:  # fmt: skip
        more = "" if value is None else f", {value}"
        if base == 10 or base in frame:
            return f"fp.{verb}{width}({FRAME + frame.get(base, 0) + offset}{more})"
        place = f"r{base}.offset" + (f" + {offset}" if offset > 0 else f" - {-offset}" if offset else "")
        return f"r{base}.region.{verb}{width}({place}{more})"

    def _store(self, i: Instruction, depth: int, frame: dict[int, int], lazy: set[int]) -> None:
        mask = (1 << i.width) - 1
        if i.register:
            self._use((i.src,), depth, frame, lazy)
            value = f"r{i.src}" + (f" & {mask}" if i.width < 64 else "")
        else:
            value = str(i.imm & mask)
        self._line(depth, self._access("store", i.width, i.dst, i.offset, depth, frame, lazy, value))

    def _atomic(self, i: Instruction, depth: int, frame: dict[int, int], lazy: set[int]) -> None:
        if i.operation == "load_acquire":
            self._set(i.dst, self._access("load", i.width, i.src, i.offset, depth, frame, lazy), depth, frame, lazy)
            return
        if i.operation == "store_release":
            self._store(i, depth, frame, lazy)
            return
        self._use((i.dst, i.src), depth, frame, lazy)
        operation = i.operation.removeprefix("fetch_")
        if operation == "cmpxchg":
            self._use((0,), depth, frame, lazy)
            self._set(0, f"atomic_cmpxchg(r{i.dst}, {i.offset}, r{i.src}, {i.width}, r0)", depth, frame, lazy)
            return
        text = f"atomic_{operation}(r{i.dst}, {i.offset}, r{i.src}, {i.width})"
        if i.operation == "xchg" or i.operation.startswith("fetch"):
            self._set(i.src, text, depth, frame, lazy)
        else:
            self._line(depth, text)

    def _call(self, i: Instruction, live: frozenset[int], depth: int, frame: dict[int, int], lazy: set[int]) -> None:
        callee = self.callees[i.at]
        self._use(callee.arguments, depth, frame, lazy)
        text = f"{callee.expression}({', '.join(f'r{r}' for r in callee.arguments)})"
        wanted = 0 in live and callee.returns
        self._line(depth, f"r0 = {text}" if wanted else text)
        for r in range(6):
            frame.pop(r, None)
            lazy.discard(r)
            if r in live and (r or not callee.returns):
                self._line(depth, f"r{r} = Nothing('r{r}')")


def _loops(block: Block, entry: int) -> bool:
    """Whether the text needs the loop: for a way back to the entry, or for the count of may_goto."""
    return entry in block.successors or block.instructions[-1].operation == "may_goto"
