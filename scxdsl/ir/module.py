# SPDX-License-Identifier: GPL-2.0-only
"""A whole policy in IR: what becomes one object."""

from enum import StrEnum

from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Source, Span

from .ops import Block, Value
from .types import Struct, Type


class Linkage(StrEnum):
    PROGRAM = "program"  # an entry point, with a section
    STATIC = "static"  # a subprogram verified with each caller; LLVM may inline it
    NOINLINE = "noinline"  # the same, kept a subprogram
    GLOBAL = "global"  # a subprogram verified once, alone (weak, so that LLVM infers nothing of its result)


@dataclass(eq=False, kw_only=True)
class Function:
    """`params` of a program are the members of its context, in order; of a subprogram its arguments (at most five)."""

    name: str
    params: list[Value]
    result: Type
    body: Block
    linkage: Linkage
    span: Span
    context: Struct | None = None  # programs whose context is a struct of ours, which they read and write as such
    section: str = ""  # programs: "struct_ops/simple_enqueue", "struct_ops.s/…", "syscall", "tp_btf/…"
    title: str = ""  # the author's name for it: "enqueue", "fn level"
    # A program that the kernel runs with interrupts off on every declared kernel: on its CPU it ends before it is called again; or a
    # subprogram of such a one
    interrupts_off: bool = False
    # Of GLOBAL ones: decl tags by a parameter's number, "arg:trusted", "arg:nonnull", "arg:nullable" (btf_prepare_func_args)
    param_tags: dict[int, tuple[str, ...]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()  # decl tags of the function itself
    fails: bool = False  # a subprogram that may end the invocation of its caller
    callers: list[str] = field(default_factory=list)  # of a subprogram: the callbacks whose programs have it


@dataclass(eq=False, kw_only=True)
class Global:
    """A variable. `initial` is its bytes (None: zero). `tags` become BTF decl tags. In section .ksyms it is the kernel's own
    (`cpu_llc_id`), of which a weak one may be missing: its address is then 0."""

    name: str
    type: Type
    section: str  # ".data", ".bss", ".rodata"
    span: Span
    initial: bytes | None = None
    read_only: bool = False
    hidden: bool = False
    weak: bool = False
    tags: tuple[str, ...] = ()


@dataclass(eq=False, kw_only=True)
class Map:
    """A map in libbpf's `.maps` convention. `kind` is the kernel's name in lower case: "percpu_array", "task_storage"."""

    name: str
    kind: str
    key: Type | None
    value: Type | None
    max_entries: int
    span: Span
    flags: int = 0
    pinned: bool = False
    tags: tuple[str, ...] = ()  # become BTF decl tags


@dataclass(eq=False, kw_only=True)
class Ops:
    """The members of `struct sched_ext_ops` in use: names of programs, or numbers with their type."""

    name: str  # of the global
    programs: dict[str, str]
    numbers: dict[str, tuple[Type, int]]
    scheduler: str  # what the kernel shows
    struct: str = "sched_ext_ops"  # or the form with CPU ids, sched_ext_ops_cid


@dataclass(frozen=True)
class Delayed:
    """Effects that stand under a lock and take place after its release. `function`: the callback, or "timer", "tracing", "syscall"; `span`
    is where the lock is taken, `effects` are theirs."""

    function: str
    span: Span
    lock: str
    effects: tuple[Span, ...]


@dataclass(eq=False, kw_only=True)
class Module:
    source: Source
    functions: list[Function] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    maps: list[Map] = field(default_factory=list)
    ops: Ops | None = None
    delayed: list[Delayed] = field(default_factory=list)  # for the report; the operations are in the functions

    def function(self, name: str) -> Function:
        """Raises KeyError."""
        for f in self.functions:
            if f.name == name:
                return f
        raise KeyError(name)
