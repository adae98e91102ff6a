# SPDX-License-Identifier: GPL-2.0-only
"""The typed tree as text, for `scxdsl build --emit types`: one node a line, indented by its depth, expressions with their type.

    on select_cpu(p: task, prev: cpu, wake: wake flags) -> cpu
      BlockValue: cpu
        Let targets=[cpu, idle]
          value: KernelCall: (cpu, bool) operation=select_cpu_dfl

Nodes know no names of their own kind here: their fields are read, so a new node needs no line in this file.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from scxdsl.source.text import Source, Span

from . import typed
from .types import Type

_NODES = (typed.Expr, typed.Place, typed.Stmt)
_PARTS = ("params", "globals", "stats", "dsqs", "tables", "structs", "enums", "flags")


def dump(policy: typed.Policy) -> str:
    """The whole policy. Ends in a newline."""
    return "\n".join(_policy(policy)) + "\n"


def _policy(policy: typed.Policy) -> Iterator[str]:
    rest = {f.name: getattr(policy, f.name) for f in fields(policy) if f.name in ("kernels", "timeout_ms", "batch")}
    yield " ".join([f"scheduler {policy.name}", *(f"{k}={v}" for k, v in rest.items() if v is not None)])
    for part in _PARTS:
        for item in getattr(policy, part):
            yield _flat(type(item).__name__, item)
    for function in policy.functions:
        yield f"fn {function.name}{_signature(function)}"
        if function.body is not None:
            yield from _tree("", function.body, 1)
    for callback in policy.callbacks:
        yield f"on {callback.name}{_signature(callback)}"
        yield from _tree("", callback.body, 1)
    for hook in policy.hooks:
        yield f"hook {hook.kind} {hook.target}({', '.join(f'{p.name}: {p.type}' for p in hook.params)})"
        yield from _tree("", hook.body, 1)
    for command in policy.commands:
        yield f"command {command.name}{_signature(command)}"
        if command.body is not None:
            yield from _tree("", command.body, 1)


def _signature(item: typed.Function | typed.Callback | typed.Command) -> str:
    params = ", ".join(f"{p.name}: {p.type}" for p in item.params)
    return f"({params}) -> {item.result}"


def _flat(head: str, item: Any) -> str:
    """A thing without nodes on one line."""
    parts = [f"{f.name}={_plain(v)}" for f in fields(item) if not _dull(v := getattr(item, f.name))]
    return " ".join([head, *parts])


def _dull(value: Any) -> bool:
    return value is None or value is False or isinstance(value, Span | Source) or value in ([], ())


def _tree(label: str, node: Any, depth: int) -> Iterator[str]:
    # a stack, since trees may be deeper than Python's own
    todo: list[tuple[str, Any, int]] = [(label, node, depth)]
    while todo:
        label, node, depth = todo.pop()
        head = "  " * depth + (f"{label}: " if label else "")
        if isinstance(node, list | tuple):
            yield f"{head}[{len(node)}]"
            todo += [("", item, depth + 1) for item in reversed(node)]
            continue
        if not is_dataclass(node):
            yield head + _plain(node)
            continue
        kind = getattr(node, "type", None)
        inline = [type(node).__name__ + (f": {kind}" if isinstance(kind, Type) else "")]
        below: list[tuple[str, Any, int]] = []
        for f in fields(node):
            value = getattr(node, f.name)
            if f.name == "type" or _dull(value):
                continue
            if _holds_nodes(value):
                below.append((f.name, value, depth + 1))
            else:
                inline.append(f"{f.name}={_plain(value)}")
        yield head + " ".join(inline)
        todo += reversed(below)


def _holds_nodes(value: Any) -> bool:
    """Nodes, lists of them, and what the tree puts between (arms of a match, pairs)."""
    if isinstance(value, _NODES):
        return True
    if isinstance(value, list | tuple):
        return any(_holds_nodes(v) for v in value)
    own = is_dataclass(value) and not isinstance(value, Type) and not hasattr(value, "name")
    return own and any(_holds_nodes(getattr(value, f.name)) for f in fields(value))


def _plain(value: Any) -> str:
    """A declaration by its name, everything else as it is written."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_plain(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Type):
        return str(value)
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return name
    if is_dataclass(value):
        return _flat(type(value).__name__, value)
    return repr(value)
