# SPDX-License-Identifier: GPL-2.0-only
"""Findings about the kernel's own names."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help
from scxdsl.source.records import dataclass

from .short_forms import form_of


@dataclass(frozen=True)
class NoSuchKernelName(Diagnostic):
    """`kernel has X` asks whether the running kernel has a function, constant or struct named X. No kernel that is known
    here has this one, so the answer would always be no."""

    code = "E0415"
    title = "no kernel that is known here has `{name}`"
    label = "unknown everywhere"
    bad = "scheduler s\nstat a\non tick(p) { if kernel has scx_bpf_noww { a += 1 } }\n"
    good = "scheduler s\nstat a\non tick(p) { if kernel has scx_bpf_now { a += 1 } }\n"
    name: str
    similar: str | None = None


@dataclass(frozen=True)
class UnsupportedKernelType(Diagnostic):
    """The kernel has this function or field, but it passes something that the language has no type for: a pointer that must be
    owned, a buffer, a union. Most of these have a short form in the language; see docs/language."""

    code = "E0416"
    title = "`{name}` passes what the language has no type for"
    label = "no form for it"
    bad = "scheduler s\non tick(p) { scx_bpf_error_bstr(1, 2, 3) }\n"
    good = 'scheduler s\non tick(p) { error "ended" }\n'
    name: str

    def helps(self) -> Iterable[Help]:
        form = form_of(self.name)
        if form:
            yield Help(f"here that is {form}")


@dataclass(frozen=True)
class FlagByKernelName(Diagnostic):
    """Where flags are expected their type says which set is meant, so a flag is a dot and the last part of its kernel name, in small
    letters: SCX_KICK_IDLE is `.idle` in `c.kick(.idle)`, SCX_ENQ_HEAD is `.head` in `q.insert(p, SLICE, .head)`."""

    code = "E0432"
    title = "`{name}` is written `{short}` here"
    label = "the kernel's name"
    bad = "scheduler s\non tick(p) { this_cpu.kick(SCX_KICK_IDLE) }\n"
    good = "scheduler s\non tick(p) { this_cpu.kick(.idle) }\n"
    name: str
    short: str

    def helps(self) -> Iterable[Help]:
        why = ": what is expected here says which flags are meant" if self.short.startswith(".") else ""
        yield Help(f"write `{self.short}`{why}", (Edit(self.span, self.short),))


@dataclass(frozen=True)
class MovedConstant(Diagnostic):
    """The loader looks a constant up in the kernel by the name of its enum and its own. This one moved from one enum to another between
    the declared kernels, so neither pair of names is there on all of them."""

    code = "E0433"
    title = "`{name}` stands in different enums on the declared kernels: {enums}"
    label = "no one place to look for it"
    help = "declare kernels on one side of the change: `kernels: 7.1..`"
    bad = "scheduler s\nvar n: u64\non tick(p) { n = SCX_TASK_ENABLED }\n"
    good = "scheduler s { kernels: 7.1.. }\nvar n: u64\non tick(p) { n = SCX_TASK_ENABLED }\n"
    name: str
    enums: str


@dataclass(frozen=True)
class CalledInPairs(Diagnostic):
    """This kernel function takes something that another call has to give back, or gives it back: an object, a lock, an iterator, a section
    in which preemption or interrupts are off. The verifier follows them on every path and refuses a program in which one is missing. The
    compiler writes both calls, so a policy names what it wants and never calls them itself."""

    code = "E0431"
    title = "`{name}` is one of a pair of calls, and the compiler writes both"
    label = "not called by a policy"
    bad = "scheduler s\non tick(p) { bpf_rcu_read_lock() }\n"
    good = "scheduler s\non tick(p) { if let t = task(p.tgid) { t.slice = 1ms } }\n"
    name: str

    def helps(self) -> Iterable[Help]:
        form = form_of(self.name)
        if form:
            yield Help(f"here that is {form}")
