# SPDX-License-Identifier: GPL-2.0-only
"""What a recorded policy has besides: places where it meets what is outside of one invocation (typing/recording.py).

Each has the number of its site. They change nothing of what the policy does.
"""

from scxdsl.source.records import dataclass

from .typed_base import Expr, Place, Stmt
from .typed_declarations import Variable


@dataclass(eq=False, kw_only=True)
class Answer(Expr):
    """A value that came from outside: shared state, the kernel. A replay takes it from the record."""

    value: Expr
    site: int


@dataclass(eq=False, kw_only=True)
class Decision(Expr):
    """A value that goes out: an argument of the kernel, what is stored where others see it, a result. A replay must come to the
    same."""

    value: Expr
    site: int


@dataclass(eq=False, kw_only=True)
class Seen(Place):
    """A place that others may write meanwhile, in a compound assignment: reading it is an answer."""

    place: Place
    site: int


@dataclass(eq=False, kw_only=True)
class Began(Stmt):
    """An invocation begins here, with the values of its parameters, and ends where the block around it is left."""

    variables: list[Variable]
    site: int


@dataclass(eq=False, kw_only=True)
class Turn(Stmt):
    """A turn of a loop over what is outside: a queue, a set of CPUs, cgroups."""

    variable: Variable | None
    site: int


@dataclass(eq=False, kw_only=True)
class TurnsOver(Stmt):
    """That loop came to its end by itself."""

    site: int


@dataclass(eq=False, kw_only=True)
class Passed(Stmt):
    """A statement follows that ends the invocation."""

    site: int
