# SPDX-License-Identifier: GPL-2.0-only
"""The tree as text, for `--emit tree` and for comparing trees."""

from dataclasses import fields
from enum import Enum
from typing import Any

from scxdsl.source.text import Span

from .tree_base import Name, Node


def dump(tree: Node, spans: bool = False) -> str:
    """One node a line, indented by its depth, members by name: `value: IntLiteral value=64`. With `spans` each line ends in
    the place `@line:column-line:column`. Names, docs and plain values stand on their node's line. Ends in a newline.

    Two trees have the same dump exactly if they differ in nothing but spans.
    """
    lines: list[str] = []
    # a stack instead of recursion: trees may be deeper than Python's own stack
    todo: list[tuple[int, str, Any]] = [(0, "", tree)]
    while todo:
        depth, label, item = todo.pop()
        head = "  " * depth + (f"{label}: " if label else "")
        if isinstance(item, tuple):
            lines.append(f"{head}[{len(item)}]")
            todo += [(depth + 1, "", part) for part in reversed(item)]
            continue
        if not isinstance(item, Node):
            lines.append(head + _plain(item))
            continue
        inline, below = [type(item).__name__], []
        for field in fields(item):  # type: ignore[arg-type]
            value = getattr(item, field.name)
            if isinstance(value, Span) or value == () or value is None:
                continue
            if isinstance(value, tuple | Node) and not isinstance(value, Name):
                if isinstance(value, Node) and type(value).__name__ == "Doc":
                    inline.append(f"doc={value.text!r}")  # type: ignore[attr-defined]
                else:
                    below.append((depth + 1, field.name, value))
            else:
                inline.append(f"{field.name}={_plain(value)}")
        if spans:
            end = item.span.source.position(item.span.end)
            inline.append(f"@{item.span.line}:{item.span.column}-{end[0]}:{end[1]}")
        lines.append(head + " ".join(inline))
        todo += reversed(below)
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, Name):
        return value.text
    if isinstance(value, Enum):
        return str(value.value)
    return repr(value)
