# SPDX-License-Identifier: GPL-2.0-only
"""Findings about state: `per` blocks, tables, atomics, histograms."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.surroundings import before
from scxdsl.source.text import Span


@dataclass(frozen=True)
class UnknownKind(Diagnostic):
    """State belongs to something that the kernel or the policy has many of: task, cpu, core, llc, node, cgroup; rows of the
    policy's own are a `table`."""

    code = "E0601"
    title = "nothing is called `{kind}` that could have state"
    label = "task, cpu, core, llc, node or cgroup expected"
    help = "for rows of your own declare `table {kind}[64] {{ … }}`"
    bad = "scheduler s\nper thread { runs: u64 }\n"
    good = "scheduler s\nper task { runs: u64 }\n"
    kind: str


@dataclass(frozen=True)
class MemberTaken(Diagnostic):
    """A member stands beside the kernel's own under one name space, so it may not take the name of a kernel member or of
    another member of the same kind."""

    code = "E0602"
    title = "`{kind}.{name}` exists already"
    label = "{why}"
    help = "choose another name: a member may not hide one of the kernel's"
    bad = "scheduler s\nper task { slice: duration }\n"
    good = "scheduler s\nper task { last_slice: duration }\n"
    kind: str
    name: str
    why: str
    first: Span | None = None

    def labels(self) -> Iterable[Label]:
        if self.first is not None:
            yield Label(self.first, "the first one")


@dataclass(frozen=True)
class AtomicSize(Diagnostic):
    """The processor changes 4 or 8 bytes at once: `atomic` is for u32, i32, u64, i64, durations, times and vtimes."""

    code = "E0603"
    title = "a {type} cannot be atomic"
    label = "neither a number of 4 nor of 8 bytes"
    bad = "scheduler s\natomic var ready: bool\n"
    good = "scheduler s\natomic var ready: u32\n"
    type: str


@dataclass(frozen=True)
class NotAtomic(Diagnostic):
    """`add`, `swap`, `cas` and `raise` change a place in one step that no other CPU can come between. The place must be
    declared `atomic`."""

    code = "E0604"
    title = "`{what}` is not atomic"
    label = "`.{operation}` needs an atomic place"
    bad = "scheduler s\nvar n: u64\non tick(p) { n.add(1) }\n"
    good = "scheduler s\natomic var n: u64\non tick(p) { n.add(1) }\n"
    what: str
    operation: str
    declared: Span | None = None

    def labels(self) -> Iterable[Label]:
        if self.declared is not None:
            yield Label(self.declared, "declare it `atomic`")

    def helps(self) -> Iterable[Help]:
        if self.declared is not None and self.declared.text.startswith("var "):
            yield Help("declare it `atomic`", (Edit(before(self.declared), "atomic "),))


@dataclass(frozen=True)
class AtomicUpdate(Diagnostic):
    """On an atomic place `+=`, `-=`, `&=`, `|=` and `^=` are one step. There is no such step for other operators, nor for a
    subtraction of durations, which stops at 0: use `cas` in a loop, or `raise`."""

    code = "E0605"
    title = "`{op}=` is no single step on an atomic {type}"
    label = "another CPU could come between"
    help = "read it, compute, and store with `cas(old, new)`"
    bad = "scheduler s\natomic var n: u64\non tick(p) { n *= 2 }\n"
    good = "scheduler s\natomic var n: u64\non tick(p) { n += 2 }\n"
    op: str
    type: str


@dataclass(frozen=True)
class BadDefault(Diagnostic):
    """What a field starts with is written out or a parameter: rows are filled in before the policy runs."""

    code = "E0606"
    title = "a field cannot start with this"
    label = "neither written out nor a parameter"
    help = "give the field its value where the row is made: in `on init_task`, `on cgroup_init` or `on init`"
    bad = "scheduler s\nvar v: u64\nper task { a: u64 = v }\n"
    good = "scheduler s\nparam v: u64 = 5\nper task { a: u64 = v }\n"


