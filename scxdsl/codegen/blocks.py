# SPDX-License-Identifier: GPL-2.0-only
"""Copying and clearing of whole types, by the widest loads and stores that alignment permits.

BPF has neither memcpy nor memset, and LLVM would make both from a loop; "no-builtins" on the function forbids it. Up to
UNROLLED bytes the instructions stand one after another; a larger type takes a loop of volatile accesses, in which the kernel
walks every round: some 5 instructions for 8 bytes of its budget of a million.
"""

from scxdsl.ir.ops import Clear, Copy

from .memory import load, offset
from .writer import Writer

UNROLLED = 512


def copy(w: Writer, op: Copy) -> None:
    target, source = w.anchored(op.target), w.anchored(op.source)
    to, back = w.place(op.target), w.place(op.source)
    total = w.whole(op.type).size

    def chunk(at: str | int, size: int, volatile: bool) -> None:
        kind = f"i{size * 8}"
        text = load(w, _at(w, source, at), kind, size, back.plain, volatile)
        _store(w, kind, text, _at(w, target, at), size, volatile or op in w.settled.after)

    _chunks(w, total, min(to.align, back.align), chunk)


def clear(w: Writer, op: Clear) -> None:
    target = w.anchored(op.target)
    total = w.whole(op.type).size

    def chunk(at: str | int, size: int, volatile: bool) -> None:
        _store(w, f"i{size * 8}", "0", _at(w, target, at), size, volatile or op in w.settled.after)

    _chunks(w, total, w.place(op.target).align, chunk)


def _at(w: Writer, base: str, at: str | int) -> str:
    if isinstance(at, int):
        return offset(w, base, at)
    return w.compute(f"getelementptr i8, ptr {base}, i64 {at}")


def _store(w: Writer, kind: str, text: str, address: str, align: int, volatile: bool) -> None:
    w.instruction(f"store {'volatile ' if volatile else ''}{kind} {text}, ptr {address}, align {align}")


def _chunks(w: Writer, total: int, align: int, chunk) -> None:
    """Calls chunk(offset, bytes, volatile) so that all of `total` bytes are covered once."""
    widest = min(align, 8)
    at = 0
    if total > UNROLLED:
        at = total // widest * widest
        _loop(w, at, widest, chunk)
    while at < total:
        size = widest
        while size > total - at:
            size //= 2
        chunk(at, size, False)
        at += size


def _loop(w: Writer, total: int, step: int, chunk) -> None:
    counter = f"{w.fresh()}.at"
    w.slot(counter, "i64", 8)
    head, done = w.label(), w.label()
    w.instruction(f"store i64 0, ptr {counter}, align 8")
    w.jump(head)
    w.start(head)
    at = w.compute(f"load i64, ptr {counter}, align 8")
    chunk(at, step, True)
    following = w.compute(f"add i64 {at}, {step}")
    w.instruction(f"store i64 {following}, ptr {counter}, align 8")
    w.branch(w.compute(f"icmp ult i64 {following}, {total}"), head, done)
    w.start(done)


EMITTERS = {Copy: copy, Clear: clear}
