# SPDX-License-Identifier: GPL-2.0-only
"""Findings about types and units."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


def in_units(nanoseconds: int) -> str:
    """A duration as it is written: 5000000 is `5ms`."""
    for size, unit in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")):
        if nanoseconds and nanoseconds % size == 0:
            return f"{nanoseconds // size}{unit}"
    return f"{nanoseconds}ns"


@dataclass(frozen=True)
class WrongType(Diagnostic):
    """A value must have the type that its place asks for. Numbers widen by themselves where nothing can be lost (u32 to u64);
    everything else is written: `x as u32` cuts, `x as i64` reads the same bits as signed."""

    code = "E0301"
    title = "{expected} expected, found {found}"
    label = "this is {found}"
    bad = "scheduler s\nvar a: u32\non tick(p) { a = p.slice }\n"
    good = "scheduler s\nvar a: duration\non tick(p) { a = p.slice }\n"
    expected: str
    found: str
    because: Span | None = None
    because_text: str = ""
    cast: str | None = None

    def labels(self) -> Iterable[Label]:
        if self.because is not None:
            yield Label(self.because, self.because_text)

    def helps(self) -> Iterable[Help]:
        if self.expected == "duration" and self.span.text.isdigit():
            yield Help(f"give the number its unit: `{in_units(int(self.span.text))}`, if nanoseconds are meant", (Edit(self.span, in_units(int(self.span.text))),))
        elif self.expected in ("time", "vtime") and self.found == "a number":
            yield Help("only 0 fits every unit; a moment comes from `now()`, a vtime from `p.vtime`")
        elif self.expected == "cpu" and self.found == "a number":
            yield Help(f"a number may name no CPU: `cpu({self.span.text}) ?? prev`")
        elif self.cast:
            text = self.span.text
            simple = text.replace("_", "").replace(".", "").isalnum() or text.endswith(")")
            new = f"{text} as {self.cast}" if simple else f"({text}) as {self.cast}"
            yield Help(f"write `as {self.cast}` if that is meant", (Edit(self.span, new),))


@dataclass(frozen=True)
class OutOfRange(Diagnostic):
    """A number that is written out must fit its type: it is never cut silently."""

    code = "E0302"
    title = "{value} does not fit {type} ({low} to {high})"
    label = "too large or too small"
    bad = "scheduler s\nvar a: u8 = 300\n"
    good = "scheduler s\nvar a: u16 = 300\n"
    value: int
    type: str
    low: int
    high: int


@dataclass(frozen=True)
class MixedUnits(Diagnostic):
    """Nanoseconds, clock readings and virtual times are all u64 in the kernel, and adding the wrong two is a bug that runs
    for hours before it shows. So units only mix where the result has a meaning: duration ± duration, time ± duration, time -
    time, vtime ± duration, vtime - vtime, duration * n, duration / n, duration / duration. 0 fits every unit."""

    code = "E0303"
    title = "`{op}` has no meaning between {left} and {right}"
    label = "{left} {op} {right}"
    bad = "scheduler s\non tick(p) { p.vtime = now() + p.vtime }\n"
    good = "scheduler s\non tick(p) { p.vtime = p.vtime + 5us }\n"
    op: str
    left: str
    right: str
    left_span: Span | None = None
    right_span: Span | None = None
    hint: str = ""

    def labels(self) -> Iterable[Label]:
        if self.left_span is not None:
            yield Label(self.left_span, f"this is {self.left}")
        if self.right_span is not None:
            yield Label(self.right_span, f"this is {self.right}")

    def helps(self) -> Iterable[Help]:
        literal = next((s for s in (self.left_span, self.right_span) if s is not None and s.text.isdigit()), None)
        if literal is not None and self.op not in ("*", "/", "%") and "duration" in (self.left, self.right):
            yield Help(f"give the number its unit: `{in_units(int(literal.text))}`", (Edit(literal, in_units(int(literal.text))),))
        elif self.hint:
            yield Help(self.hint)


@dataclass(frozen=True)
class MixedSigns(Diagnostic):
    """u64 and i64 read the same bits as different numbers, so their mix is written out: `x as i64` or `x as u64`."""

    code = "E0304"
    title = "{left} `{op}` {right}: say with `as` whether the numbers are signed"
    label = "one side is signed, the other is not"
    bad = "scheduler s\nvar a: i64\nvar b: u64\non tick(p) { a = a + b }\n"
    good = "scheduler s\nvar a: i64\nvar b: u64\non tick(p) { a = a + b as i64 }\n"
    op: str
    left: str
    right: str
    right_span: Span | None = None
    to: str = "i64"

    def helps(self) -> Iterable[Help]:
        if self.right_span is not None:
            text = self.right_span.text
            simple = text.replace("_", "").replace(".", "").isalnum() or text.endswith(")")
            new = f"{text} as {self.to}" if simple else f"({text}) as {self.to}"
            yield Help(f"for instance `{new}`", (Edit(self.right_span, new),))


@dataclass(frozen=True)
class NoSuchOperator(Diagnostic):
    """Operators are for numbers, units, truth values and flags, each in the ways that docs/language.md lists."""

    code = "E0305"
    title = "`{op}` has no meaning for {what}"
    label = "not for {what}"
    bad = "scheduler s\non tick(p) { p.slice = p * 2 }\n"
    good = "scheduler s\non tick(p) { p.slice = p.slice * 2 }\n"
    op: str
    what: str


@dataclass(frozen=True)
class NotATruth(Diagnostic):
    """Conditions are of type bool; a number is no truth value here, so that `if x = 1` and `if flags & 4` cannot slip by."""

    code = "E0306"
    title = "a condition must be true or false, this is {found}"
    label = "not a bool"
    bad = "scheduler s\nstat a\non tick(p) { if p.weight { a += 1 } }\n"
    good = "scheduler s\nstat a\non tick(p) { if p.weight != 0 { a += 1 } }\n"
    found: str

    def helps(self) -> Iterable[Help]:
        if self.found[:1] in "ui" or self.found in ("number", "duration", "time"):
            text = self.span.text
            yield Help(f"compare it: `{text} != 0`", (Edit(self.span, f"{text} != 0"),))


@dataclass(frozen=True)
class NotAssignable(Diagnostic):
    """Only variables, members and elements can be assigned to; locals only where they are declared `let mut`; parameters
    of the policy are fixed when it is loaded."""

    code = "E0307"
    title = "`{what}` cannot be changed"
    label = "{why}"
    bad = "scheduler s\nparam a: u64 = 1\non tick(p) { a = 2 }\n"
    good = "scheduler s\nvar a: u64 = 1\non tick(p) { a = 2 }\n"
    what: str
    why: str
    declared: Span | None = None
    hint: str = ""

    def labels(self) -> Iterable[Label]:
        if self.declared is not None:
            yield Label(self.declared, "declared here")

    def helps(self) -> Iterable[Help]:
        if self.hint:
            yield Help(self.hint, self._mut())

    def _mut(self) -> tuple[Edit, ...]:
        """`mut` before a name that a `let` made."""
        at = self.declared
        if at is None or "let mut" not in self.hint or not at.source.text[: at.start].endswith("let "):
            return ()
        return (Edit(at.source.span(at.start, at.start), "mut "),)


@dataclass(frozen=True)
class WrongArguments(Diagnostic):
    """A call gives each parameter a value, in order, then by name; parameters with a default may be left out."""

    code = "E0308"
    title = "{problem}"
    label = "{name} takes {signature}"
    bad = "scheduler s\nfn f(a: u64) -> u64 { a }\nvar b: u64\non tick(p) { b = f() }\n"
    good = "scheduler s\nfn f(a: u64) -> u64 { a }\nvar b: u64\non tick(p) { b = f(1) }\n"
    problem: str
    name: str
    signature: str
    declared: Span | None = None

    def labels(self) -> Iterable[Label]:
        if self.declared is not None:
            yield Label(self.declared, "declared here")


@dataclass(frozen=True)
class MissingValue(Diagnostic):
    """A function or callback that gives a value gives one on every path."""

    code = "E0309"
    title = "{what} gives {type}, but not on every path"
    label = "falls off its end without a value"
    bad = "scheduler s\non select_cpu(p, prev, wake) { if p.weight > 1 { return prev } }\n"
    good = "scheduler s\non select_cpu(p, prev, wake) { if p.weight > 1 { return prev }\n prev }\n"
    what: str
    type: str

    def helps(self) -> Iterable[Help]:
        yield Help(f"end the block with a value of type {self.type}, or with `return`")


@dataclass(frozen=True)
class UnwantedValue(Diagnostic):
    """A value that nobody takes is most often a mistake; a block that gives nothing must not end with one."""

    code = "E0310"
    title = "this {type} goes nowhere"
    label = "{why}"
    bad = "scheduler s\non tick(p) { return 5 }\n"
    good = "scheduler s\non tick(p) { return }\n"
    type: str
    why: str
    ignored: bool = False  # a statement's value, which `_` can take

    def helps(self) -> Iterable[Help]:
        if self.ignored:
            yield Help("look at it, or say that it does not matter: `let _ = …`", (Edit(self.span, f"let _ = {self.span.text}"),))


@dataclass(frozen=True)
class DifferentBranches(Diagnostic):
    """An `if` used as a value has one type, whichever branch runs."""

    code = "E0311"
    title = "the branches differ: {first} and {second}"
    label = "this is {second}"
    bad = "scheduler s\nvar a: u64\non tick(p) { a = if p.weight > 5 { 1 } else { 5ms } }\n"
    good = "scheduler s\nvar a: u64\non tick(p) { a = if p.weight > 5 { 1 } else { 5 } }\n"
    first: str
    second: str
    other: Span | None = None

    def labels(self) -> Iterable[Label]:
        if self.other is not None:
            yield Label(self.other, f"this is {self.first}")


@dataclass(frozen=True)
class NotConstant(Diagnostic):
    """The value must be known when the policy is compiled: numbers, other constants, and operators on them."""

    code = "E0312"
    title = "{what} must be a constant"
    label = "only known while the scheduler runs"
    bad = "scheduler s\nvar a: u64\nconst B = a\n"
    good = "scheduler s\nconst B = 5\nvar a: u64 = B\n"
    what: str


@dataclass(frozen=True)
class NotATuple(Diagnostic):
    """`let (a, b) = e` takes apart a value with as many items as names."""

    code = "E0313"
    title = "{count} names for {found}"
    label = "this is {found}"
    bad = "scheduler s\non select_cpu(p, prev, wake) { let (a, b) = prev\n a }\n"
    good = "scheduler s\non select_cpu(p, prev, wake) { let (a, b) = select_cpu_dfl(p, prev, wake)\n a }\n"
    count: int
    found: str


@dataclass(frozen=True)
class MaybeNone(Diagnostic):
    """A value of type `T?` may be `none`, and the kernel refuses a program that does not look. Open it first:
    `if let t = x { … }`, `let t = x else { return }`, or `x ?? other`."""

    code = "E0314"
    title = "this {type} may be none"
    label = "open it first"
    bad = "scheduler s\nstat a\non dispatch(cpu, prev) { if prev.weight > 5 { a += 1 } }\n"
    good = "scheduler s\nstat a\non dispatch(cpu, prev) { if let t = prev { if t.weight > 5 { a += 1 } } }\n"
    type: str
    instead: str = ""  # what stands in for none where any number will do

    def helps(self) -> Iterable[Help]:
        value = self.span.text if len(self.span.text) < 40 and "\n" not in self.span.text else "…"
        yield Help(f"`if let x = {value} {{ … }}`, `let x = {value} else {{ return }}`, or a value for none: `{value} ?? …`")
        if self.instead:
            text = f"({self.span.text} ?? {self.instead})"
            yield Help(f"for instance `{text}`", (Edit(self.span, text),))


@dataclass(frozen=True)
class NotOptional(Diagnostic):
    """`if let`, `let … else` and `??` open a value that may be none; this one is always there."""

    code = "E0315"
    title = "{found} is always there: nothing to open"
    label = "never none"
    bad = "scheduler s\nstat a\non tick(p) { if let t = p { a += 1 } }\n"
    good = "scheduler s\nstat a\non dispatch(cpu, prev) { if let t = prev { a += 1 } }\n"
    found: str
