# SPDX-License-Identifier: GPL-2.0-only
"""What translated functions call, and the way from a Python exception back to the instruction."""

import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn

from ..objects.instruction import Form, Instruction
from . import alu
from .errors import BadRelocation, Endless, Fault, NotAPointer, Place, UndefinedHere, Uninitialised, UnknownCall
from .memory import Nothing, Ptr, Stack, as_pointer

TURN_LIMIT = 1 << 23
"""Turns of all loops in one call of a function: the kernel's BPF_MAX_LOOPS (include/linux/bpf.h)."""


def _turns_out(turns: int) -> NoReturn:
    raise Endless(turns)


def _poison(text: str) -> NoReturn:
    raise BadRelocation(text)


def _not_here(what: str) -> NoReturn:
    raise UndefinedHere(what)


def _unknown_call(what: object) -> NoReturn:
    raise UnknownCall(f"helper {what}" if isinstance(what, int) else str(what))


def _atomic(change: Callable[[int, int], int]) -> Callable[[Any, int, Any, int], Any]:
    def operation(pointer: Any, offset: int, value: Any, width: int) -> Any:
        p = as_pointer(pointer)
        at, mask = p.offset + offset, (1 << width) - 1
        old = getattr(p.region, f"load{width}")(at)
        getattr(p.region, f"store{width}")(at, change(old, value & mask) & mask)
        return old

    return operation


def _xchg(pointer: Any, offset: int, value: Any, width: int) -> Any:
    p = as_pointer(pointer)
    at = p.offset + offset
    old = getattr(p.region, f"load{width}")(at)
    getattr(p.region, f"store{width}")(at, value if width == 64 else value & alu.M32)
    return old


def _cmpxchg(pointer: Any, offset: int, value: Any, width: int, expected: Any) -> Any:
    p = as_pointer(pointer)
    at, mask = p.offset + offset, (1 << width) - 1
    old = getattr(p.region, f"load{width}")(at)
    if old == (expected & mask):
        getattr(p.region, f"store{width}")(at, value if width == 64 else value & mask)
    return old


NAMES: dict[str, Any] = {
    **alu.FUNCTIONS,
    "Ptr": Ptr,
    "Stack": Stack,
    "Nothing": Nothing,
    "turns_out": _turns_out,
    "poison": _poison,
    "not_here": _not_here,
    "unknown_call": _unknown_call,
    "atomic_add": _atomic(lambda a, b: a + b),
    "atomic_or": _atomic(lambda a, b: a | b),
    "atomic_and": _atomic(lambda a, b: a & b),
    "atomic_xor": _atomic(lambda a, b: a ^ b),
    "atomic_xchg": _xchg,
    "atomic_cmpxchg": _cmpxchg,
    "turn_limit": TURN_LIMIT,
}
"""Names that every translated function may use."""

_PREFIX = "<bpf "


@dataclass(frozen=True)
class Origin:
    """Where the lines of one translated function stem from."""

    name: str
    """Of the BPF function."""
    slots: tuple[int, ...]
    instructions: dict[int, Instruction]
    line_of: Callable[[int], str]
    """`FILE:LINE` of a slot, or empty."""


class Origins:
    """The translated functions of one machine."""

    _count = 0

    def __init__(self) -> None:
        self._known: dict[str, Origin] = {}

    def add(self, origin: Origin, source: str) -> str:
        """The file name to compile `source` under."""
        Origins._count += 1
        name = f"{_PREFIX}{Origins._count} {origin.name}>"
        self._known[name] = origin
        linecache.cache.pop(name, None)
        return name

    def places(self, trace: TracebackType | None) -> tuple[Place, ...]:
        """The BPF call chain of a traceback, innermost first."""
        found = [
            Place(origin.name, slot, origin.line_of(slot)) for origin, slot, _ in self._frames(trace)
        ]
        return tuple(reversed(found))

    def _frames(self, trace: TracebackType | None) -> Iterator[tuple[Origin, int, TracebackType]]:
        while trace is not None:
            origin = self._known.get(trace.tb_frame.f_code.co_filename)
            if origin is not None:
                yield origin, origin.slots[trace.tb_lineno - 1], trace
            trace = trace.tb_next

    def fault(self, cause: Exception) -> Fault | None:
        """The finding behind an exception that left a translated function: a Fault with its place, or an AttributeError or
        TypeError raised in a translated line itself, which means a number used as a pointer. None: a bug of the host."""
        frames = list(self._frames(cause.__traceback__))
        if isinstance(cause, Fault):
            found: Fault = cause
        else:
            if not frames or not isinstance(cause, AttributeError | TypeError):
                return None
            origin, slot, trace = frames[-1]
            if trace.tb_next is not None:
                return None
            found = _misuse(origin.instructions[slot], trace.tb_frame.f_locals)
        if not found.where:
            found.where = self.places(cause.__traceback__)
        return found


def _misuse(i: Instruction, registers: dict[str, Any]) -> Fault:
    """Why an access or an operation failed on the values in the registers."""
    base = i.src if i.form is Form.LOAD else i.dst
    names = [f"r{base}"] if i.form in (Form.LOAD, Form.STORE, Form.ATOMIC) else [f"r{i.dst}", f"r{i.src}"]
    for name in names:
        value = registers.get(name)
        if isinstance(value, Nothing):
            return Uninitialised(name)
    if i.form in (Form.LOAD, Form.STORE, Form.ATOMIC):
        try:
            as_pointer(registers.get(names[0]))
        except Fault as fault:
            return fault
    wrong = [registers.get(n) for n in names if not isinstance(registers.get(n), int)]
    return NotAPointer(wrong[0] if wrong else None, "a number")
