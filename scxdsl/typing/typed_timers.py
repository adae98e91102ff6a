# SPDX-License-Identifier: GPL-2.0-only
"""Timers in the typed tree."""

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .typed_base import Expr
from .typed_declarations import Variable
from .typed_expressions import BlockValue
from .typed_state import Rows


@dataclass(eq=False)
class Timer:
    """`timer t every 10ms { … }`: started in init, and again after each run; without `every` (None) the policy starts it. Of a row there is
    one for each CPU, llc, … that the machine has or row that the table has; in its body `here` is whose it is."""

    name: str
    span: Span
    rows: Rows | None = None
    here: Variable | None = None
    every: Expr | None = None
    body: BlockValue | None = None


@dataclass(eq=False, kw_only=True)
class TimerStart(Expr):
    """`t.start(d, pinned)`: runs the body once, after the delay (a duration), on this CPU where `pinned`; a timer that waits already
    waits anew. Gives whether the kernel took it."""

    timer: Timer
    base: Expr | None
    delay: Expr
    pinned: bool


@dataclass(eq=False, kw_only=True)
class TimerStop(Expr):
    """`t.stop()`: the body will not run until the next start. Never waits for a body that runs now."""

    timer: Timer
    base: Expr | None


@dataclass(eq=False, kw_only=True)
class TimerArmed(Expr):
    """`t.armed`: started, and not yet run or stopped."""

    timer: Timer
    base: Expr | None
