# SPDX-License-Identifier: GPL-2.0-only
"""Findings about declarations, callbacks and what the kernel offers."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label, Severity
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


@dataclass(frozen=True)
class NoScheduler(Diagnostic):
    """A policy begins with `scheduler NAME`: the name is what the kernel shows in /sys/kernel/sched_ext/root/ops."""

    code = "E0401"
    title = "the policy has no `scheduler` line"
    label = "expected `scheduler NAME` at the top"
    bad = "dsq q\n"
    good = "scheduler s\ndsq q\n"

    def helps(self) -> Iterable[Help]:
        at = Span(self.span.source, 0, 0)
        yield Help("begin the file with `scheduler mine`", (Edit(at, "scheduler mine\n\n"),))


@dataclass(frozen=True)
class SecondScheduler(Diagnostic):
    """One file is one scheduler: the kernel runs one at a time, under one name."""

    code = "E0402"
    title = "a second `scheduler` line"
    label = "one file is one scheduler"
    bad = "scheduler a\nscheduler b\n"
    good = "scheduler a\n"
    first: Span | None = None

    def labels(self) -> Iterable[Label]:
        if self.first is not None:
            yield Label(self.first, "the first is here")


@dataclass(frozen=True)
class UnknownProperty(Diagnostic):
    """The block of `scheduler` takes `flags`, `timeout`, `batch` and `kernels`."""

    code = "E0403"
    title = "a scheduler has no property `{name}`"
    label = "known are flags, timeout, batch and kernels"
    bad = "scheduler s { time: 5s }\n"
    good = "scheduler s { timeout: 5s }\n"
    name: str
    similar: str | None = None


@dataclass(frozen=True)
class BadProperty(Diagnostic):
    """A property of the scheduler has the wrong form, or a value that the kernel's table has no room for."""

    code = "E0404"
    title = "{problem}"
    label = "{expected} expected"
    bad = "scheduler s { timeout: 0s }\n"
    good = "scheduler s { timeout: 30s }\n"
    problem: str
    expected: str


@dataclass(frozen=True)
class BadParam(Diagnostic):
    """A parameter needs a default inside its range."""

    code = "E0405"
    title = "parameter `{name}`: {problem}"
    label = "{problem}"
    bad = "scheduler s\nparam a: u64 = 9 in 1 ..= 5\n"
    good = "scheduler s\nparam a: u64 = 3 in 1 ..= 5\n"
    name: str
    problem: str


@dataclass(frozen=True)
class NoParam(Diagnostic):
    """A parameter is a value that a person can write into a command or a TOML file: numbers, durations, truth values, indices, texts,
    cpusets, and structs, enums, arrays, tuples and optionals of them."""

    code = "E0417"
    title = "a parameter cannot be {type}"
    label = "nobody can write a {part} into a file"
    bad = "scheduler s\nparam a: task\n"
    good = "scheduler s\nparam a: i32 = 1\n"
    type: str
    part: str


@dataclass(frozen=True)
class NotData(Diagnostic):
    """Plain data can be copied byte by byte and read by user space. A task and a cgroup are the kernel's own: a place of type `task?` or
    `cgroup?` owns one, which `keep` puts there; else a policy keeps state with them in `per task` and `per cgroup`, or their number."""

    code = "E0418"
    title = "{what} cannot keep a {type}"
    label = "no plain data"
    help = "make it `task?` or `cgroup?` and `keep` one there, or keep `p.pid` or `cg.id`"
    bad = "scheduler s\nvar last: task\n"
    good = "scheduler s\nvar last: i32\non tick(p) { last = p.pid }\n"
    type: str
    what: str


@dataclass(frozen=True)
class TooManyParameters(Diagnostic):
    """A callback takes the kernel's parameters, in the kernel's order; those at the right may be left out."""

    code = "E0406"
    title = "`{name}` has {count} parameter{plural}, not {found}"
    label = "the kernel calls it with ({signature})"
    bad = "scheduler s\non tick(p, cpu) { }\n"
    good = "scheduler s\non tick(p) { }\n"
    name: str
    count: int
    found: int
    signature: str
    plural: str = ""
    surplus: Span | None = None  # with the comma before it, where nothing uses what it names

    def helps(self) -> Iterable[Help]:
        yield Help("leave out those that the kernel does not give", (Edit(self.surplus, ""),) if self.surplus else ())


@dataclass(frozen=True)
class CallbackMissing(Diagnostic):
    """The policy declares kernels that do not have this callback. On those it is simply never called: the loader leaves it
    out. A policy that relies on it does something else there."""

    code = "W0401"
    severity = Severity.WARNING
    title = "`{name}` is never called on {kernels}"
    label = "missing there"
    name: str
    kernels: str

    def helps(self) -> Iterable[Help]:
        yield Help("if the policy needs it, declare the kernels that have it: `scheduler s { kernels: … }`")