@dataclass(frozen=True)
class NotOurs(Diagnostic):
    """Tasks that come from the kernel's own structures may be none of the scheduler's: the idle task, or one of another class.
    They have no state. `ours(t)` gives the task where it has."""

    code = "E0607"
    title = "`{name}` belongs to tasks of the scheduler, this is a kernel task"
    label = "may have no state"
    help = "open it first: `if let t = ours({text}) {{ … }}`"
    bad = "scheduler s\nper task { n: u64 }\nvar v: u64\non tick(p) { v = this_cpu.curr.n }\n"
    good = "scheduler s\nper task { n: u64 }\nvar v: u64\non tick(p) { if let t = ours(this_cpu.curr) { v = t.n } }\n"
    name: str
    text: str


@dataclass(frozen=True)
class BadTable(Diagnostic):
    """A table has from 1 to 65536 rows, and its `count` is a number: a constant, a parameter or a variable."""

    code = "E0608"
    title = "table `{name}`: {problem}"
    label = "{problem}"
    bad = "scheduler s\ntable dom[0] { a: u64 }\n"
    good = "scheduler s\ntable dom[8] { a: u64 }\n"
    name: str
    problem: str


@dataclass(frozen=True)
class QueueIndex(Diagnostic):
    """A row of queues is indexed by what it was declared with: a number, or an index of the kind."""

    code = "E0609"
    title = "`{name}`: {problem}"
    label = "not one queue, but many"
    bad = "scheduler s\ndsq q[llc]\non enqueue(p, flags) { q.insert(p) }\n"
    good = "scheduler s\ndsq q[llc]\non enqueue(p, flags) { q[p.cpu.llc].insert(p) }\n"
    name: str
    problem: str


@dataclass(frozen=True)
class TaskQueue(Diagnostic):
    """Tasks wait in queues, and a queue is served by CPUs: one of each task would hold nobody, or others that no CPU looks for. The kernel
    makes queues where it may sleep and keeps all of them in one table, which thousands of tasks would fill."""

    code = "E0611"
    title = "a task has no queue of its own: `{name}`"
    label = "tasks wait in queues, and own none"
    help = "give the queue to a cpu, core, llc, node, cgroup or a table, and the task a member that says which one"
    bad = "scheduler s\nper task { dsq q }\n"
    good = "scheduler s\ntable lane[8] { dsq q }\nper task { lane: lane? }\non enqueue(p, flags) { if let l = p.lane { l.q.insert(p) } else { GLOBAL.insert(p) } }\n"
    name: str


@dataclass(frozen=True)
class Unnamed(Diagnostic):
    """`task(pid)` and `ours(t)` hold a task until the end of the block that it was opened in, so they are opened where they
    stand: by `if let`, by `let … else`, or into a `let`."""

    code = "E0701"
    title = "what `{what}` gives has no owner"
    label = "give it a name first"
    help = "write `if let t = {what}(…) {{ … }}` or `let t = {what}(…) else {{ … }}`"
    bad = "scheduler s\nfn w(t: task?) -> u64 { 1 }\nvar n: u64\non tick(p) { n = w(task(1)) }\n"
    good = "scheduler s\nvar n: u64\non tick(p) { if let t = task(1) { n = t.weight as u64 } }\n"
    what: str


@dataclass(frozen=True)
class Outlives(Diagnostic):
    """A task that is held goes back to the kernel at the end of the block around its name. It cannot be the value of that
    block, be returned, or be stored in a variable from outside."""

    code = "E0702"
    title = "`{name}` is given back before this could be used"
    label = "leaves its block here"
    bad = "scheduler s\nfn f(n: i32) -> task? { let t = task(n)\n t }\non tick(p) { }\n"
    good = "scheduler s\nvar n: u64\non tick(p) { let t = task(3) else { return }\n n = t.weight as u64 }\n"
    name: str
    declared: Span

    def labels(self) -> Iterable[Label]:
        yield Label(self.declared, "held from here to the end of its block")
