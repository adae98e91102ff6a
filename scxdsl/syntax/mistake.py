# SPDX-License-Identifier: GPL-2.0-only
"""A place where the parser can't go on, and the means to look around there and to mend."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.text import Span

from .tokens import SOFT

if TYPE_CHECKING:
    from .parser import Machine

New = tuple[str, int, int]  # kind, first and last offset of a token that is put in


class Mistake:
    """A place where the parser can't go on, with the means to look around and to mend."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine
        self.tokens = machine.tokens
        self.at = machine.at
        self.base = self._base()
        self.start = machine.firsts[self.base] if self.base < len(machine.firsts) else machine.at
        if self.at - 1 > self.start and self.kind(self.at - 1) == "_NL":
            self.at -= 1  # something was missing at the end of the line already
        self.drop()
        machine.reread(self.start, self.at)
        self.expected = self._expected()

    def _base(self) -> int:
        """How many symbols lie under the statement, member or declaration that is being read."""
        table, states = self.machine.table, self.machine.states
        broken = table.kinds["BROKEN"]
        for i in range(len(states) - 1, -1, -1):
            if table.row(states[i]).get(broken, 0) > 0:
                return i
        return 0

    def _expected(self) -> frozenset[str]:
        """The names of the terminals that would fit. A table's row alone says too much: with some of its reductions the
        parser would only find out later that the token does not fit."""
        table = self.machine.table
        row = table.row(self.machine.states[-1])
        return frozenset(
            table.terminals[kind] for kind in row if kind < len(table.terminals) and self._fits(kind)
        ) - {"BROKEN"}

    def _fits(self, kind: int) -> bool:
        table = self.machine.table
        states = self.machine.states
        below = len(states)  # states[:below] are as they were
        pushed: list[int] = []
        while True:
            action = table.row(pushed[-1] if pushed else states[below - 1]).get(kind)
            if action is None:
                return kind == table.kinds["$END"] and bool(pushed) and pushed[-1] == table.end
            if action > 0:
                return True
            rule = table.rules[-action - 1]
            keep = len(pushed) - rule.length
            if keep >= 0:
                del pushed[keep:]
            else:
                pushed.clear()
                below += keep
            goto = table.row(pushed[-1] if pushed else states[below - 1])[rule.left]
            pushed.append(goto - 1)

    # ---- looking

    def kind(self, index: int) -> str:
        return self.tokens.kind(index) if 0 <= index < len(self.tokens.kinds) else "$END"

    def text(self, index: int) -> str:
        return self.tokens.text(index) if 0 <= index < len(self.tokens.kinds) else ""

    def is_name(self, index: int) -> bool:
        """A NAME, or a word that may be one."""
        return self.kind(index) == "NAME" or (self.text(index) in self.machine.table.words and not self.is_reserved(index))

    def is_reserved(self, index: int) -> bool:
        text = self.text(index)
        return self.kind(index) != "NAME" and text in self.machine.table.words and self.kind(index) not in SOFT

    def touches(self, index: int) -> bool:
        """Nothing stands between this token and the one before."""
        return index > 0 and self.tokens.ends[index - 1] == self.tokens.starts[index]

    def at_top(self) -> bool:
        """Reading a declaration of the file."""
        return self.base < 3 and self.machine.table.kinds["FN"] in self.machine.table.row(self.machine.states[self.base])

    def closing(self, opener: int) -> int | None:
        """The index of the bracket that closes the one at `opener`."""
        depth = 0
        for i in range(opener, len(self.tokens.kinds)):
            kind = self.kind(i)
            if kind in OPENERS:
                depth += 1
            elif kind in CLOSERS:
                depth -= 1
                if depth == 0:
                    return i
        return None

    def statement_end(self, start: int, also: tuple[str, ...] = ()) -> int:
        """The index of the token before which what begins at `start`, and reaches `self.at` at least, is over."""
        open_: list[str] = []
        for i in range(start, len(self.tokens.kinds)):
            kind = self.kind(i)
            if kind == "$END":
                return i
            if kind == "_NL":
                while open_ and open_[-1] in ("LPAR", "LSQB"):
                    open_.pop()  # newlines count only in brackets that nothing closes
            if kind == "RBRACE":
                while open_ and open_[-1] != "LBRACE":
                    open_.pop()
            if i >= self.at and not open_ and (kind in ("_NL", "SEMICOLON", "RBRACE") or kind in also):
                return i
            if kind in OPENERS:
                open_.append(kind)
            elif kind in CLOSERS and open_ and OPENERS[open_[-1]] == kind:
                open_.pop()
        return len(self.tokens.kinds) - 1

    # ---- acting

    def report(self, item: Diagnostic) -> None:
        self.machine.diagnostics.add(item)

    def span(self, first: int, last: int | None = None) -> Span:
        return self.tokens.span(first, last)

    def replace(self, first: int, end: int, *words: New) -> None:
        """Other tokens for those from `first` to before `end`; the statement is read again if some were read already."""
        if first < self.at:
            self.drop()
            self.machine.at = self.start
        self.tokens.replace(first, end, list(words))

    def put(self, kind: str, like: int) -> New:
        """A token to put in, with the place of the token at `like`."""
        return kind, self.tokens.starts[like], self.tokens.ends[like]

    def drop(self) -> None:
        """Forget what was read of the statement."""
        machine = self.machine
        del machine.states[self.base + 1 :], machine.values[self.base :]
        del machine.firsts[self.base :], machine.heights[self.base :]
        machine.last = self.start - 1

    def give_up(self) -> None:
        """Skip the rest of the statement; the list that it stands in goes on."""
        machine = self.machine
        ends_here = not {"_NL", "SEMICOLON"}.isdisjoint(self.expected)
        if ends_here:  # what was read is whole, only too much follows it
            machine.at = self._past_block(self.statement_end(self.start))
            return
        self.drop()
        broken = machine.table.kinds["BROKEN"]
        state = machine.table.row(machine.states[-1])[broken] - 1
        commas = machine.table.kinds["COMMA"] in machine.table.row(state)
        machine.states.append(state)
        machine.values.append(None)
        machine.firsts.append(self.start)
        machine.heights.append(0)
        machine.at = self._past_block(self.statement_end(self.start, ("COMMA",) if commas else ()))
        machine.last = max(machine.at - 1, self.start)


    def _past_block(self, end: int) -> int:
        """A block on the line after a declaration that was given up goes with it."""
        if self.at_top() and self.kind(end) == "_NL" and self.kind(end + 1) == "LBRACE":
            return (self.closing(end + 1) or end) + 1
        return end


OPENERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE", "_OPEN": "_CLOSE"}
CLOSERS = frozenset(OPENERS.values())
Habit = Callable[[Mistake], bool]
