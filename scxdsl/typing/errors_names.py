# SPDX-License-Identifier: GPL-2.0-only
"""Findings about names: unknown, declared twice, of the wrong sort."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label, Severity
from scxdsl.source.library import names as standard_names
from scxdsl.source.records import dataclass
from scxdsl.source.surroundings import below_the_scheduler
from scxdsl.source.text import Span

from .c_names import CALLS, MEMBERS


def close_to(name: str, known: Iterable[str]) -> str | None:
    """The known name that the author most likely meant."""
    from difflib import get_close_matches  # only where something is wrong

    lower = {k.lower(): k for k in sorted(known) if k != name}
    found = get_close_matches(name.lower(), list(lower), n=1, cutoff=0.7)
    return lower[found[0]] if found else None


@dataclass(frozen=True)
class UnknownName(Diagnostic):
    """Every name must be declared in the policy, be a parameter or a `let` that stands before, or belong to the language.

    A name is looked for among the locals, then the declarations, then the words of the language such as `now` or `LOCAL`.
    """

    code = "E0201"
    title = "nothing is named `{name}` here"
    label = "not declared"
    bad = "scheduler s\non tick(p) { p.slice = lenght }\n"
    good = "scheduler s\nparam length: duration = 5ms\non tick(p) { p.slice = length }\n"
    name: str
    similar: str | None = None

    def helps(self) -> Iterable[Help]:
        if self.name in standard_names():
            at = below_the_scheduler(self.span)
            edits = (Edit(at, f"\nuse {self.name}"),) if at else ()
            yield Help(f"the standard library has a module of that name: write `use {self.name}` below the scheduler's name", edits)
        elif self.name in CALLS:
            yield Help(f"here that is {CALLS[self.name]}")
        elif self.similar:
            yield Help(f"did you mean `{self.similar}`?", (Edit(self.span, self.similar),))


@dataclass(frozen=True)
class DeclaredTwice(Diagnostic):
    """A name stands for one thing: declarations share one space of names, and locals may not hide them, so that a reader
    never has to ask which one is meant."""

    code = "E0202"
    title = "`{name}` is declared already"
    label = "declared again here"
    help = "choose another name for one of the two"
    bad = "scheduler s\nstat a\nvar a: u64\n"
    good = "scheduler s\nstat a\nvar b: u64\n"
    name: str
    first: Span | None = None

    def labels(self) -> Iterable[Label]:
        if self.first is not None:
            yield Label(self.first, "first declared here")


@dataclass(frozen=True)
class ReservedName(Diagnostic):
    """Words of the language (`LOCAL`, `now`, `max`, …) cannot be declared anew: they would change their meaning."""

    code = "E0203"
    title = "`{name}` is a word of the language"
    label = "cannot be declared"
    help = "choose another name"
    bad = "scheduler s\nvar now: u64\n"
    good = "scheduler s\nvar clock: u64\n"
    name: str


@dataclass(frozen=True)
class UnknownType(Diagnostic):
    """Types are `bool`, `u8 … u64`, `i8 … i64`, `duration`, `time`, `vtime`, `cpu`, `task`, `cgroup`, `dsq`, … and the structs,
    enums and tables that the policy declares."""

    code = "E0204"
    title = "there is no type `{name}`"
    label = "not a type"
    bad = "scheduler s\nvar a: int\n"
    good = "scheduler s\nvar a: i32\n"
    name: str
    similar: str | None = None


@dataclass(frozen=True)
class UnknownMember(Diagnostic):
    """A value has the members that the language gives its type, and those that the policy adds in `per` blocks. Fields of
    kernel structs that have no short form are reached by their kernel names."""

    code = "E0205"
    title = "{what} has no member `{name}`"
    label = "unknown member"
    bad = "scheduler s\non tick(p) { p.slise = 5ms }\n"
    good = "scheduler s\non tick(p) { p.slice = 5ms }\n"
    what: str
    name: str
    similar: str | None = None
    known: tuple[str, ...] = ()

    def helps(self) -> Iterable[Help]:
        habit = MEMBERS.get(self.name)
        if habit in self.known:
            yield Help(f"did you mean `{habit}`?", (Edit(self.span, habit or ""),))
        elif habit == "in" and "intersects" in self.known:
            yield Help("write `c in m`")
        elif self.similar:
            yield Help(f"did you mean `{self.similar}`?", (Edit(self.span, self.similar),))
        elif self.what == "a task":
            yield Help(f"state of your own is declared: `per task {{ {self.name}: … }}`; fields of the kernel have their kernel names")
        elif self.known:
            yield Help("it has " + ", ".join(f"`{n}`" for n in self.known[:12]))


@dataclass(frozen=True)
class UnknownConstant(Diagnostic):
    """A name behind a dot is a constant of the kernel, found by the type that is expected: `.idle` among the kick flags is
    SCX_KICK_IDLE."""

    code = "E0206"
    title = "{what} have no `.{name}`"
    label = "unknown constant"
    bad = "scheduler s\non tick(p) { p.cpu.kick(.idel) }\n"
    good = "scheduler s\non tick(p) { p.cpu.kick(.idle) }\n"
    what: str
    name: str
    known: tuple[str, ...] = ()

    def helps(self) -> Iterable[Help]:
        similar = close_to(self.name, self.known)
        if similar:
            yield Help(f"did you mean `.{similar}`?", (Edit(self.span, f".{similar}"),))
        elif self.known:
            yield Help("known are " + ", ".join(f".{k}" for k in self.known))


@dataclass(frozen=True)
class ConstantWithoutType(Diagnostic):
    """`.idle` is looked up in the set that the place expects; here nothing says which set that is."""

    code = "E0207"
    title = "nothing here says which constants `.{name}` belongs to"
    label = "no set of constants is expected here"
    help = "give the value to a parameter, a field or an operator whose other side has the type"
    bad = "scheduler s\non tick(p) { let f = .idle }\n"
    good = "scheduler s\non tick(p) { p.cpu.kick(.idle) }\n"
    name: str


@dataclass(frozen=True)
class UnknownCallback(Diagnostic):
    """`on NAME(…)` names a member of the kernel's `struct sched_ext_ops`."""

    code = "E0208"
    title = "sched_ext has no callback `{name}`"
    label = "unknown callback"
    bad = "scheduler s\non enqeue(p, flags) { }\n"
    good = "scheduler s\ndsq q\non enqueue(p, flags) { q.insert(p) }\non dispatch(cpu) { q.move_to_local() }\n"
    name: str
    similar: str | None = None
    tracepoint: bool = False

    def helps(self) -> Iterable[Help]:
        if self.similar:
            yield Help(f"did you mean `{self.similar}`?", (Edit(self.span, self.similar),))
        elif self.tracepoint:
            yield Help(f"it is a tracepoint: `hook tp_btf {self.name}(…) {{ … }}`")


