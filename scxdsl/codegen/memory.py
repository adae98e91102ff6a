# SPDX-License-Identifier: GPL-2.0-only
"""Variables, addresses, loads and stores.

The kernel's verifier ties an instruction to the kind of pointer that it first saw there (verifier.c,
reg_type_mismatch): "same insn cannot be used with different pointers". LLVM merges loads of two branches into one through a
chosen address. What is read through a foreign pointer therefore passes an intrinsic with a number of its own
(llvm.bpf.passthrough, which costs nothing), and the passes that merge stores are off (see child.py).
"""

from math import gcd

from scxdsl.ir.ops import (
    Atomic,
    AtomicOp,
    CompareSwap,
    Const,
    Context,
    GetLocal,
    IndexAddress,
    Load,
    Local,
    LocalAddress,
    MemberAddress,
    Operand,
    SetLocal,
    Store,
)
from scxdsl.ir.types import Bool, Struct, Type

from .stack_slots import SLOT
from .types_llvm import memory, register
from .writer import Place, Writer


def natural(t: Type, place: Place) -> int:
    """The alignment that an access of a type may promise."""
    return max(1, min(t.align, place.align))


def load(w: Writer, address: str, kind: str, align: int, plain: bool, volatile: bool = False) -> str:
    """Reads an LLVM type."""
    text = w.compute(f"load {'volatile ' if volatile else ''}{kind}, ptr {address}, align {align}")
    if plain:
        return text
    name = f"@llvm.bpf.passthrough.{_suffix(kind)}.{_suffix(kind)}"
    w.context.declare(name, f"declare {kind} {name}(i32, {kind})")
    return w.compute(f"call {kind} {name}(i32 {w.context.sequence()}, {kind} {text})")


def _suffix(kind: str) -> str:
    return "p0" if kind == "ptr" else kind


def offset(w: Writer, base: str, bytes_: int) -> str:
    """An address some bytes further on."""
    return w.compute(f"getelementptr i8, ptr {base}, i64 {bytes_}") if bytes_ else base


def _read(w: Writer, op_result, address: str, place: Place, volatile: bool) -> None:
    t = op_result.type
    text = load(w, address, memory(t), natural(t, place), place.plain, volatile)
    if isinstance(t, Bool):
        text = w.compute(f"icmp ne i8 {text}, 0")
    w.bind(op_result, text)


def _write(w: Writer, value: Operand, address: str, place: Place, volatile: bool) -> None:
    text = w.text(value)
    if isinstance(value.type, Bool):
        text = w.compute(f"zext i1 {text} to i8")
    word = "store volatile" if volatile else "store"
    w.instruction(f"{word} {memory(value.type)} {text}, ptr {address}, align {natural(value.type, place)}")


def get_local(w: Writer, op: GetLocal) -> None:
    _read(w, op.result, w.local(op.local), Place(w.local_align(op.local), True), False)


def set_local(w: Writer, op: SetLocal) -> None:
    _write(w, op.value, w.local(op.local), Place(w.local_align(op.local), True), False)


def local_address(w: Writer, op: LocalAddress) -> None:
    w.bind(op.result, w.local(op.local), Place(w.local_align(op.local), True))


def context_address(w: Writer, op: Context) -> None:
    """The kernel's registers keep a program's context on 8 bytes."""
    w.bind(op.result, "%ctx", Place(8, False))


def load_op(w: Writer, op: Load) -> None:
    _read(w, op.result, w.text(op.address), w.place(op.address), op.volatile)


def store_op(w: Writer, op: Store) -> None:
    _write(w, op.value, w.text(op.address), w.place(op.address), op.volatile or op in w.settled.after)


def settle(w: Writer, local: Local, slots: list[int]) -> None:
    """The last byte of each slot once more: see stack_slots.py. The write before it is volatile, too, or it could move behind."""
    for at in slots:
        address = offset(w, w.local(local), at + SLOT - 1)
        byte = w.compute(f"load volatile i8, ptr {address}, align 1")
        w.instruction(f"store volatile i8 {byte}, ptr {address}, align 1")


def member_address(w: Writer, op: MemberAddress) -> None:
    at, here = 0, w.whole(op.struct)
    for name in op.path:
        assert isinstance(here, Struct)
        at += here.offsets[name]
        here = w.whole(here.field(name).type)
    w.bind(op.result, offset(w, w.anchored(op.base), at), moved(w.place(op.base), at))


def index_address(w: Writer, op: IndexAddress) -> None:
    size = w.whole(op.array.of).size
    place = w.place(op.base)
    if isinstance(op.index, Const):
        at = op.index.value * size
        w.bind(op.result, offset(w, w.anchored(op.base), at), moved(place, at))
        return
    array = memory(op.array.of) if not isinstance(w.whole(op.array.of), Struct) and size <= 8 else f"[{size} x i8]"
    text = w.compute(f"getelementptr {array}, ptr {w.anchored(op.base)}, i64 {w.text(op.index)}")
    w.bind(op.result, text, moved(place, size))


def moved(place: Place, distance: int) -> Place:
    return Place(gcd(place.align, distance) or place.align, place.plain)


_SWAP = {AtomicOp.SWAP: "xchg"}


def atomic(w: Writer, op: Atomic) -> None:
    kind = register(op.value.type)
    word = _SWAP.get(op.op, str(op.op))
    access = f"ptr {w.text(op.address)}, {kind} {w.text(op.value)}"
    w.define(op.result, f"atomicrmw {word} {access} seq_cst, align {op.value.type.size}")


def compare_swap(w: Writer, op: CompareSwap) -> None:
    kind = register(op.value.type)
    pair = w.compute(
        f"cmpxchg ptr {w.text(op.address)}, {kind} {w.text(op.expected)}, {kind} {w.text(op.value)} "
        f"seq_cst seq_cst, align {op.value.type.size}"
    )
    w.define(op.result, f"extractvalue {{ {kind}, i1 }} {pair}, 0")


EMITTERS = {
    GetLocal: get_local,
    SetLocal: set_local,
    Context: context_address,
    LocalAddress: local_address,
    Load: load_op,
    Store: store_op,
    MemberAddress: member_address,
    IndexAddress: index_address,
    Atomic: atomic,
    CompareSwap: compare_swap,
}