@dataclass(frozen=True)
class CallbackRefused(Diagnostic):
    """The kernel has the callback, but refuses a scheduler that defines it in this form of the ops table: sub-schedulers need
    the cid form from 7.2 on (kernel/sched/ext.c, validate_ops)."""

    code = "E0414"
    title = "{kernels} refuse a scheduler that defines `{name}`"
    label = "refused there"
    bad = "scheduler s\non sub_attach(args) { }\n"
    good = "scheduler s { kernels: 7.1 }\non sub_attach(args) { }\n"
    name: str
    kernels: str

    def helps(self) -> Iterable[Help]:
        yield Help("leave it out, or declare only kernels that take it: `scheduler s { kernels: … }`")


@dataclass(frozen=True)
class CallbackDeprecated(Diagnostic):
    """The kernel still calls it, and prints a warning when the scheduler is loaded."""

    code = "W0402"
    severity = Severity.WARNING
    title = "`{name}` is deprecated on {kernels}: the kernel prints a warning"
    label = "deprecated there"
    name: str
    kernels: str


@dataclass(frozen=True)
class WrongPlace(Diagnostic):
    """The kernel lets each callback call only some of its functions. Up to 7.0 a wrong call ejects the scheduler while it
    runs (kernel/sched/ext.c, scx_kf_allowed), from 7.1 the verifier refuses it (scx_kfunc_context_filter); so it is refused
    here for every kernel."""

    code = "E0407"
    title = "`{what}` may not be called from `{callback}` on {kernels}"
    label = "{outcome}"
    bad = "scheduler s\ndsq q\non tick(p) { q.move_to_local() }\n"
    good = "scheduler s\ndsq q\non enqueue(p, flags) { q.insert(p) }\non dispatch(cpu) { q.move_to_local() }\n"
    what: str
    callback: str
    kernels: str
    outcome: str
    allowed: tuple[str, ...] = ()
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterable[Label]:
        return self.path

    def helps(self) -> Iterable[Help]:
        if self.allowed:
            yield Help("it may be called from " + ", ".join(self.allowed))


@dataclass(frozen=True)
class MissingOnKernel(Diagnostic):
    """The policy declares kernels that lack what stands here, and nothing takes its place there."""

    code = "E0408"
    title = "{kernels} {have} no `{what}`"
    label = "missing there"
    bad = "scheduler s\ndsq q\non enqueue(p, flags) { LOCAL.insert(p, SLICE, flags | .immed) }\n"
    good = "scheduler s { kernels: 7.1.. }\ndsq q\non enqueue(p, flags) { LOCAL.insert(p, SLICE, flags | .immed) }\n"
    what: str
    kernels: str
    have: str
    name: str

    def helps(self) -> Iterable[Help]:
        yield Help(f"ask first: `if kernel has {self.name} {{ … }}`, or declare only kernels that have it")


@dataclass(frozen=True)
class UnknownKernels(Diagnostic):
    """`kernels:` names series of the kernel, from 6.12 on: `6.12..`, `6.12 ..= 7.2`, `6.18`."""

    code = "E0409"
    title = "no kernel that is known here fits `{text}`"
    label = "known are {known}"
    bad = "scheduler s { kernels: 5.10 }\n"
    good = "scheduler s { kernels: 6.12.. }\n"
    text: str
    known: str


@dataclass(frozen=True)
class Recursion(Diagnostic):
    """A function may not call itself, nor through others: the kernel gives a program 512 bytes of stack and wants to see
    its end."""

    code = "E0410"
    title = "`{name}` calls itself"
    label = "through {chain}"
    bad = "scheduler s\nfn f(a: u64) -> u64 { if a == 0 { 0 } else { f(a - 1) } }\n"
    good = "scheduler s\nfn f(a: u64) -> u64 { if a == 0 { 0 } else { a - 1 } }\n"
    help = "go through it in a loop: `while condition max n {{ … }}`"
    name: str
    chain: str


@dataclass(frozen=True)
class CallbackTwice(Diagnostic):
    """Two callbacks of one name: the kernel has one place for each."""

    code = "E0411"
    title = "`on {name}` stands twice"
    label = "second one"
    bad = "scheduler s\non tick(p) { }\non tick(p) { }\n"
    good = "scheduler s\non tick(p) { }\n"
    name: str
    first: Span | None = None

    def labels(self) -> Iterable[Label]:
        if self.first is not None:
            yield Label(self.first, "first one")


@dataclass(frozen=True)
class NotHere(Diagnostic):
    """Some statements belong to some callbacks only: `dump` to dump, dump_cpu and dump_task; `fail` to those whose result
    the kernel reads as an error."""

    code = "E0412"
    title = "`{what}` has no meaning in `{callback}`"
    label = "only in {where}"
    bad = 'scheduler s\non tick(p) { dump "hello" }\n'
    good = 'scheduler s\non dump(ctx) { dump "hello" }\n'
    what: str
    callback: str
    where: str


@dataclass(frozen=True)
class TooManyValues(Diagnostic):
    """The kernel formats at most 12 values in one message (kernel/trace/bpf_trace.c, MAX_BPRINTF_VARARGS)."""

    code = "E0413"
    title = "{count} values in one message"
    label = "at most 12"
    help = "split the message in two"
    count: int
    bad = 'scheduler s\nvar a: u64\non tick(p) { error "' + "{a}" * 13 + '" }\n'
    good = 'scheduler s\nvar a: u64\non tick(p) { error "' + "{a}" * 12 + '" }\n'
