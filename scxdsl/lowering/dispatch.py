# SPDX-License-Identifier: GPL-2.0-only
"""The doors through which the files of this folder call each other: one function for each family of nodes, to which every
file adds the nodes it knows."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any

from scxdsl.typing import typed

from .context import FunctionContext
from .values import Lowered


@singledispatch
def expression(node: typed.Expr, f: FunctionContext) -> Lowered:
    """Code that computes the node, and where its value is."""
    raise TypeError(f"no lowering for {type(node).__name__}")


IN_MEMORY: dict[type, Callable[[Any, FunctionContext], Lowered]] = {}
"""Literals of types that lie in memory, and conversions to them, by the type; the files of these types add theirs."""


@singledispatch
def read(place: typed.Place, f: FunctionContext) -> Lowered:
    """The value in a place: one load."""
    raise TypeError(f"no reading of {type(place).__name__}")


@singledispatch
def locate(place: typed.Place, f: FunctionContext) -> "Target":
    """Evaluates what the place needs (bases, indices) and says how to read and write it."""
    raise TypeError(f"no writing to {type(place).__name__}")


@singledispatch
def statement(node: typed.Stmt, f: FunctionContext) -> None:
    raise TypeError(f"no lowering for {type(node).__name__}")


class Target:
    """A located place."""

    def read(self, f: FunctionContext) -> Lowered:
        raise NotImplementedError

    def write(self, f: FunctionContext, value: Lowered) -> None:
        raise NotImplementedError


def value(node: typed.Expr, f: FunctionContext) -> Lowered:
    """`expression`, blamed on the node's own text."""
    with f.build.at(node.span):
        return expression(node, f)


