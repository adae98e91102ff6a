# SPDX-License-Identifier: GPL-2.0-only
"""The wrong compilations by name; each is what a careless change of lowering or codegen could be."""

from collections.abc import Callable
from typing import Any

from planting import Plant

MUTANTS: dict[str, Callable[[Plant], None]] = {}


def mutant(make: Callable[[Plant], None]) -> Callable[[Plant], None]:
    MUTANTS[make.__name__] = make
    return make


def table(name: str, table: dict[Any, Any], key: Any, wrong: Any) -> None:
    def make(p: Plant) -> None:
        p.item(table, key, wrong)

    make.__name__ = name
    mutant(make)


def replace_node(node: Any, **changes: Any) -> Any:
    """A copy of a typed node with other parts."""
    fields = {name: getattr(node, name) for name in node.__dataclass_fields__}
    return type(node)(**{**fields, **changes})
