# SPDX-License-Identifier: GPL-2.0-only
"""The three families of nodes of the typed tree, and its operators."""

from enum import StrEnum

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .types import Type


class Arithmetic(StrEnum):
    ADD = "+"
    SUB = "-"
    MONUS = "-|"  # durations and times stop at 0
    MUL = "*"
    DIV = "/"
    REM = "%"
    AND = "&"
    OR = "|"
    XOR = "^"
    SHL = "<<"
    SHR = ">>"


class Relation(StrEnum):
    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(eq=False, kw_only=True)
class Expr:
    span: Span
    type: Type


@dataclass(eq=False, kw_only=True)
class Place:
    span: Span
    type: Type


@dataclass(eq=False, kw_only=True)
class Stmt:
    span: Span
