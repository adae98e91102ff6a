# SPDX-License-Identifier: GPL-2.0-only
"""Rings to user space in the typed tree."""

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .typed_base import Expr, Stmt
from .types import Type


@dataclass(eq=False)
class Ring:
    """`ring out: Event[256K]`: `size` in bytes, a power of two of at least a page."""

    name: str
    element: Type
    size: int
    span: Span


@dataclass(eq=False, kw_only=True)
class RingSend(Expr):
    """`out.send(e)`: false where the ring is full, and the element is lost."""

    ring: Ring
    value: Expr


@dataclass(eq=False, kw_only=True)
class RingPending(Expr):
    """`out.pending`: bytes that user space has not taken yet, with the kernel's head of 8 bytes for each element."""

    ring: Ring


@dataclass(eq=False, kw_only=True)
class RingReserve(Expr):
    """`out.reserve()`: a place in the ring, all zero, or none where the ring is full. It is sent at the end of the block that it was opened
    in. `lost` is done where there is no room and the author looks away (ignored.py)."""

    ring: Ring
    lost: Stmt | None = None
