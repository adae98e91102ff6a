# SPDX-License-Identifier: GPL-2.0-only
"""The doors through which the files of this folder call each other: each family of nodes becomes Python closures, once.

A closure gets the frame: a list with a room for each variable of the function. Values are Python's: ints in the range of their type
(signed ones negative), bools, lists for structs and arrays (copied where the language copies), tuples, `Task` and other
objects of the model, None for `none`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from scxdsl.typing import typed

from .context import Context

Frame = list[Any]
Eval = Callable[[Frame], Any]
Exec = Callable[[Frame], None]


@dataclass(frozen=True, slots=True)
class Where:
    """A place: `locate` evaluates its bases and indices and gives a token, with which it is read and written."""

    locate: Callable[[Frame], Any]
    read: Callable[[Frame, Any], Any]
    write: Callable[[Frame, Any, Any], None]


@singledispatch
def expression(node: typed.Expr, c: Context) -> Eval:
    """What gives the node's value."""
    raise TypeError(f"the interpreter does not know {type(node).__name__}")


@singledispatch
def statement(node: typed.Stmt, c: Context) -> Exec:
    raise TypeError(f"the interpreter does not know {type(node).__name__}")


@singledispatch
def place(node: typed.Place, c: Context) -> Where:
    raise TypeError(f"the interpreter does not know {type(node).__name__}")
