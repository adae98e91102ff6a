# SPDX-License-Identifier: GPL-2.0-only
"""IR types in LLVM's words: what a register holds, what lies in memory, how a narrow value crosses a call."""

from scxdsl.ir.types import Array, Bool, Char, Enum, Int, Pointer, Struct, Type, Void


def register(t: Type) -> str:
    """The type of a value: truth values are one bit. Raises TypeError for what no register holds."""
    match t:
        case Int() | Enum():
            return f"i{t.bits}"
        case Bool():
            return "i1"
        case Char():
            return "i8"
        case Pointer():
            return "ptr"
        case Void():
            return "void"
    raise TypeError(f"{t} does not fit a register")


def memory(t: Type) -> str:
    """The type of a place: truth values are one byte, structs and arrays are named or counted."""
    match t:
        case Bool():
            return "i8"
        case Array():
            return f"[{t.length} x {memory(t.of)}]"
        case Struct():
            return struct_name(t.name) if t.name else "{ " + ", ".join(memory(f.type) for f in t.fields) + " }"
    return register(t)


def struct_name(name: str) -> str:
    return f'%"struct.{name}"'


def extension(t: Type) -> str:
    """The attribute, with its blank, by which a value narrower than 32 bits crosses a call in a known form."""
    match t:
        case Bool() | Char():
            return "zeroext "
        case Int() | Enum() if t.bits < 32:
            return "signext " if t.signed else "zeroext "
    return ""


def constant(t: Type, value: int) -> str:
    """A constant of a register type. Integers are written signed: LLVM's reader takes no more bits than the type has."""
    match t:
        case Bool():
            return "true" if value else "false"
        case Pointer():
            return "null"
        case Int() | Enum() | Char():
            bits = t.size * 8
            value &= (1 << bits) - 1
            return str(value - (1 << bits) if value >> (bits - 1) else value)
    raise TypeError(f"{t} has no constants")
