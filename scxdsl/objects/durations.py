# SPDX-License-Identifier: GPL-2.0-only
"""Durations as people write them."""

from decimal import Decimal, InvalidOperation

INFINITE = (1 << 64) - 1
"""`INF`: the kernel's SCX_SLICE_INF."""

TIMES = ("duration", "time", "vtime")
_UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000}


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
