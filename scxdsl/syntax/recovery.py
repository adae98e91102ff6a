# SPDX-License-Identifier: GPL-2.0-only
"""What the parser does at a token that does not fit: a habit from another language is named and mended in the token list; for
anything else the rest of the statement, member or declaration is given up.
"""

from typing import TYPE_CHECKING

from scxdsl.source.text import Span

from .errors_syntax import Unexpected
from .expectation import describe_expected, describe_found, hint_for
from .habits import HABITS
from .mistake import Mistake

if TYPE_CHECKING:
    from .parser import Machine

MAX_RECOVERIES = 100  # after so many the text is not a policy; more findings would help nobody


def recover(machine: "Machine") -> None:
    """Report, and leave the machine where it can go on."""
    machine.recoveries += 1
    stuck = machine.at <= machine.recovered_at
    machine.recovered_at = machine.at
    if machine.recoveries > MAX_RECOVERIES or (stuck and machine.kind_at() == "$END"):
        machine.stopped = True
        return
    if stuck:
        machine.stuck += 1
        if machine.stuck > 3:
            machine.at += 1
            machine.stuck = 0
            return
    mistake = Mistake(machine)
    if not _explained(mistake):
        for habit in HABITS:
            if habit(mistake):
                return
        mistake.report(
            Unexpected(
                _place(mistake),
                describe_expected(mistake),
                describe_found(mistake),
                _where(mistake),
                hint_for(mistake),
            )
        )
    mistake.give_up()


def _explained(mistake: Mistake) -> bool:
    """The lexer has reported something in the statement already, before this place."""
    tokens = mistake.tokens
    at = min(mistake.at, len(tokens.kinds) - 1)
    if tokens.damaged:
        first, last = tokens.starts[min(mistake.start, at)], tokens.ends[at]
        line = tokens.source.text.rfind("\n", 0, first) + 1
        if any(line <= offset <= last for offset in tokens.damaged):
            return True
    unclosed = tokens.unclosed
    return bool(unclosed) and any(tokens.starts[i] in unclosed for i in range(mistake.start, at + 1))


def _place(mistake: Mistake) -> Span:
    """The token that does not fit; where a line or the file ends, the end of the token before."""
    if mistake.kind(mistake.at) in ("_NL", "$END") and mistake.at > 0:
        end = mistake.tokens.ends[mistake.at - 1]
        return Span(mistake.tokens.source, end, end)
    return mistake.span(mistake.at)


def _where(mistake: Mistake) -> str:
    before = mistake.at - 1
    if before < 0 or mistake.kind(before) in ("_NL", "_TEXT", "SEMICOLON"):
        return "not possible here"
    text = mistake.text(before)
    return f"not possible after `{text}`" if 0 < len(text) <= 30 else "not possible here"
