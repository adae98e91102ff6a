# SPDX-License-Identifier: GPL-2.0-only
"""What the declaration tag of a parameter says of its type (docs/objects.md), as values; layouts say where the bytes lie."""

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Plain:
    """One number, text or cpuset: `u32`, `duration`, `bool`, `cpu`, `str[16]`, `cpuset`."""

    name: str


@dataclass(frozen=True)
class ListOf:
    of: "Shape"
    length: int
    bounded: bool
    """May hold fewer: a length lies before the elements."""


@dataclass(frozen=True)
class TupleOf:
    items: tuple["Shape", ...]


@dataclass(frozen=True)
class Maybe:
    of: "Shape"


@dataclass(frozen=True)
class StructOf:
    parts: tuple[tuple[str, "Shape"], ...]
    initial: bytes | None
    """One with all its defaults; None where all are zero."""


@dataclass(frozen=True)
class EnumOf:
    variants: tuple[tuple[str, tuple[tuple[str, "Shape"], ...]], ...]


Shape: TypeAlias = Plain | ListOf | TupleOf | Maybe | StructOf | EnumOf


def shape_of(found: Any) -> Shape:
    """Reads the tag's form. Raises ValueError for any other."""
    try:
        return _shape(found)
    except (TypeError, KeyError, AttributeError) as cause:
        raise ValueError(str(cause)) from cause


def _shape(found: Any) -> Shape:
    if isinstance(found, str):
        return Plain(found)
    for key, bounded in (("count", False), ("most", True)):
        if key in found:
            return ListOf(_shape(found["of"]), int(found[key]), bounded)
    if "tuple" in found:
        return TupleOf(tuple(_shape(item) for item in found["tuple"]))
    if "maybe" in found:
        return Maybe(_shape(found["maybe"]))
    if "struct" in found:
        initial = found.get("bytes")
        return StructOf(_parts(found["struct"]), None if initial is None else bytes.fromhex(initial))
    return EnumOf(tuple((str(name), _parts(parts)) for name, parts in found["enum"]))


def _parts(found: Any) -> tuple[tuple[str, Shape], ...]:
    return tuple((str(name), _shape(of)) for name, of in found)
