# SPDX-License-Identifier: GPL-2.0-only
"""The operations that codegen understands.

Code is structured: a block is a list of operations, some of which hold blocks. A value is defined once, by the operation
whose `result` it is; what changes lives in a `Local`. Integers in values are 64 bits wide unless their type says less
(loads and calls give what memory or the callee has; `Convert` widens). Undefined behaviour does not exist: x / 0 is 0,
x % 0 is x, the least i64 / -1 is itself, shift counts are taken modulo the width.
"""

from enum import StrEnum

from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span

from .types import BOOL, Array, Enum, Proto, Struct, Type


@dataclass(eq=False)
class Value:
    """A register, by identity; `name` is for readers."""

    type: Type
    name: str = ""


@dataclass(frozen=True)
class Const:
    """A constant operand. Of a pointer type it is 0: NULL."""

    type: Type
    value: int


Operand = Value | Const


@dataclass(eq=False)
class Local:
    """A variable of one function. Scalars are read and set by value; anything whose address is taken lives on the stack."""

    name: str
    type: Type


@dataclass(frozen=True)
class Kfunc:
    """A kernel function as declared to libbpf. `symbol` may end in `___flavour`; a weak one may be missing at load; one that is `sure` gives
    a pointer that is never NULL, which the verifier knows as well."""

    symbol: str
    proto: Proto
    weak: bool = False
    sure: bool = False


class BinaryOp(StrEnum):
    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    UDIV = "udiv"
    UREM = "urem"
    SDIV = "sdiv"
    SREM = "srem"
    AND = "and"
    OR = "or"
    XOR = "xor"
    SHL = "shl"
    LSHR = "lshr"
    ASHR = "ashr"


class CompareOp(StrEnum):
    EQ = "eq"
    NE = "ne"
    ULT = "ult"
    ULE = "ule"
    UGT = "ugt"
    UGE = "uge"
    SLT = "slt"
    SLE = "sle"
    SGT = "sgt"
    SGE = "sge"


class ConvertOp(StrEnum):
    ZEXT = "zext"
    SEXT = "sext"
    TRUNC = "trunc"
    POINTER = "pointer"  # between pointers and u64


class AtomicOp(StrEnum):
    """All give the old value and are fully ordered."""

    ADD = "add"
    AND = "and"
    OR = "or"
    XOR = "xor"
    SWAP = "swap"


@dataclass(eq=False, kw_only=True)
class Op:
    """Base of all operations; `span` is the text that an author would blame for it."""

    span: Span


@dataclass(eq=False, kw_only=True)
class Binary(Op):
    """Both operands and the result have one integer type (or bool, for and, or, xor)."""

    result: Value
    op: BinaryOp
    left: Operand
    right: Operand


@dataclass(eq=False, kw_only=True)
class Compare(Op):
    result: Value  # bool
    op: CompareOp
    left: Operand
    right: Operand


@dataclass(eq=False, kw_only=True)
class Convert(Op):
    """To the type of `result`. ZEXT also turns bool into an integer, and relabels a value of the same size."""

    result: Value
    op: ConvertOp
    value: Operand


@dataclass(eq=False, kw_only=True)
class Select(Op):
    result: Value
    condition: Operand
    then: Operand
    otherwise: Operand


@dataclass(eq=False, kw_only=True)
class GetLocal(Op):
    result: Value
    local: Local


@dataclass(eq=False, kw_only=True)
class SetLocal(Op):
    local: Local
    value: Operand


@dataclass(eq=False, kw_only=True)
class LocalAddress(Op):
    """The local lives on the stack; its memory starts undefined: clear it with `Clear` where the language says zero."""

    result: Value
    local: Local


@dataclass(eq=False, kw_only=True)
class GlobalAddress(Op):
    """Address of a global or of a map (by name, of the module)."""

    result: Value
    name: str


@dataclass(eq=False, kw_only=True)
class FunctionAddress(Op):
    """Address of a function of the module: callbacks of timers, bpf_loop, bpf_for_each_map_elem, rbtree's less."""

    result: Value
    name: str


@dataclass(eq=False, kw_only=True)
class Context(Op):
    """The address of a program's own context: the struct that a command runs on, or what helpers of hooks ask for."""

    result: Value


@dataclass(eq=False, kw_only=True)
class MemberAddress(Op):
    """Address of a member of a struct of ours, through embedded structs."""

    result: Value
    base: Operand
    struct: Struct
    path: tuple[str, ...]


