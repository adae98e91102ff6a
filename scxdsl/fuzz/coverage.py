# SPDX-License-Identifier: GPL-2.0-only
"""Which forms of the language the generated policies have, counted on the typed tree."""

from collections import Counter
from dataclasses import fields, is_dataclass
from typing import Any

from scxdsl.typing import typed


def forms(policy: typed.Policy) -> Counter[str]:
    """How often each kind of node, operation and property occurs."""
    found: Counter[str] = Counter()
    seen: set[int] = set()

    def visit(value: Any) -> None:
        if isinstance(value, list | tuple):
            for item in value:
                visit(item)
            return
        if isinstance(value, typed.Expr | typed.Stmt | typed.Place) or type(value).__module__.startswith("scxdsl.typing.typed"):
            if id(value) in seen or not (is_dataclass(value) or hasattr(value, "__dataclass_fields__")):
                return
            seen.add(id(value))
            found[type(value).__name__] += 1
            _details(value, found)
            for f in fields(value):
                if f.name not in ("span", "type"):
                    visit(getattr(value, f.name))

    visit(policy.functions)
    visit(policy.callbacks)
    visit(policy.hooks)
    visit(policy.commands)
    for declared in (*policy.params, *policy.globals, *policy.stats, *policy.dsqs, *policy.rings, *policy.inboxes):
        found[type(declared).__name__] += 1
    return found


def _details(node: Any, found: Counter[str]) -> None:
    match node:
        case typed.KernelCall():
            found[f"call {node.operation.key}"] += 1
        case typed.GetProperty() | typed.PropertyPlace():
            found[f"property {node.property.key}"] += 1
        case typed.Binary() | typed.Update():
            found[f"operator {node.op}"] += 1
        case typed.Compare():
            found[f"relation {node.relation}"] += 1
