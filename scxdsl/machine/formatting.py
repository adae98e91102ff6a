# SPDX-License-Identifier: GPL-2.0-only
"""Text by a format, as bpf_snprintf and scx_bpf_error_bstr make it (kernel/bpf/helpers.c: bpf_bprintf_prepare)."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .errors import BadArgument
from .memory import Ptr, as_pointer, text

_FIELD = re.compile(r"%([-+ 0#]*)(\d*)(?:\.(\d+))?(hh|h|ll|l|z|)([diuxXocsp%])(?:([ks])(?=\W|$))?")
_BITS = {"hh": 8, "h": 16, "": 32, "l": 64, "ll": 64, "z": 64}


def format_text(form: Any, data: Any, size: int) -> str:
    """`form` points at the format; `data` points at 64-bit values, `size` bytes of them, or is a sequence of registers.

    Raises BadArgument for a format that the kernel refuses, or that wants more values than there are.
    """
    pattern = text(form)
    values = iter(data) if isinstance(data, Sequence) else _values(data, size)

    def one(found: re.Match[str]) -> str:
        flags, width, precision, length, kind, _ = found.groups()
        if kind == "%":
            return "%"
        try:
            value = next(values)
        except StopIteration:
            raise BadArgument("format", f"`{pattern}` wants more values than there are") from None
        return _one(flags, width, precision, _BITS[length], kind, value)

    return _FIELD.sub(one, pattern)


def _values(data: Any, size: int) -> Iterator[Any]:
    if size:
        p = as_pointer(data, "the values to format")
        for at in range(0, size, 8):
            yield p.region.load64(p.offset + at)


def _one(flags: str, width: str, precision: str | None, bits: int, kind: str, value: Any) -> str:
    if kind == "s":
        shown = text(value) if value != 0 else "(null)"
        shown = shown[: int(precision)] if precision else shown
    elif kind == "p":
        shown = f"{id(value.region) if isinstance(value, Ptr) else value:016x}"
    elif isinstance(value, int):
        value &= (1 << bits) - 1
        if kind in "di" and value >> bits - 1:
            value -= 1 << bits
        spelled = {"d": "d", "i": "d", "u": "d", "x": "x", "X": "X", "o": "o", "c": "c"}[kind]
        shown = chr(value & 0xFF) if kind == "c" else format(value, ("#" if "#" in flags else "") + spelled)
        if "0" in flags and "-" not in flags and width:
            return shown.zfill(int(width))
    else:
        raise BadArgument("format", f"{value} is formatted as a number")
    return shown.ljust(int(width)) if "-" in flags and width else shown.rjust(int(width or 0))