@dataclass(eq=False, kw_only=True)
class KernelMember(Op):
    """Address of a member of a kernel struct; the offset is filled in at load (CO-RE)."""

    result: Value
    base: Operand
    struct: Struct
    path: tuple[str, ...]


@dataclass(eq=False, kw_only=True)
class IndexAddress(Op):
    """Address of an element; the index is a u64 that was shown in range (see `Opaque`)."""

    result: Value
    base: Operand
    array: Array
    index: Operand


@dataclass(eq=False, kw_only=True)
class Opaque(Op):
    """The same value, of which LLVM forgets what it knew: before a range test that the kernel's verifier must see. `ordered`: what is read before
    it is not read behind it."""

    result: Value
    value: Operand
    ordered: bool = False


@dataclass(eq=False, kw_only=True)
class Forget(Op):
    """The same number or truth, of which the kernel's verifier forgets, too, what it knew: ways that differ in it alone are one to it."""

    result: Value
    value: Operand


@dataclass(eq=False, kw_only=True)
class Load(Op):
    """Reads the type of `result`. A shared place is read exactly once, here: `volatile`."""

    result: Value
    address: Operand
    volatile: bool = False


@dataclass(eq=False, kw_only=True)
class Store(Op):
    """Writes the type of `value`."""

    address: Operand
    value: Operand
    volatile: bool = False


@dataclass(eq=False, kw_only=True)
class Atomic(Op):
    """Read-modify-write of 4 or 8 bytes; the old value is the result."""

    result: Value
    op: AtomicOp
    address: Operand
    value: Operand


@dataclass(eq=False, kw_only=True)
class CompareSwap(Op):
    """Compare-and-swap of 4 or 8 bytes; the old value is the result."""

    result: Value
    address: Operand
    expected: Operand
    value: Operand


@dataclass(eq=False, kw_only=True)
class Copy(Op):
    """Copies a whole `type` between places that do not overlap."""

    target: Operand
    source: Operand
    type: Type


@dataclass(eq=False, kw_only=True)
class Clear(Op):
    """Fills a whole `type` with zero bytes."""

    target: Operand
    type: Type


@dataclass(eq=False, kw_only=True)
class CallHelper(Op):
    """A BPF helper, by name (`map_lookup_elem`)."""

    result: Value | None
    helper: str
    arguments: tuple[Operand, ...]


@dataclass(eq=False, kw_only=True)
class CallKfunc(Op):
    result: Value | None
    kfunc: Kfunc
    arguments: tuple[Operand, ...]


@dataclass(eq=False, kw_only=True)
class KfuncExists(Op):
    """True where the running kernel has this form of a weak kfunc."""

    result: Value
    kfunc: Kfunc


@dataclass(eq=False, kw_only=True)
class EnumValue(Op):
    """A constant of the kernel in 64 bits, filled in at load; `known` is some kernel's value, for readers only."""

    result: Value
    enum: Enum
    name: str
    known: int


@dataclass(eq=False, kw_only=True)
class EnumExists(Op):
    result: Value
    enum: Enum
    name: str
    known: int


@dataclass(eq=False, kw_only=True)
class TypeExists(Op):
    result: Value
    struct: Struct


@dataclass(eq=False, kw_only=True)
class FieldExists(Op):
    result: Value
    struct: Struct
    path: tuple[str, ...]


@dataclass(eq=False, kw_only=True)
class Call(Op):
    """A call of a function of the module."""

    result: Value | None
    function: str
    arguments: tuple[Operand, ...]


Block = list[Op]


@dataclass(eq=False, kw_only=True)
class If(Op):
    condition: Operand
    then: Block = field(default_factory=list)
    otherwise: Block = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class Loop(Op):
    """Repeats its body until a `Break` of its own. `followed`: the most turns, where the verifier walks them one by one, without an
    iterator; 0 where there is one. One that is `kernel_bounded` ends by itself, but in a way that the verifier need not see: the kernel would leave it
    after 8 million turns or a quarter of a second (include/linux/bpf_verifier.h: may_goto, from 6.9), so the verifier walks it until it knows
    nothing new, as with an iterator."""

    followed: int = 0
    body: Block = field(default_factory=list)
    kernel_bounded: bool = False


@dataclass(eq=False, kw_only=True)
class Break(Op):
    """Leaves the `depth`-th loop around it; 0 is the innermost."""

    depth: int = 0


@dataclass(eq=False, kw_only=True)
class Continue(Op):
    depth: int = 0


@dataclass(eq=False, kw_only=True)
class Return(Op):
    value: Operand | None = None


def truth(name: str = "") -> Value:
    """A fresh register for a truth value."""
    return Value(BOOL, name)
