# SPDX-License-Identifier: GPL-2.0-only
"""What each program of an object costs: instructions, stack, maps, kernel functions.

Stack is read off the bytecode: the lowest byte below r10 that an instruction touches or takes the address of. The kernel
counts what its walk reaches, so dead code can make its number smaller, never larger.
"""

from dataclasses import dataclass
from typing import Any

from .helpers import helper_name
from .instruction import Form
from .object import Function, Object, Refers

FRAME_LIMIT = 512
"""Bytes, of one frame and of the sum along a call chain (include/linux/filter.h: MAX_BPF_STACK)."""

_ASYNC = {"bpf_timer_set_callback", "bpf_wq_set_callback_impl"}
"""A callback handed to these runs later, on a stack of its own."""


@dataclass(frozen=True)
class FunctionReport:
    name: str
    section: str
    program: bool
    sleepable: bool
    instructions: int
    """8-byte slots of this function alone, as the kernel counts."""
    reachable: int
    """With every subprogram that it calls."""
    stack: int
    """Bytes of its own frame."""
    chain: int
    """Bytes of the deepest call chain, each frame rounded up to 16 (kernel/bpf/verifier.c: round_up_stack_depth)."""
    depth: int
    """Frames of the longest call chain, itself included."""
    maps: tuple[str, ...]
    kfuncs: tuple[str, ...]
    helpers: tuple[str, ...]
    calls: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    size: int
    """Bytes of the object file."""
    instructions: int
    functions: tuple[FunctionReport, ...]

    def json(self) -> dict[str, Any]:
        """`{"size", "instructions", "functions": [{...FunctionReport's fields}]}`."""
        return {
            "size": self.size,
            "instructions": self.instructions,
            "functions": [{**f.__dict__, **{k: list(v) for k, v in f.__dict__.items() if isinstance(v, tuple)}}
                          for f in self.functions],
        }  # fmt: skip


def report(obj: Object) -> Report:
    functions = tuple(_function(obj, f) for f in obj.functions)
    return Report(obj.size, sum(f.instructions for f in functions), functions)


def frame_size(f: Function) -> int:
    """Bytes of the function's frame."""
    lowest = 0
    frame: dict[int, int] = {10: 0}  # registers that hold r10 + constant on this straight line
    targets = {i.target for i in f.instructions}
    for i in f.instructions:
        if i.at in targets:
            frame = {10: 0}
        if i.form in (Form.LOAD, Form.STORE, Form.ATOMIC):
            base = i.src if i.form is Form.LOAD or i.operation == "load_acquire" else i.dst
            if base in frame:
                lowest = min(lowest, frame[base] + i.offset)
        changed = _written(i.form, i.operation, i.dst, i.src)
        if i.form is Form.ALU and i.operation == "mov" and i.register and i.width == 64 and i.src in frame:
            frame[i.dst] = frame[i.src]
        elif i.form is Form.ALU and i.operation in ("add", "sub") and not i.register and i.dst in frame and i.dst != 10:
            frame[i.dst] += i.imm if i.operation == "add" else -i.imm
            lowest = min(lowest, frame[i.dst])
        else:
            for register in changed:
                frame.pop(register, None)
    return -lowest


def _written(form: Form, operation: str, dst: int, src: int) -> tuple[int, ...]:
    if form is Form.CALL:
        return (0, 1, 2, 3, 4, 5)
    if form is Form.ATOMIC:
        return (0, src) if operation != "load_acquire" else (dst,)
    return (dst,) if form in (Form.ALU, Form.CAST, Form.LOAD, Form.IMMEDIATE) else ()


def _callees(obj: Object, f: Function) -> tuple[Function, ...]:
    """Functions that run on top of this one's frame."""
    found: dict[tuple[str, int], Function] = {}
    for r in f.relocations:
        if r.kind is Refers.CALLBACK and _is_async(f, r.at):
            continue
        if r.kind in (Refers.SUBPROGRAM, Refers.CALLBACK):
            callee = obj.function_at(r.section, r.offset)
            if callee is not None and callee is not f:
                found[callee.section, callee.offset] = callee
    return tuple(found.values())


def _is_async(f: Function, at: int) -> bool:
    """Whether the function address taken at slot `at` goes to a timer or work queue: by the call that follows it."""
    for i in f.instructions:
        if i.at > at and i.form is Form.CALL:
            refers = f.relocation_at.get(i.at)
            return (refers.name if refers else helper_name(i.imm)) in _ASYNC
    return False


def _chain(obj: Object, f: Function, above: frozenset[str] = frozenset()) -> tuple[int, int]:
    own = -(-frame_size(f) // 16) * 16
    if f.name in above:  # recursion: the kernel refuses it
        return own, 1
    below = [_chain(obj, callee, above | {f.name}) for callee in _callees(obj, f)]
    return own + max((s for s, _ in below), default=0), 1 + max((d for _, d in below), default=0)


def _reach(obj: Object, f: Function, seen: set[tuple[str, int]]) -> int:
    if (f.section, f.offset) in seen:
        return 0
    seen.add((f.section, f.offset))
    own = len(f.code) // 8
    for r in f.relocations:
        if r.kind in (Refers.SUBPROGRAM, Refers.CALLBACK):
            callee = obj.function_at(r.section, r.offset)
            own += _reach(obj, callee, seen) if callee else 0
    return own


def _function(obj: Object, f: Function) -> FunctionReport:
    def names(*kinds: Refers) -> tuple[str, ...]:
        return tuple(dict.fromkeys(r.name for r in f.relocations if r.kind in kinds))

    chain, depth = _chain(obj, f)
    helpers = {i.imm: helper_name(i.imm) for i in f.instructions if i.form is Form.CALL and i.operation == "helper"}
    return FunctionReport(
        f.name,
        f.section,
        f.program,
        f.sleepable,
        len(f.code) // 8,
        _reach(obj, f, set()),
        frame_size(f),
        chain,
        depth,
        names(Refers.MAP),
        names(Refers.KFUNC),
        tuple(helpers.values()),
        names(Refers.SUBPROGRAM, Refers.CALLBACK),
    )
