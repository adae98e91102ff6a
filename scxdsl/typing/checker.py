# SPDX-License-Identifier: GPL-2.0-only
"""State of type checking, and the doors through which the files of this folder call each other."""

from functools import singledispatch
from typing import TYPE_CHECKING

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics
from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .scope import Locals, Names
from .types import BROKEN, NOTHING, Type

if TYPE_CHECKING:
    from .modules import Modules



@dataclass
class Checker:
    """What is known while one function or initial value is checked."""

    diagnostics: Diagnostics
    target: Target
    policy: typed.Policy
    names: Names
    locals: Locals
    result: Type = NOTHING  # what `return` must give
    result_of: str = ""  # "`select_cpu`", for messages
    callback: str = ""  # the callback that is checked; empty in functions
    calls: dict[typed.Function, list[tuple[typed.Function, Span]]] = field(default_factory=dict)
    function: typed.Function | None = None
    pending: dict[str, tree.Decl] = field(default_factory=dict)  # types that are declared somewhere in the text
    later: set[str] = field(default_factory=set)  # names whose declarations come after types and constants
    misnamed: set[tuple[str, str]] = field(default_factory=set)  # members of rows that were refused for having a name of the kernel's
    opening: set[str] = field(default_factory=set)  # types whose fields are being resolved
    loops: int = 0  # loops around the place that is checked
    modules: "Modules | None" = None  # those that the whole compilation has
    prefix: str = ""  # before the names of types that a module declares: "pelt."
    asserts: list[int] | None = None  # how many asserts the test has that is checked; None outside of tests

    begins: list[typed.Stmt] = field(default_factory=list)  # what the body of the loop at hand begins with
    to_name: tree.Expr | None = None  # what an `if let` or `let … else` is about to name
    indices: bool = False  # whether a number that is written out may stand for an index: in defaults of parameters

    def report(self, item: Diagnostic) -> None:
        self.diagnostics.add(item)

    def inside(self, **changes) -> "Checker":
        """The same policy, other surroundings."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        values["locals"] = Locals(self.diagnostics, self.names)
        return Checker(**{**values, **changes})


def broken(span: Span) -> typed.Literal:
    """What stands for an expression that was reported already."""
    return typed.Literal(span=span, type=BROKEN, value=0)


@singledispatch
def expression(node: tree.Expr, c: Checker, expected: Type | None = None) -> typed.Expr:
    """The typed form of an expression. `expected` helps where the text alone does not say (`.idle`, `{}`, `none`); the
    result may still have another type: `convert.fit` compares."""
    raise TypeError(f"no typing of {type(node).__name__}")


@singledispatch
def statement(node: tree.Stmt, c: Checker) -> list[typed.Stmt]:
    raise TypeError(f"no typing of {type(node).__name__}")


@singledispatch
def declare(node: tree.Decl, c: Checker) -> None:
    """Enters a declaration's name, with all that does not need other declarations' values."""
    raise TypeError(f"no typing of {type(node).__name__}")


@singledispatch
def place(node: tree.Expr, c: Checker) -> typed.Place | None:
    """The place that an expression names; None where it names none, without a report."""
    return None
