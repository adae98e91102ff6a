# SPDX-License-Identifier: GPL-2.0-only
"""Places of the typed tree: what can be read, and often written."""

from scxdsl.source.records import dataclass

from .surface import Property
from .typed_base import Expr, Place
from .typed_declarations import Global, Param, Stat, Variable


@dataclass(eq=False, kw_only=True)
class LocalPlace(Place):
    variable: Variable


@dataclass(eq=False, kw_only=True)
class ParamPlace(Place):
    param: Param


@dataclass(eq=False, kw_only=True)
class GlobalPlace(Place):
    declaration: Global


@dataclass(eq=False, kw_only=True)
class StatPlace(Place):
    stat: Stat


@dataclass(eq=False, kw_only=True)
class PropertyPlace(Place):
    """`p.vtime = …`."""

    base: Expr
    property: Property


@dataclass(eq=False, kw_only=True)
class FieldPlace(Place):
    base: Place
    field: str


@dataclass(eq=False, kw_only=True)
class IndexPlace(Place):
    """An element. `checked` where the index was not shown in range: out of range is an `error`."""

    base: Place
    index: Expr
    checked: bool