@dataclass(frozen=True)
class NotACallable(Diagnostic):
    """Functions, operations of the kernel and types are called; values are not."""

    code = "E0209"
    title = "`{name}` cannot be called"
    label = "a {what}, not a function"
    bad = "scheduler s\nvar a: u64\non tick(p) { a() }\n"
    good = "scheduler s\nvar a: u64\non tick(p) { a += 1 }\n"
    name: str
    what: str


@dataclass(frozen=True)
class NotAValue(Diagnostic):
    """A function or a type is no value: a function is called, a type stands where a type is expected."""

    code = "E0210"
    title = "`{name}` is no value"
    label = "a {what}"
    bad = "scheduler s\nfn f() -> u64 { 1 }\nvar a: u64\non tick(p) { a = f }\n"
    good = "scheduler s\nfn f() -> u64 { 1 }\nvar a: u64\non tick(p) { a = f() }\n"
    name: str
    what: str

    def helps(self) -> Iterable[Help]:
        use = {"function": f"call it: `{self.name}(…)`", "table": f"one of its rows is `{self.name}(i)`, which may be none", "lock": f"take it: `under {self.name} {{ … }}`",
               "map": f"look into it: `{self.name}[k]`", "timer": f"start it: `{self.name}.start(5ms)`"}.get(self.what)  # fmt: skip
        if use:
            yield Help(use)


@dataclass(frozen=True)
class UnusedName(Diagnostic):
    """A local that nothing reads is most often a mistake."""

    code = "W0201"
    severity = Severity.WARNING
    title = "`{name}` is never used"
    label = "never read"
    bad = "scheduler s\non tick(p) { let a = p.weight }\n"
    good = "scheduler s\nstat heavy\non tick(p) { let a = p.weight\n if a > 100 { heavy += 1 } }\n"
    name: str

    def helps(self) -> Iterable[Help]:
        yield Help("if this is meant, name it `_`")
