# SPDX-License-Identifier: GPL-2.0-only
"""Nodes of tests."""

from typing import TYPE_CHECKING, ClassVar

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .typed_base import Expr, Stmt

if TYPE_CHECKING:
    from .typed_expressions import BlockValue


@dataclass(eq=False)
class Test:
    """`test "title" { … }`."""

    __test__: ClassVar[bool] = False  # pytest, this is none of yours

    title: str
    span: Span
    body: "BlockValue"


@dataclass(eq=False, kw_only=True)
class Assert(Stmt):
    """Ends the test where `condition` is false. `number` counts a test's asserts from 0."""

    condition: Expr
    number: int
