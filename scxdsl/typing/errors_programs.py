# SPDX-License-Identifier: GPL-2.0-only
"""Findings about hooks, commands and inboxes."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class HookKind(Diagnostic):
    """A hook runs at a tracepoint (`tp_btf`), or when a function of the kernel is entered (`fentry`) or left (`fexit`). These kinds
    give their arguments with the kernel's types and may use locks, timers and the state of tasks; kprobes and plain tracepoints may
    not (kernel/bpf/verifier.c, is_tracing_prog_type)."""

    code = "E0420"
    title = "there is no kind of hook `{kind}`"
    label = "one of tp_btf, fentry and fexit"
    bad = "scheduler s\nstat n\nhook kprobe sched_switch() { n += 1 }\n"
    good = "scheduler s\nstat n\nhook tp_btf sched_switch() { n += 1 }\n"
    kind: str


@dataclass(frozen=True)
class HookUnknown(Diagnostic):
    """The facts of the kernels know no such tracepoint or function. A function that they do not know may still be hooked by a hook
    without parameters that is `optional`: the loader then looks for it in the running kernel."""

    code = "E0421"
    title = "no kernel that is known here has the {what} `{name}`"
    label = "unknown"
    bad = "scheduler s\nstat n\nhook tp_btf sched_swicth() { n += 1 }\n"
    good = "scheduler s\nstat n\nhook tp_btf sched_switch() { n += 1 }\n"
    what: str
    name: str
    similar: str | None = None

    def helps(self) -> Iterable[Help]:
        if self.similar is not None:
            yield Help(f"did you mean `{self.similar}`?", (Edit(self.span, self.similar),))
        if self.what == "function":
            yield Help("without parameters and with `optional` the loader looks for it in the running kernel")


@dataclass(frozen=True)
class HookMissing(Diagnostic):
    """The policy declares kernels that lack the target of a hook; an object with that hook does not load there, unless the hook is
    `optional`: then the loader leaves it out."""

    code = "E0422"
    title = "{kernels} {have} no {what} `{name}`"
    label = "missing there"
    bad = "scheduler s\nstat n\nhook tp_btf sched_process_hang() { n += 1 }\n"
    good = "scheduler s\nstat n\nhook tp_btf sched_process_hang() optional { n += 1 }\n"
    kernels: str
    have: str
    what: str
    name: str

    def helps(self) -> Iterable[Help]:
        close = self.span.source.text.find(")", self.span.end) + 1
        edits = (Edit(self.span.source.span(close, close), " optional"),) if close else ()
        yield Help("write `optional` after the `)`: the loader leaves the hook out there; or declare only kernels that have it", edits)


@dataclass(frozen=True)
class HookParameters(Diagnostic):
    """A hook takes the kernel's arguments, in the kernel's order; those at the right may be left out. In `fexit` the last parameter
    may be `ret`, the result of the function."""

    code = "E0423"
    title = "`{name}` has {count} arguments, not {found}"
    label = "the kernel calls it with ({signature})"
    bad = "scheduler s\nvar last: i32\nhook tp_btf sched_wakeup(p, cpu) { last = p.pid }\n"
    good = "scheduler s\nvar last: i32\nhook tp_btf sched_wakeup(p) { last = p.pid }\n"
    name: str
    count: int
    found: int
    signature: str


@dataclass(frozen=True)
class HookDiffers(Diagnostic):
    """The declared kernels do not agree on an argument, so it has no one meaning. Arguments before it can be used, and the result of a
    function by the name `ret`."""

    code = "E0424"
    title = "argument {number} of `{name}` differs among the declared kernels"
    label = "not the same everywhere"
    bad = "scheduler s\nvar last: i32\nhook fexit futex_wake(addr, flags, n, ret) { last = n }\n"
    good = "scheduler s\nvar last: i32\nhook fexit futex_wake(addr, flags, ret) { last = ret }\n"
    number: int
    name: str
    rows: tuple[tuple[str, str], ...]

    def helps(self) -> Iterable[Help]:
        yield Help("; ".join(f"on {kernels} it is {what}" for kernels, what in self.rows))
        yield Help("leave it out, or declare only kernels that agree: `scheduler s { kernels: … }`")


@dataclass(frozen=True)
class HookCondition(Diagnostic):
    """`if` after a hook names a parameter of type bool: the loader reads it before it loads the object."""

    code = "E0425"
    title = "a hook is loaded by a parameter"
    label = "expected the name of a `param` of type bool"
    bad = "scheduler s\nvar on: bool\nstat n\nhook tp_btf sched_switch() if on { n += 1 }\n"
    good = "scheduler s\nparam on: bool = false\nstat n\nhook tp_btf sched_switch() if on { n += 1 }\n"


@dataclass(frozen=True)
class NotPlain(Diagnostic):
    """What passes between a policy and user space is plain data: numbers, bools, times, indices, texts, and structs, arrays, variants
    and optionals of such. Tasks and cgroups go by their pid and id, sets of CPUs do not go at all."""

    code = "E0426"
    title = "{what} cannot be {type}"
    label = "no plain data"
    bad = "scheduler s\nstat n\ncommand hurry(p: task) { n += 1 }\n"
    good = "scheduler s\nstat n\ncommand hurry(pid: i32) { if let p = task(pid) && p.weight > 1 { n += 1 } }\n"
    what: str
    type: str


@dataclass(frozen=True)
class CommandReference(Diagnostic):
    """The parameters of a command are copies of what user space gives."""

    code = "E0427"
    title = "a command's parameter cannot be `mut`"
    label = "user space has no place that it stands for"
    help = "give the new value as the command's result"
    bad = "scheduler s\ncommand bump(mut n: u64) { n += 1 }\n"
    good = "scheduler s\ncommand bump(n: u64) -> u64 { n + 1 }\n"


@dataclass(frozen=True)
class TooMuchData(Diagnostic):
    """The parameters and the result of a command have room in 4096 bytes together, as has a message of an inbox in 256: it is copied
    to the stack of the program that takes it, which has 512 bytes."""

    code = "E0428"
    title = "{what} {take} {size} bytes, there is room for {limit}"
    label = "too large"
    bad = "scheduler s\nstruct Msg { bits: [u64; 64] }\nstat n\ninbox box: Msg[64K]\non dispatch(cpu) { for m in box { n += m.bits[0] } }\n"
    good = "scheduler s\nstruct Msg { bits: [u64; 8] }\nstat n\ninbox box: Msg[64K]\non dispatch(cpu) { for m in box { n += m.bits[0] } }\n"
    what: str
    take: str
    size: int
    limit: int


@dataclass(frozen=True)
class OnlyCallbacksWrite(Diagnostic):
    """Only the callbacks of a scheduler may store to a task (kernel/sched/ext.c, bpf_scx_btf_struct_access). A hook or command can where
    the kernel has a function that does it; elsewhere it leaves the wish in the policy's own state, and a callback carries it out."""

    code = "E0429"
    title = "a {word} may not write `{what}` on {kernels}"
    label = "only callbacks may, there"
    bad = "scheduler s\ncommand give(pid: i32) { if let p = task(pid) { p.slice = 20ms } }\n"
    good = (
        "scheduler s\nper task { wish: duration }\ncommand give(pid: i32) { if let p = task(pid) { p.wish = 20ms } }\n"
        "on running(p) { if p.wish > 0 { p.slice = p.wish } }\n"
    )
    what: str
    word: str
    kernels: str
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterable[Label]:
        return self.path

    def helps(self) -> Iterable[Help]:
        yield Help("keep the value in a member of the task, `per task { … }`, and let `on running` or `on enqueue` write it")


