# SPDX-License-Identifier: GPL-2.0-only
"""Parameters of a scheduler: globals of `.rodata` with a declaration tag `scxdsl.param:{...}`, and values for them.

A value comes as text (`--set slice=5ms`) or as a TOML value; text for a structured parameter is read as a TOML value.

| type | text or TOML value |
|---|---|
| bool | true, false; also yes, no, on, off, 1, 0 |
| integers, cpu, core, llc, node | decimal, 0x, 0b, 0o; `_` between digits |
| duration | `5ms`, `1.5s`, `20us`, `7ns`, `2m`, `INF`; 0; a plain number means nanoseconds |
| time, vtime | a plain number, or a duration |
| enum | a name or a number |
| str | text; shorter than its room by one |
| cpuset | `0-3,8`, or a list of numbers |
| [T; n] | a list of n values |
| [T; ..n] | a list of at most n values: a struct of `len` and an array of n |
| struct | a table by member; members left out keep their default |
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ..kernel.btf import BtfError
from .errors import BadParameterTag, BadValue, OutOfRange, UnknownParameter
from .layout import Layout, Record, Scalar, Sequence, Text, layout_of, unpack
from .object import Object

TAG = "scxdsl.param:"
INFINITE = (1 << 64) - 1
"""`INF`: the kernel's SCX_SLICE_INF."""

_UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000}
_TIMES = ("duration", "time", "vtime")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


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
        return show_duration(value) if isinstance(value, int) and self.type in _TIMES else str(value)


def parameters(obj: Object) -> tuple[Parameter, ...]:
    """All parameters, in the order of their places. Raises BadParameterTag."""
    found = []
    for g in obj.globals:
        for tag in g.tags:
            if tag.startswith(TAG):
                assert obj.btf is not None
                initial = obj.sections[g.section][g.offset : g.offset + g.size]
                kind, least, most = _tag(g.name, tag[len(TAG) :])
                try:
                    layout = layout_of(obj.btf, g.type)
                except (BtfError, RecursionError) as cause:
                    raise BadParameterTag(g.name, "its type has no size") from cause
                if layout.size != g.size:
                    raise BadParameterTag(g.name, f"its type takes {layout.size} bytes, its place {g.size}")
                found.append(Parameter(g.name, kind, g.section, g.offset, layout, least, most, initial))
    return tuple(found)


def _tag(name: str, text: str) -> tuple[str, int | None, int | None]:
    try:
        tag = json.loads(text)
    except ValueError as cause:
        raise BadParameterTag(name, "it is no JSON") from cause
    if not isinstance(tag, dict) or not isinstance(tag.get("type"), str):
        raise BadParameterTag(name, "it names no type")
    bounds = tag.get("min"), tag.get("max")
    if any(b is not None and not isinstance(b, int) for b in bounds):
        raise BadParameterTag(name, "a bound is no whole number")
    return tag["type"], *bounds


def find(params: tuple[Parameter, ...], name: str) -> Parameter:
    """Raises UnknownParameter."""
    for p in params:
        if p.name == name:
            return p
    raise UnknownParameter(name, tuple(p.name for p in params))


def encode(param: Parameter, value: Any) -> bytes:
    """The bytes to put in the parameter's place. Raises BadValue or OutOfRange."""
    if isinstance(value, str) and not isinstance(param.layout, Scalar | Text) and param.type != "cpuset":
        value = _toml(param, value)
    return _Encoder(param).bytes_of(param.layout, value, param.type, param.initial)


def encode_all(params: tuple[Parameter, ...], settings: Mapping[str, Any]) -> dict[str, bytes]:
    """Bytes by parameter for `settings`. Raises UnknownParameter, BadValue, OutOfRange."""
    return {name: encode(find(params, name), value) for name, value in settings.items()}


