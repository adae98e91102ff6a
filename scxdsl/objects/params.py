# SPDX-License-Identifier: GPL-2.0-only
"""Parameters of a scheduler: globals of `.rodata` with a declaration tag `scxdsl.param:{...}`, and values for them.

A value comes as text (`--set slice=5ms`) or as a TOML value; text for a structured parameter is read as a TOML value.

| type | text or TOML value |
|---|---|
| bool | true, false; also yes, no, on, off, 1, 0 |
| integers, cpu, core, llc, node | decimal, 0x, 0b, 0o; `_` between digits |
| duration | `5ms`, `1.5s`, `20us`, `7ns`, `2m`, `INF`; 0; a plain number means nanoseconds |
| time, vtime | a plain number, or a duration |
| str | text; shorter than its room by one |
| cpuset | `0-3,8`, or a list of numbers |
| [T; n], a tuple | a list of as many values |
| [T; ..n] | a list of at most n values |
| struct | a table by member; members left out keep their default |
| enum | a name; with a payload a table of one: `{ pid = 3 }`, `{ between = { min = 1, max = 5 } }`, or a list in place of the inner table |
| T? | as T; `none` for nothing, unless T is a text |
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..kernel.btf import BtfError
from .durations import TIMES, show_duration
from .encoding import Encoder, bad
from .errors import BadParameterTag, UnknownParameter
from .layout import Layout, Record, Scalar, Sequence, Text, layout_of, unpack
from .object import Object
from .shapes import ListOf, Plain, Shape, StructOf, shape_of

TAG = "scxdsl.param:"
@dataclass(frozen=True)
class Parameter:
    name: str
    type: str
    """As the policy wrote it: `duration`, `u32`, `str[16]`, …"""
    section: str
    offset: int
    layout: Layout
    least: int | None
    most: int | None
    initial: bytes
    """Its default, as it lies in the section."""
    shape: Shape | None = None
    """What the tag says of a type that is not one number or text."""

    @property
    def size(self) -> int:
        return len(self.initial)

    @property
    def default(self) -> Any:
        """The default as a Python value."""
        return unpack(self.layout, self.initial)

    def show(self, value: Any) -> str:
        """A value for people: durations with a unit, everything else as it is written in TOML."""
        if isinstance(value, bool):
            return str(value).lower()
        return show_duration(value) if isinstance(value, int) and self.type in TIMES else str(value)


def parameters(obj: Object) -> tuple[Parameter, ...]:
    """All parameters, in the order of their places. Raises BadParameterTag."""
    found = []
    for g in obj.globals:
        for tag in g.tags:
            if tag.startswith(TAG):
                assert obj.btf is not None
                initial = obj.sections[g.section][g.offset : g.offset + g.size]
                kind, least, most, shape = _tag(g.name, tag[len(TAG) :])
                try:
                    layout = layout_of(obj.btf, g.type)
                except (BtfError, RecursionError) as cause:
                    raise BadParameterTag(g.name, "its type has no size") from cause
                if layout.size != g.size:
                    raise BadParameterTag(g.name, f"its type takes {layout.size} bytes, its place {g.size}")
                found.append(Parameter(g.name, kind, g.section, g.offset, layout, least, most, initial, shape))
    return tuple(found)


def _tag(name: str, text: str) -> tuple[str, int | None, int | None, Shape | None]:
    try:
        tag = json.loads(text)
    except ValueError as cause:
        raise BadParameterTag(name, "it is no JSON") from cause
    if not isinstance(tag, dict) or not isinstance(tag.get("type"), str):
        raise BadParameterTag(name, "it names no type")
    bounds = tag.get("min"), tag.get("max")
    if any(b is not None and not isinstance(b, int) for b in bounds):
        raise BadParameterTag(name, "a bound is no whole number")
    try:
        shape = shape_of(tag["shape"]) if "shape" in tag else None
    except ValueError as cause:
        raise BadParameterTag(name, "its shape is none that is known") from cause
    return tag["type"], *bounds, shape


def find(params: tuple[Parameter, ...], name: str) -> Parameter:
    """Raises UnknownParameter."""
    for p in params:
        if p.name == name:
            return p
    error = UnknownParameter(name, tuple(p.name for p in params))
    error.path = (name,)
    raise error


def encode(param: Parameter, value: Any) -> bytes:
    """The bytes to put in the parameter's place. Raises BadValue or OutOfRange."""
    if isinstance(value, str) and not isinstance(param.layout, Scalar | Text) and param.type != "cpuset":
        value = _toml(param, value)
    shape = param.shape or _by_layout(param.layout, param.type)
    return Encoder(param.least, param.most).bytes_of(shape, param.layout, value, param.initial, (param.name,))


def _by_layout(layout: Layout, kind: str) -> Shape:
    """The shape of a type of which the tag says nothing more."""
    if kind == "cpuset":
        return Plain(kind)
    match layout:
        case Sequence(element, length):
            return ListOf(_by_layout(element, ""), length, False)
        case Record(parts=parts):
            items = next((p.layout for p in parts if isinstance(p.layout, Sequence)), None)
            if len(parts) == 2 and layout.part("len") and items is not None:
                return ListOf(_by_layout(items.element, ""), items.length, True)
            return StructOf(tuple((p.name, _by_layout(p.layout, "")) for p in parts), None)
    return Plain(kind)


def encode_all(params: tuple[Parameter, ...], settings: Mapping[str, Any]) -> dict[str, bytes]:
    """Bytes by parameter for `settings`. Raises UnknownParameter, BadValue, OutOfRange."""
    return {name: encode(find(params, name), value) for name, value in settings.items()}


def _toml(param: Parameter, text: str) -> Any:
    """Text for what holds others. A bare word is a text: the name of a variant."""
    if text.removeprefix(".").isidentifier() and text not in ("true", "false"):
        return text
    try:
        found = tomllib.loads(f"value = {text}")
        if set(found) == {"value"}:
            return found["value"]
        raise bad((param.name,), text, "a TOML value")
    except tomllib.TOMLDecodeError as cause:
        raise bad((param.name,), text, "a TOML value") from cause
