# SPDX-License-Identifier: GPL-2.0-only
"""Memory with provenance. A pointer is a region and an offset in it; nothing else reaches memory.

A register holds an int (0 to 2**64 - 1), a `Ptr`, or an opaque value of the machine (a map, a function). Python's operators
on `Ptr` are the pointer arithmetic that the verifier allows; all others raise. Pointers that are stored lie beside the
bytes (`Region.pointers`), so that no number can be made of a pointer, nor a pointer of a number.

Source of what is allowed: kernel/bpf/verifier.c, adjust_ptr_min_max_vals and check_mem_access.
"""

from collections.abc import Callable
from struct import Struct
from struct import error as StructError
from typing import Any, NoReturn

from .errors import NotAPointer, NullPointer, OutOfRange, PointerArithmetic, ReadOnly, SplitPointer, Stale, Uninitialised

M64 = 0xFFFF_FFFF_FFFF_FFFF
_SIGN = 1 << 63
_WORDS = {1: Struct("<B"), 2: Struct("<H"), 4: Struct("<I"), 8: Struct("<Q")}
_GONE = bytearray()


class Ptr:
    """A pointer: `offset` bytes into `region`. Immutable."""

    __slots__ = ("region", "offset")

    def __init__(self, region: "Region", offset: int = 0) -> None:
        self.region = region
        self.offset = offset

    def __repr__(self) -> str:
        return f"&{self.region.name}{self.offset:+d}"

    def __add__(self, other: object) -> "Ptr":
        if other.__class__ is not int:
            raise PointerArithmetic("+", self, other)
        return Ptr(self.region, self.offset + (other - (M64 + 1) if other & _SIGN and other > 0 else other))  # type: ignore[operator]

    __radd__ = __add__

    def __sub__(self, other: object) -> Any:
        if other.__class__ is Ptr and other.region is self.region:  # type: ignore[attr-defined]
            return self.offset - other.offset  # type: ignore[attr-defined]
        if other.__class__ is not int:
            raise PointerArithmetic("-", self, other)
        return Ptr(self.region, self.offset - (other - (M64 + 1) if other & _SIGN and other > 0 else other))  # type: ignore[operator]

    def __and__(self, other: object) -> "Ptr":
        if other == M64:  # the machine's own cut to 64 bits
            return self
        raise PointerArithmetic("&", self, other)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is Ptr:
            return self.region is other.region and self.offset == other.offset  # type: ignore[attr-defined]
        if other == 0 or not isinstance(other, int):
            return False
        raise PointerArithmetic("==", self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((id(self.region), self.offset))

    def _order(self, other: object, operation: str) -> int:
        if other.__class__ is Ptr and other.region is self.region:  # type: ignore[attr-defined]
            return self.offset - other.offset  # type: ignore[attr-defined]
        raise PointerArithmetic(operation, self, other)

    def __lt__(self, other: object) -> bool:
        return self._order(other, "<") < 0

    def __le__(self, other: object) -> bool:
        return self._order(other, "<=") <= 0

    def __gt__(self, other: object) -> bool:
        return self._order(other, ">") > 0

    def __ge__(self, other: object) -> bool:
        return self._order(other, ">=") >= 0


class Nothing:
    """What an uninitialised register holds: any use of it raises."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"uninitialised {self.name}"

    def _use(self, *_: object) -> NoReturn:
        raise Uninitialised(self.name)

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _use  # type: ignore[assignment]
    __hash__ = object.__hash__


def _refuse(sign: str, swapped: bool) -> Callable[[object, object], NoReturn]:
    def operation(self: object, other: object = None) -> NoReturn:
        raise PointerArithmetic(sign, other, self) if swapped else PointerArithmetic(sign, self, other)

    return operation


for _name, _sign in {
    "mul": "*", "floordiv": "/", "mod": "%", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
}.items():  # fmt: skip
    setattr(Ptr, f"__{_name}__", _refuse(_sign, False))
    setattr(Ptr, f"__r{_name}__", _refuse(_sign, True))
Ptr.__rand__ = _refuse("&", True)  # type: ignore[attr-defined]
Ptr.__rsub__ = _refuse("-", True)  # type: ignore[attr-defined]
Ptr.__neg__ = _refuse("-", False)  # type: ignore[attr-defined]
for _name in ("add", "sub", "mul", "floordiv", "mod", "and", "or", "xor", "lshift", "rshift"):
    setattr(Nothing, f"__{_name}__", Nothing._use)
    setattr(Nothing, f"__r{_name}__", Nothing._use)
Nothing.__and__ = lambda self, _: self  # type: ignore[attr-defined]  # a 32-bit move is a mask, and moves are no use
Nothing.__neg__ = Nothing._use  # type: ignore[attr-defined]
Nothing.__bool__ = Nothing._use  # type: ignore[attr-defined]


class Region:
    """A piece of memory: `size` bytes, all initialised, and the pointers that were stored there.

    `load8` to `load64` and `store8` to `store64` take the offset; loads give unsigned numbers, 64-bit ones also pointers.
    Values to store are in range of their width already. Raises OutOfRange, Stale, ReadOnly, SplitPointer.
    """

    __slots__ = ("name", "size", "data", "pointers", "readonly")

    def __init__(self, name: str, data: bytes | bytearray | int, readonly: bool = False) -> None:
        self.name = name
        self.data = bytearray(data)
        self.size = len(self.data)
        self.pointers: dict[int, Any] = {}
        self.readonly = readonly

    def __repr__(self) -> str:
        return f"<{self.name}>"

    load8: Callable[[int], int]
    load16: Callable[[int], int]
    load32: Callable[[int], int]
    load64: Callable[[int], Any]
    store8: Callable[[int, int], None]
    store16: Callable[[int, int], None]
    store32: Callable[[int, int], None]
    store64: Callable[[int, Any], None]

    @property
    def gone(self) -> bool:
        return self.data is _GONE

    def free(self) -> None:
        """From now on every access is Stale."""
        self.data = _GONE
        self.pointers = {}

    def check(self, at: int, size: int, write: bool = False) -> None:
        """Raises where an access of `size` bytes is not allowed."""
        if self.data is _GONE:
            raise Stale(self.name)
        if at < 0 or at + size > self.size:
            raise OutOfRange(self.name, self.size, at, size, write)
        if write and self.readonly:
            raise ReadOnly(self.name, at)

    def read(self, at: int, size: int) -> bytes:
        """Bytes as numbers. Raises SplitPointer where a pointer lies among them."""
        self.check(at, size)
        self.no_pointers(at, size)
        return bytes(self.data[at : at + size])

    def write(self, at: int, data: bytes) -> None:
        self.check(at, len(data), True)
        self.drop_pointers(at, len(data))
        self.data[at : at + len(data)] = data

    def no_pointers(self, at: int, size: int) -> None:
        if self.pointers:
            for slot in range(at & -8, at + size, 8):
                if slot in self.pointers:
                    raise SplitPointer(self.name, slot)

    def drop_pointers(self, at: int, size: int) -> None:
        """A number is written over them."""
        if self.pointers:
            for slot in range(at & -8, at + size, 8):
                if self.pointers.pop(slot, None) is not None and (slot < at or slot + 8 > at + size):
                    raise SplitPointer(self.name, slot)

    def store_pointer(self, at: int, value: Any) -> None:
        self.check(at, 8, True)
        if value.__class__ is Nothing:
            value == 0  # raises
        if at & 7:
            raise SplitPointer(self.name, at)
        self.data[at : at + 8] = bytes(8)
        self.pointers[at] = value

    def text(self, at: int = 0) -> str:
        """The NUL-terminated text at that offset. Raises OutOfRange when no NUL follows."""
        self.check(at, 1)
        end = self.data.find(0, at)
        if end < 0:
            raise OutOfRange(self.name, self.size, self.size, 1, False)
        return self.read(at, end - at).decode("utf-8", "replace")


def _loader(size: int) -> Callable[[Region, int], Any]:
    unpack = _WORDS[size].unpack_from

    def load(self: Region, at: int) -> Any:
        if self.pointers or at < 0:
            self.check(at, size)
            if size == 8 and at in self.pointers:
                return self.pointers[at]
            self.no_pointers(at, size)
        try:
            return unpack(self.data, at)[0]
        except StructError:
            self.check(at, size)
            raise

    return load


def _storer(size: int) -> Callable[[Region, int, Any], None]:
    pack = _WORDS[size].pack_into

    def store(self: Region, at: int, value: Any) -> None:
        if at < 0 or self.pointers or self.readonly or value.__class__ is not int:
            self.check(at, size, True)
            if value.__class__ is not int:
                return self.store_pointer(at, value)
            self.drop_pointers(at, size)
        try:
            pack(self.data, at, value)
        except StructError:
            self.check(at, size, True)
            raise

    return store


for _size in _WORDS:
    setattr(Region, f"load{_size * 8}", _loader(_size))
    setattr(Region, f"store{_size * 8}", _storer(_size))


FRAME = 512


class Stack(Region):
    """A frame of 512 bytes, nothing of it initialised; r10 is its end. Reading what was written in part raises. A place of which nothing
    was written gives a value that raises where it is used: LLVM spills registers that have no value on some path, and the kernel lets it
    (check_stack_read_fixed_off, allow_uninit_stack)."""

    __slots__ = ("written",)

    def __init__(self) -> None:
        self.name = "the stack"
        self.size = FRAME
        self.data = bytearray(FRAME)
        self.pointers = {}
        self.readonly = False
        self.written: dict[int, int] = {}
        """Offset to the largest size written there."""

    def free(self) -> None:
        self.data = _GONE
        self.pointers = {}
        self.written = {}

    def drop_pointers(self, at: int, size: int) -> None:
        """Compilers use the slot of a dead pointer again, also for less than the whole of it; what is left of the pointer is then
        as if never written (kernel/bpf/verifier.c, check_stack_write_fixed_off)."""
        for slot in range(at & -8, at + size, 8):
            if self.pointers.pop(slot, None) is not None and (slot < at or slot + 8 > at + size):
                self.written.pop(slot, None)
                self.written[at] = size

    def check(self, at: int, size: int, write: bool = False) -> None:
        super().check(at, size, write)
        if write:
            if self.written.get(at, 0) < size:
                self.written[at] = size
        elif self.written.get(at, 0) < size:
            missing = set(range(at, at + size))
            for start, length in self.written.items():
                missing.difference_update(range(start, start + length))
            if missing:
                raise Uninitialised(f"the stack at r10{min(missing) - FRAME:+d}")

    def within_one(self, at: int, size: int) -> bool:
        """Whether a single store to the eight bytes around wrote it all: bytes of a word are read so in loops, and going through all stores takes long."""
        return any(self.written.get(start, 0) + start >= at + size for start in range(at & -8, at))

    def untouched(self, at: int, size: int) -> bool:
        """Whether nothing was written there."""
        return self.data is not _GONE and 0 <= at <= FRAME - size and all(start + length <= at or start >= at + size for start, length in self.written.items())


def _stack_loader(size: int) -> Callable[[Stack, int], Any]:
    unpack = _WORDS[size].unpack_from
    get_pointer = size == 8

    def load(self: Stack, at: int) -> Any:
        if self.written.get(at, 0) < size and not self.within_one(at, size):
            if self.untouched(at, size):
                return Nothing(f"the stack at r10{at - FRAME:+d}")
            self.check(at, size)
        if self.pointers:
            if get_pointer and at in self.pointers:
                return self.pointers[at]
            self.no_pointers(at, size)
        return unpack(self.data, at)[0]

    return load


def _stack_storer(size: int) -> Callable[[Stack, int, Any], None]:
    pack = _WORDS[size].pack_into

    def store(self: Stack, at: int, value: Any) -> None:
        if value.__class__ is Nothing and self.untouched(at, size):
            return
        if self.written.get(at, 0) < size:
            self.check(at, size, True)
        if value.__class__ is not int:
            return self.store_pointer(at, value)
        if self.pointers:
            self.drop_pointers(at, size)
        pack(self.data, at, value)

    return store


for _size in _WORDS:
    setattr(Stack, f"load{_size * 8}", _stack_loader(_size))
    setattr(Stack, f"store{_size * 8}", _stack_storer(_size))


def as_pointer(value: Any, wanted: str = "a pointer") -> Ptr:
    """The value, if it is a pointer. Raises NullPointer, NotAPointer or Uninitialised."""
    if value.__class__ is Ptr:
        return value
    if value.__class__ is Nothing:
        value == 0  # raises
    if value == 0:
        raise NullPointer()
    raise NotAPointer(value, wanted)


def read(pointer: Any, size: int) -> bytes:
    """`size` bytes at a pointer that a program passed."""
    p = as_pointer(pointer)
    return p.region.read(p.offset, size)


def write(pointer: Any, data: bytes) -> None:
    p = as_pointer(pointer)
    p.region.write(p.offset, data)


def text(pointer: Any) -> str:
    """The NUL-terminated text at a pointer that a program passed."""
    p = as_pointer(pointer, "text")
    return p.region.text(p.offset)


def copy(source: Region, at: int, target: Region, to: int, size: int) -> None:
    """Copies bytes and the whole pointers among them."""
    source.check(at, size)
    target.check(to, size, True)
    target.drop_pointers(to, size)
    target.data[to : to + size] = source.data[at : at + size]
    for slot in range(at & -8, at + size, 8):
        if slot in source.pointers:
            if slot < at or slot + 8 > at + size or (to + slot - at) & 7:
                raise SplitPointer(source.name, slot)
            target.pointers[to + slot - at] = source.pointers[slot]