def _toml(param: Parameter, text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as cause:
        raise BadValue(param.name, text, "a TOML value") from cause


class _Encoder:
    def __init__(self, param: Parameter) -> None:
        self.param = param

    def bad(self, value: Any, expected: str) -> BadValue:
        return BadValue(self.param.name, value if isinstance(value, str) else repr(value), expected)

    def bytes_of(self, layout: Layout, value: Any, kind: str, initial: bytes) -> bytes:
        if kind == "cpuset":
            return self.cpus(value, layout.size)
        match layout:
            case Scalar():
                return self.scalar(layout, value, kind or layout.unit)
            case Text():
                return self.text(value, layout.size)
            case Sequence():
                if not isinstance(value, list) or len(value) != layout.length:
                    raise self.bad(value, f"a list of {layout.length} values")
                return b"".join(
                    self.bytes_of(layout.element, v, "", initial[i * layout.element.size :][: layout.element.size])
                    for i, v in enumerate(value)
                )
            case Record():
                return self.list_of(layout, value) if isinstance(value, list) else self.table(layout, value, initial)
        raise self.bad(value, "nothing that this version can write")

    def scalar(self, layout: Scalar, value: Any, kind: str) -> bytes:
        number = self.number(layout, value, kind)
        bits = layout.size * 8
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if layout.signed else (0, (1 << bits) - 1)
        if layout.boolean or kind == "bool":
            high = 1
        least, most = low, high
        if kind == self.param.type:
            least = max(low, self.param.least) if self.param.least is not None else low
            most = min(high, self.param.most) if self.param.most is not None else high
        if not least <= number <= most:
            show = show_duration if kind in _TIMES else str
            raise OutOfRange(self.param.name, str(value), show(least), show(most))
        return number.to_bytes(layout.size, "little", signed=number < 0)

    def number(self, layout: Scalar, value: Any, kind: str) -> int:
        if layout.boolean or kind == "bool":
            if isinstance(value, bool):
                return int(value)
            word = str(value).strip().lower()
            if word not in _TRUE + _FALSE:
                raise self.bad(value, "true or false")
            return int(word in _TRUE)
        if isinstance(value, bool):
            raise self.bad(value, "a number")
        if isinstance(value, int):
            return value
        if isinstance(value, str):
            if kind in _TIMES:
                found = read_duration(value)
                if found is None:
                    raise self.bad(value, "a duration such as 5ms, 20us or 1.5s")
                return found
            for name, number in layout.names:
                if value.lstrip(".") == name:
                    return number
            try:
                return int(value.strip(), 0)
            except ValueError:
                pass
        names = ", ".join(name for name, _ in layout.names)
        raise self.bad(value, f"one of {names}" if names else "a whole number")

    def text(self, value: Any, size: int) -> bytes:
        if not isinstance(value, str):
            raise self.bad(value, "text")
        raw = value.encode()
        if len(raw) >= size or b"\0" in raw:
            raise self.bad(value, f"text of at most {size - 1} bytes")
        return raw.ljust(size, b"\0")

    def cpus(self, value: Any, size: int) -> bytes:
        expected = "a list of CPUs such as 0-3,8"
        ranges = [str(v) for v in value] if isinstance(value, list) else str(value).split(",")
        bits = 0
        for part in ranges:
            first, dash, last = part.strip().partition("-")
            if not first.isdecimal() or (dash and not last.isdecimal()):
                if part.strip() or len(ranges) > 1:
                    raise self.bad(value, expected)
                continue
            low, high = int(first), int(last) if dash else int(first)
            if low > high:
                raise self.bad(value, expected)
            if high >= size * 8:
                raise OutOfRange(self.param.name, str(value), "0", str(size * 8 - 1))
            bits |= (1 << high + 1) - (1 << low)
        return bits.to_bytes(size, "little")

    def list_of(self, layout: Record, value: list[Any]) -> bytes:
        length, items = layout.part("len"), next((p for p in layout.parts if isinstance(p.layout, Sequence)), None)
        if length is None or items is None or len(layout.parts) != 2:
            raise self.bad(value, "a table")
        assert isinstance(items.layout, Sequence) and isinstance(length.layout, Scalar)
        if len(value) > items.layout.length:
            raise self.bad(value, f"a list of at most {items.layout.length} values")
        out = bytearray(layout.size)
        out[length.offset : length.offset + length.layout.size] = len(value).to_bytes(length.layout.size, "little")
        element = items.layout.element
        for i, v in enumerate(value):
            at = items.offset + i * element.size
            out[at : at + element.size] = self.bytes_of(element, v, "", bytes(element.size))
        return bytes(out)

    def table(self, layout: Record, value: Any, initial: bytes) -> bytes:
        if not isinstance(value, dict):
            raise self.bad(value, "a table")
        out = bytearray(initial)
        for name, v in value.items():
            part = layout.part(name)
            if part is None or part.bit_size:
                raise self.bad(value, f"a table of {', '.join(p.name for p in layout.parts)}")
            end = part.offset + part.layout.size
            out[part.offset : end] = self.bytes_of(part.layout, v, "", initial[part.offset : end])
        return bytes(out)


def read_duration(text: str) -> int | None:
    """Nanoseconds of `5ms`, `1.5s`, `INF` or a plain number; None when it is none, or no whole number of nanoseconds."""
    text = text.strip()
    if text.upper() == "INF":
        return INFINITE
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = _UNITS.get(text[len(digits) :] or "ns")
    if unit is None:
        return None
    try:
        value = Decimal(digits.strip().replace("_", "")) * unit
    except InvalidOperation:
        return None
    return int(value) if value.is_finite() and value == value.to_integral_value() else None


def show_duration(nanoseconds: int) -> str:
    """The shortest exact spelling: `20ms`, `1500us`, `INF`."""
    if nanoseconds == INFINITE:
        return "INF"
    for unit in ("s", "ms", "us"):
        if nanoseconds and nanoseconds % _UNITS[unit] == 0:
            return f"{nanoseconds // _UNITS[unit]}{unit}"
    return f"{nanoseconds}ns" if nanoseconds else "0"
