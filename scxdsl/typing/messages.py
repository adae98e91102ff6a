# SPDX-License-Identifier: GPL-2.0-only
"""Messages with values in them: `error`, `log`, `dump`."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, expression
from .convert import settle
from .errors_declarations import TooManyValues
from .errors_types import NoSuchOperator
from .left_out import left_out
from .types import BoolType, Broken, DsqType, FlagsType, IndexType, IntType, TextType, UnitType

MOST_VALUES = 12
_PRINTABLE = (BoolType, Broken, DsqType, FlagsType, IndexType, IntType, TextType, UnitType)


def parts_of(message: tree.StringLiteral, c: Checker) -> list[str | typed.Expr]:
    """Text and values in order; values are such as the kernel can print."""
    out: list[str | typed.Expr] = []
    for part in message.parts:
        if isinstance(part, tree.StringText):
            out.append(part.text)
            continue
        value = settle(expression(part.value, c))
        if isinstance(value.type, _PRINTABLE):
            out.append(value)
        else:
            c.report(NoSuchOperator(part.span, "{…}", str(value.type)))
    count = sum(not isinstance(p, str) for p in out)
    if count > MOST_VALUES and not left_out("message_values"):
        c.report(TooManyValues(message.span, count))
    return out
