# SPDX-License-Identifier: GPL-2.0-only
"""Numbers as they are written, and what stands for characters and lines that other languages have."""

import re

_INT = re.compile(r"(?:[0-9][0-9_]*[KMG]?|0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+)$")
_DURATION = re.compile(r"([0-9][0-9_]*)(?:ns|us|ms|s)$")
_VERSION = re.compile(r"[0-9]+\.[0-9]+(?:\.[0-9]+)?$")


def number_terminal(text: str) -> str:
    """The terminal for a word that begins with a digit; what is not well formed counts as an integer."""
    return "VERSION" if _VERSION.match(text) else "DURATION" if _DURATION.match(text) else "INT"


def number_value(text: str) -> int:
    """The value of a well-formed INT; a duration's in nanoseconds; 0 for what is not well formed."""
    found = _DURATION.match(text)
    if found:
        unit = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}[text[found.end(1) :]]
        return _decimal(found[1]) * unit
    if not _INT.match(text):
        return 0
    if text[0] == "0" and len(text) > 1 and text[1] in "xob":
        digits = text[2:].replace("_", "")
        return int(digits, {"x": 16, "o": 8, "b": 2}[text[1]]) if digits else 0
    factor = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(text[-1], 1)
    return _decimal(text.rstrip("KMG")) * factor


def _decimal(digits: str) -> int:
    digits = digits.replace("_", "")
    return int(digits) if len(digits) <= 100 else 1 << 64  # int() refuses very long ones


def number_problem(text: str) -> tuple[str, str] | None:
    """(reason, hint) where a number is not well formed or too large."""
    if _VERSION.match(text):
        return None
    if _DURATION.match(text) or _INT.match(text):
        if number_value(text) < 1 << 64:
            return None
        return "more than 64 bits hold", "the largest number is 18446744073709551615"
    if re.match(r"[0-9]+\.[0-9]", text):
        return "there are no fractions", "use a smaller unit: `1500us` for 1.5ms"
    if re.match(r"0[xX]", text):
        return "not a hexadecimal number", "write `0x` and digits 0-9, a-f"
    if re.match(r"0[bBoO]", text):
        return "not a number to the base 2 or 8", "write `0b` and digits 0-1, `0o` and digits 0-7"
    unit = text.lstrip("0123456789_")
    if unit.lower() in ("u", "l", "ul", "ll", "ull", "lu", "llu"):
        return "numbers have no suffix for their type", f"write `{text[: -len(unit)]}`, with `as T` where a type is needed"
    hints = {"m": "a minute is `60s`, a millisecond `1ms`", "min": "a minute is `60s`", "h": "an hour is `3600s`",
             "sec": "seconds are `s`", "msec": "milliseconds are `ms`", "usec": "microseconds are `us`",
             "nsec": "nanoseconds are `ns`", "k": "1024 is `1K`", "KB": "1024 is `1K`", "MB": "1024 * 1024 is `1M`"}  # fmt: skip
    return f"`{unit}` is no unit", hints.get(unit, "durations end in `ns`, `us`, `ms` or `s`; sizes in `K`, `M` or `G`")


# what word processors and keyboards put in the place of operators
LOOK_ALIKE = {
    "\N{EM DASH}": "-", "\N{EN DASH}": "-", "\N{MINUS SIGN}": "-", "\N{MULTIPLICATION SIGN}": "*",
    "\N{NOT EQUAL TO}": "!=", "\N{LESS-THAN OR EQUAL TO}": "<=", "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{NO-BREAK SPACE}": " ", "\N{HORIZONTAL ELLIPSIS}": "..",
}  # fmt: skip


def instead_of(word: str) -> str:
    """What to do where C would use the preprocessor."""
    return {
        "#include": "the kernel's names are built in; `use` brings modules",
        "#define": "write `const NAME = value`",
        "#if": "write `if kernel has X { … }`",
        "#ifdef": "write `if kernel has X { … }`",
        "#ifndef": "write `if kernel has X { … }`",
    }.get(word, "remove it")


_FRACTION = re.compile(r"(\d+)\.(\d{1,3})(s|ms|us)")
_SUFFIX = re.compile(r"(\d+|0x[0-9a-fA-F]+)[uUlL]{1,3}")
_LONG_UNIT = re.compile(r"(\d+)(min|h|sec|msec|usec|nsec)")


def number_meant(text: str) -> str:
    """How a number of another language is written here, empty where that is not certain: `1500us` for 1.5ms, `5` for 5ul, `60s` for 1min."""
    fraction, suffix, unit = _FRACTION.fullmatch(text), _SUFFIX.fullmatch(text), _LONG_UNIT.fullmatch(text)
    if fraction:
        smaller = {"s": "ms", "ms": "us", "us": "ns"}[fraction[3]]
        return f"{int(fraction[1]) * 1000 + int(fraction[2].ljust(3, '0'))}{smaller}"
    if suffix:
        return suffix[1]
    if unit:
        seconds = {"min": 60, "h": 3600}.get(unit[2])
        return f"{int(unit[1]) * seconds}s" if seconds else unit[1] + unit[2].removesuffix("ec")
    return ""
