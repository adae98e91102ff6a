# SPDX-License-Identifier: GPL-2.0-only
"""Inboxes from user space in the typed tree."""

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .typed_base import Stmt
from .typed_declarations import Variable
from .typed_expressions import BlockValue
from .types import Type

LEAST_ROOM = 16
"""Bytes that the smallest message takes in an inbox: the kernel's head of 8, and 8 more (kernel/bpf/ringbuf.c)."""


@dataclass(eq=False)
class Inbox:
    """`inbox box: Msg[64K]`: `size` in bytes, a power of two of at least a page."""

    name: str
    element: Type
    size: int
    span: Span

    @property
    def most(self) -> int:
        """How many messages one loop takes at most: as many as there is room for."""
        return self.size // LEAST_ROOM


@dataclass(eq=False, kw_only=True)
class ForInbox(Stmt):
    """`for m in box`: takes messages, oldest first, until there is none, `inbox.most` were taken, or the loop is left; each is taken
    before its turn. One that is too short, or holds an index or variant that does not exist, is dropped without a turn. `otherwise`
    runs where no `break` ended it."""

    inbox: Inbox
    variable: Variable | None
    body: BlockValue
    otherwise: BlockValue | None
