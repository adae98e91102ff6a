# SPDX-License-Identifier: GPL-2.0-only
"""The front door: text to tree. An LALR(1) machine on the table of grammar/scx.lark; what to do where it can't go on is in
recovery.py.
"""

from typing import Any

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Source, Span

from .build_declarations import DeclarationActions, actions_of
from .build_expressions import ExpressionActions
from .build_statements import StatementActions
from .build_types import PatternActions, TypeActions
from .errors_forms import DepthOfTree
from .lexer import tokenize
from .table import table
from .tokens import Tokens
from .tree_declarations import Policy

MAX_HEIGHT = 800  # nodes within each other; a walk over the tree needs that many times its own frames
MAX_READ_AGAIN = 200_000  # tokens, over all errors of a text: many at the end of one huge statement are not worth more


class Builder(DeclarationActions, StatementActions, ExpressionActions, PatternActions, TypeActions):
    """All actions."""


def parse(source: Source, diagnostics: Diagnostics) -> Policy:
    """The tree of a policy or module. Syntax errors go to `diagnostics`; the tree then lacks what they made unreadable.

    Never raises, whatever the text. Takes time linear in its length.
    """
    whole = Span(source, 0, len(source.text))
    tokens = tokenize(source, diagnostics)
    if tokens is None:
        return Policy((), whole)
    declarations = Machine(tokens, diagnostics).run()
    return Policy(tuple(declarations), whole)


class Machine:
    """The stacks of one run. `states` is one longer than the others; for symbol i there are its value, the index of its first
    token (of the next one where it is empty) and its height as a tree."""

    def __init__(self, tokens: Tokens, diagnostics: Diagnostics) -> None:
        self.table = table()
        self.tokens = tokens
        self.diagnostics = diagnostics
        self.use(Builder(tokens, diagnostics))
        self.at = 0
        self.states = [self.table.start]
        self.values: list[Any] = []
        self.firsts: list[int] = []
        self.heights: list[int] = []
        self.last = -1  # the token shifted last
        self.too_deep = False
        self.stopped = False
        self.recoveries = 0
        self.read_again = 0
        self.recovered_at = -1
        self.stuck = 0

    def use(self, builder: Builder) -> None:
        """Let the actions of `builder` make the nodes."""
        self.builder = builder
        self.actions = actions_of(builder)

    def reread(self, start: int, stop: int) -> None:
        """Read the tokens from `start` on again, up to the one at `stop` and without a look at it: what the parser has done
        in view of a token that does not fit is undone so."""
        self.at = start
        self.read_again += stop - start
        self.stopped = self.read_again > MAX_READ_AGAIN
        if start < stop:
            self._advance(stop)

    def kind_at(self) -> str:
        return self.tokens.kind(self.at)

    def run(self) -> list[Any]:
        """All declarations that could be read."""
        while True:
            if self._advance():
                return list(self.values[-1])
            if not self.too_deep:
                from .recovery import recover  # only a text with errors pays for it

                recover(self)
            if self.too_deep or self.stopped:
                return self.values[0] if self.values and isinstance(self.values[0], list) else []

    def _advance(self, stop: int = -1) -> bool:
        """Go on until the end (True), or to a token that does not fit or is the one at `stop` (False)."""
        table, actions = self.table, self.actions
        tokens, source = self.tokens, self.tokens.source
        kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
        states, values, firsts, heights = self.states, self.values, self.firsts, self.heights
        rows, rules, end_state = table.rows, table.rules, table.end
        newline, end = table.kinds["_NL"], table.kinds["$END"]
        at, last = self.at, self.last
        kind = kinds[at]
        while True:
            state = states[-1]
            row = rows[state] or table.row(state)
            action = row.get(kind)
            if action is None:
                if kind == newline:  # nothing can end here
                    at += 1
                    kind = kinds[at]
                    if at == stop:
                        kind = _NOTHING
                    continue
                action = table.default(state)
                if not action:
                    self.at, self.last = at, last
                    return kind == end and state == end_state
            if action > 0:
                states.append(action - 1)
                values.append(None)
                firsts.append(at)
                heights.append(0)
                last = at
                at += 1
                kind = kinds[at]
                if at == stop:
                    kind = _NOTHING  # what can be reduced without a look at what follows is reduced, and no more
                continue
            rule = rules[-action - 1]
            length = rule.length
            if length == 1 and not rule.action:  # the value stays what it is
                state = states[-2]
                row = rows[state] or table.row(state)
                states[-1] = row[rule.left] - 1
                continue
            if length:
                parts = values[-length:]
                first = firsts[-length]
                height = max(heights[-length:]) + 1
                del states[-length:], values[-length:], firsts[-length:], heights[-length:]
                if not rule.plain:
                    parts = _arrange(rule.recipe, parts)
                span = Span(source, starts[first], ends[last]) if last >= first else Span(source, starts[at], starts[at])
            else:
                parts = _arrange(rule.recipe, ()) if rule.recipe else []
                first, height = at, 0
                span = Span(source, starts[at], starts[at])
            name = rule.action
            if not name:
                value = parts[0]
            elif name in _LISTS:
                value = actions[name](span, *parts)
                height -= 1
            elif name[0] == "_":
                value = parts
                height -= 1
            else:
                value = actions[name](span, *parts)
                if height > MAX_HEIGHT:
                    if not self.too_deep:
                        self.diagnostics.add(DepthOfTree(Span(source, ends[last] - 1, ends[last]), MAX_HEIGHT))
                    self.too_deep = True
                    return False
            values.append(value)
            firsts.append(first)
            heights.append(height)
            state = states[-1]
            row = rows[state] or table.row(state)
            states.append(row[rule.left] - 1)


_NOTHING = -1  # a token that fits nowhere

_LISTS = frozenset(
    ["one", "more", "flat_one", "flat_more", "same", "statements_more", "sep_semicolon", "parenthesis", "start"]
)


def _arrange(recipe: str, parts: Any) -> list[Any]:
    """The values for an action; see make_table for the recipe."""
    out: list[Any] = []
    i = 0
    for letter in recipe:
        if letter == "n":
            out.append(None)
            continue
        if letter == "k":
            out.append(parts[i])
        elif letter == "x":
            out.extend(parts[i])
        i += 1
    return out
