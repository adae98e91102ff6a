# SPDX-License-Identifier: GPL-2.0-only
"""Values of parameters as bytes: a text or a TOML value, by the shape of the parameter's type and its layout in memory."""

from typing import Any

from .durations import TIMES, read_duration, show_duration
from .errors import BadValue, OutOfRange, UnknownMember
from .layout import Layout, Record, Scalar, Sequence, Text
from .shapes import EnumOf, ListOf, Maybe, Plain, Shape, StructOf, TupleOf

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_INDEX = ("cpu", "core", "llc", "node")

Path = tuple[str | int, ...]


def show_path(path: Path) -> str:
    """`layers[2].slice`."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


class Encoder:
    """Writes one parameter. `least` and `most` are the limits of its number, or of the numbers in an array of them; `names` are those of
    a kernel enum."""

    def __init__(self, least: int | None, most: int | None) -> None:
        self.least, self.most = least, most

    def bytes_of(self, shape: Shape, layout: Layout, value: Any, initial: bytes, path: Path, ranged: bool = True) -> bytes:
        """The bytes of a value. `initial` is what stands there where a part is left out. Raises BadValue, OutOfRange."""
        match shape, layout:
            case Plain("cpuset"), _:
                return self._cpus(value, layout.size, path)
            case Plain(kind), Scalar():
                return self._scalar(kind, layout, value, path, ranged)
            case Plain(), Text():
                return self._text(value, layout.size, path)
            case ListOf(bounded=False), Sequence():
                return self._items(shape, layout, value, initial, path, ranged)
            case ListOf(bounded=True), Record():
                return self._some(shape, layout, value, initial, path, ranged)
            case StructOf(), Record():
                return self._struct(shape, layout, value, initial, path)
            case TupleOf(items), Record():
                names = [f"item{i}" for i in range(len(items))]
                if not isinstance(value, list) or len(value) != len(items):
                    raise bad(path, value, f"a list of {len(items)} values")
                parts = zip(names, items, value, strict=True)
                return self._put(layout, initial, [(n, s, v, (*path, i)) for i, (n, s, v) in enumerate(parts)])
            case Maybe(of), Record():
                if value == "none" and not isinstance(of, Plain):
                    return bytes(layout.size)
                if value == "none" and isinstance(of, Plain) and not of.name.startswith("str["):
                    return bytes(layout.size)
                return self._put(layout, bytes(layout.size), [("there", Plain("bool"), True, path), ("value", of, value, path)])
            case EnumOf(), Record():
                return self._variant(shape, layout, value, path)
        raise bad(path, value, "nothing that this version can write")

    def _put(self, layout: Record, initial: bytes, parts: list[tuple[str, Shape, Any, Path]]) -> bytes:
        out = bytearray(initial)
        for name, shape, value, path in parts:
            part = layout.part(name)
            if part is None or part.bit_size:
                raise bad(path, value, "a member that the object has")
            end = part.offset + part.layout.size
            out[part.offset : end] = self.bytes_of(shape, part.layout, value, bytes(out[part.offset : end]), path, ranged=False)
        return bytes(out)

    # ---- numbers and texts

    def _scalar(self, kind: str, layout: Scalar, value: Any, path: Path, ranged: bool) -> bytes:
        kind = kind or layout.unit
        number = _number(kind, layout, value, path)
        bits = layout.size * 8
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if layout.signed else (0, (1 << bits) - 1)
        if layout.boolean or kind == "bool":
            high = 1
        if kind in _INDEX:
            low = 0
        if ranged:
            low = max(low, self.least) if self.least is not None else low
            high = min(high, self.most) if self.most is not None else high
        if not low <= number <= high:
            show = show_duration if kind in TIMES else str
            raise _outside(path, value, show(low), show(high))
        return number.to_bytes(layout.size, "little", signed=number < 0)

    def _text(self, value: Any, size: int, path: Path) -> bytes:
        if not isinstance(value, str):
            raise bad(path, value, "text")
        raw = value.encode()
        if len(raw) >= size or b"\0" in raw:
            raise bad(path, value, f"text of at most {size - 1} bytes")
        return raw.ljust(size, b"\0")

    def _cpus(self, value: Any, size: int, path: Path) -> bytes:
        expected = "a list of CPUs such as 0-3,8"
        ranges = [str(v) for v in value] if isinstance(value, list) else str(value).split(",")
        bits = 0
        for part in ranges:
            first, dash, last = part.strip().partition("-")
            if not first.isdecimal() or (dash and not last.isdecimal()):
                if part.strip() or len(ranges) > 1:
                    raise bad(path, value, expected)
                continue
            low, high = int(first), int(last) if dash else int(first)
            if low > high:
                raise bad(path, value, expected)
            if high >= size * 8:
                raise _outside(path, value, "0", str(size * 8 - 1))
            bits |= (1 << high + 1) - (1 << low)
        return bits.to_bytes(size, "little")

    # ---- what holds others

    def _items(self, shape: ListOf, layout: Sequence, value: Any, initial: bytes, path: Path, ranged: bool) -> bytes:
        if not isinstance(value, list) or len(value) != layout.length:
            raise bad(path, value, f"a list of {layout.length} values")
        size, fresh = layout.element.size, _fresh(shape.of)
        parts = (fresh or initial[i * size :][:size] for i in range(layout.length))
        return b"".join(
            self.bytes_of(shape.of, layout.element, v, before, (*path, i), ranged) for i, (v, before) in enumerate(zip(value, parts, strict=True))
        )

    def _some(self, shape: ListOf, layout: Record, value: Any, initial: bytes, path: Path, ranged: bool) -> bytes:
        length, items = layout.part("len"), next((p for p in layout.parts if isinstance(p.layout, Sequence)), None)
        if length is None or items is None or len(layout.parts) != 2:
            raise bad(path, value, "a table")
        assert isinstance(items.layout, Sequence) and isinstance(length.layout, Scalar)
        if not isinstance(value, list):
            raise bad(path, value, f"a list of at most {items.layout.length} values")
        if len(value) > items.layout.length:
            raise bad(path, value, f"a list of at most {items.layout.length} values")
        out = bytearray(layout.size)
        out[length.offset : length.offset + length.layout.size] = len(value).to_bytes(length.layout.size, "little")
        element = items.layout.element
        for i, v in enumerate(value):
            at = items.offset + i * element.size
            before = _fresh(shape.of) or bytes(element.size)
            out[at : at + element.size] = self.bytes_of(shape.of, element, v, before, (*path, i), ranged)
        return bytes(out)

    def _struct(self, shape: StructOf, layout: Record, value: Any, initial: bytes, path: Path) -> bytes:
        known = dict(shape.parts)
        members = ", ".join(known)
        if not isinstance(value, dict):
            raise bad(path, value, f"a table of {members}")
        for name in value:
            if name not in known:
                error = UnknownMember(show_path(path), name, tuple(known))
                error.path = (*path, name)
                raise error
        return self._put(layout, initial, [(name, known[name], v, (*path, name)) for name, v in value.items()])

    def _variant(self, shape: EnumOf, layout: Record, value: Any, path: Path) -> bytes:
        """A name, or a table of one member: the name, with the payload."""
        name, payload = value, None
        if isinstance(value, dict) and len(value) == 1:
            ((name, payload),) = value.items()
        name = name.removeprefix(".") if isinstance(name, str) else name
        at = next((i for i, (known, _) in enumerate(shape.variants) if known == name), None)
        if at is None:
            raise bad(path, value, "one of " + ", ".join(_written(n, p) for n, p in shape.variants))
        parts = shape.variants[at][1]
        expected = _written(name, parts)
        if not parts and payload is not None or parts and payload is None:
            raise bad(path, value, expected)
        inner: Path = (*path, name)
        if payload is None:
            given: dict[str, Any] = {}
        elif isinstance(payload, dict) and set(payload) == {n for n, _ in parts}:
            given = payload
        elif len(parts) == 1:
            given = {parts[0][0]: payload}
        elif isinstance(payload, list) and len(payload) == len(parts):
            given = {n: v for (n, _), v in zip(parts, payload, strict=True)}
        else:
            raise bad(inner, payload, expected)
        known = dict(parts)
        tag = layout.parts[0]
        out = bytearray(layout.size)
        out[tag.offset : tag.offset + tag.layout.size] = at.to_bytes(tag.layout.size, "little")
        return self._put(layout, bytes(out), [(f"{name}_{n}", known[n], v, (*inner, n) if len(parts) > 1 else inner) for n, v in given.items()])


def _written(name: str, parts: tuple[tuple[str, Shape], ...]) -> str:
    """How a variant stands in TOML."""
    if not parts:
        return f'"{name}"'
    if len(parts) == 1:
        return f"{{ {name} = … }}"
    return f"{{ {name} = {{ {', '.join(f'{n} = …' for n, _ in parts)} }} }}"


def _fresh(shape: Shape) -> bytes | None:
    return shape.initial if isinstance(shape, StructOf) else None


def bad(path: Path, value: Any, expected: str) -> BadValue:
    error = BadValue(show_path(path), value if isinstance(value, str) else repr(value), expected)
    error.path = path
    return error


def _outside(path: Path, value: Any, least: str, most: str) -> OutOfRange:
    error = OutOfRange(show_path(path), str(value), least, most)
    error.path = path
    return error


def _number(kind: str, layout: Scalar, value: Any, path: Path) -> int:
    if layout.boolean or kind == "bool":
        if isinstance(value, bool):
            return int(value)
        word = str(value).strip().lower()
        if word not in _TRUE + _FALSE:
            raise bad(path, value, "true or false")
        return int(word in _TRUE)
    if isinstance(value, bool):
        raise bad(path, value, "a number")
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        if kind in TIMES:
            found = read_duration(value)
            if found is None:
                raise bad(path, value, "a duration such as 5ms, 20us or 1.5s")
            return found
        for name, number in layout.names:
            if value.lstrip(".") == name:
                return number
        try:
            return int(value.strip(), 0)
        except ValueError:
            pass
    names = ", ".join(name for name, _ in layout.names)
    raise bad(path, value, f"one of {names}" if names else "a duration such as 5ms" if kind in TIMES else "a whole number")
