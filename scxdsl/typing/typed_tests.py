# SPDX-License-Identifier: GPL-2.0-only
"""Nodes of tests."""

from typing import TYPE_CHECKING, ClassVar

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .typed_base import Expr, Stmt

if TYPE_CHECKING:
    from .typed_declarations import Callback
    from .typed_expressions import BlockValue
    from .typed_inboxes import Inbox
    from .typed_programs import Command
    from .typed_rings import Ring


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


@dataclass(eq=False, kw_only=True)
class TestSpawn(Expr):
    """`spawn(nice: n)`: a task that the policy was told of, and that sleeps."""

    __test__: ClassVar[bool] = False

    nice: Expr


@dataclass(eq=False, kw_only=True)
class TestCallback(Expr):
    """A callback of the policy, called as the kernel would, with an argument for each of its parameters."""

    __test__: ClassVar[bool] = False

    callback: "Callback"
    arguments: list[Expr]


@dataclass(eq=False, kw_only=True)
class TestCommand(Expr):
    """A command of the policy: its result, or none where it failed; of one that gives nothing whether it succeeded."""

    __test__: ClassVar[bool] = False

    command: "Command"
    arguments: list[Expr]


@dataclass(eq=False, kw_only=True)
class InboxFeed(Expr):
    """`box.feed(m)`: false where the inbox is full."""

    inbox: "Inbox"
    value: Expr


@dataclass(eq=False, kw_only=True)
class RingTake(Expr):
    """`out.take()`: the oldest element, or none."""

    ring: "Ring"