@dataclass(frozen=True)
class InboxSize(Diagnostic):
    """An inbox's size is in bytes, a power of two and at least a page (kernel/bpf/ringbuf.c, ringbuf_map_alloc)."""

    code = "E0646"
    title = "an inbox cannot have {size} bytes"
    label = "a power of two from 4K to 1G"
    bad = "scheduler s\ninbox box: u64[1000]\n"
    good = "scheduler s\ninbox box: u64[4K]\n"
    size: int


@dataclass(frozen=True)
class InboxMember(Diagnostic):
    """A policy takes what lies in an inbox by `for m in box { … }`; it is user space that puts it there."""

    code = "E0647"
    title = "an inbox has no `{name}` here"
    label = "{why}"
    bad = "scheduler s\ninbox box: u64[4K]\non dispatch(cpu) { box.feed(1) }\n"
    good = 'scheduler s\nstat n\ninbox box: u64[4K]\non dispatch(cpu) { for m in box { n += m } }\ntest "t" { assert box.feed(1); dispatch(0); assert n == 1 }\n'
    name: str
    why: str


@dataclass(frozen=True)
class TestsOnly(Diagnostic):
    """Tests spawn tasks, call the policy's own callbacks and commands, feed inboxes and read rings. In a scheduler that runs these are
    the kernel's and user space's to do."""

    code = "E0343"
    title = "`{what}` stands in tests only"
    label = "no test around this"
    bad = "scheduler s\nring out: u64[4K]\nstat n\non tick(p) { n += out.take() ?? 0 }\n"
    good = 'scheduler s\nring out: u64[4K]\nstat n\non tick(p) { if !out.send(1) { n += 1 } }\ntest "t" { tick(spawn()); assert (out.take() ?? 0) == 1 }\n'
    what: str


@dataclass(frozen=True)
class TestCall(Diagnostic):
    """A test calls the callbacks and commands that the policy defines, with what they are defined with."""

    __test__ = False  # pytest, this is none of yours

    code = "E0344"
    title = "{problem}"
    label = "{label_text}"
    bad = 'scheduler s\nstat n\non tick(p) { n += 1 }\ntest "t" { tick(spawn(), 3); assert n == 1 }\n'
    good = 'scheduler s\nstat n\non tick(p) { n += 1 }\ntest "t" { tick(spawn()); assert n == 1 }\n'
    problem: str
    label_text: str


