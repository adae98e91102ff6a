# SPDX-License-Identifier: GPL-2.0-only
"""Which productions of the grammar a text takes: a run of the parse table that makes no tree and counts what it reduces by."""

from collections import Counter
from functools import cache

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Source
from scxdsl.syntax.lexer import tokenize
from scxdsl.syntax.make_table import GRAMMAR_PATH, productions
from scxdsl.syntax.table import table


class NotRead(Exception):
    """The text is no policy; `offset` is where the parser could not go on."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"not read at offset {offset}")
        self.offset = offset


@cache
def names() -> list[str]:
    """Every production of grammar/scx.lark as it is written there, in the order of the table's rules."""
    return productions(GRAMMAR_PATH.read_text(encoding="utf-8"))


def taken(text: str) -> Counter[str]:
    """How often each production was reduced by. Raises NotRead where the text has a syntax error."""
    made = table()
    tokens = tokenize(Source("policy.scx", text), Diagnostics())
    if tokens is None:
        raise NotRead(0)
    shown, found = names(), Counter[int]()
    kinds, newline, states, at = tokens.kinds, made.kinds["_NL"], [made.start], 0
    while True:
        state, kind = states[-1], kinds[at]
        action = made.row(state).get(kind)
        if action is None:
            if kind == newline:  # nothing can end here
                at += 1
                continue
            action = made.default(state)
            if not action:
                if state == made.end and kind == made.kinds["$END"]:
                    return Counter({shown[rule]: times for rule, times in found.items()})
                raise NotRead(tokens.starts[at])
        if action > 0:
            states.append(action - 1)
            at += 1
            continue
        rule = made.rules[-action - 1]
        found[-action - 1] += 1
        if rule.length:
            del states[-rule.length :]
        states.append(made.row(states[-1])[rule.left] - 1)
