# SPDX-License-Identifier: GPL-2.0-only
"""Findings about locks and what may stand under them."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.surroundings import change
from scxdsl.source.text import Span

_LOCK = "scheduler s\nvar n: u64\nvar m: u64\nstat seen\nlock l guards n\n"


@dataclass(frozen=True)
class NotGuardable(Diagnostic):
    """A lock guards `var`s and trees of the policy; a lock that is a member guards members of the same row. Nothing is guarded
    by two locks, and what is atomic or each CPU's own needs none."""

    code = "E0801"
    title = "a lock cannot guard `{name}`"
    label = "{why}"
    bad = "scheduler s\nparam n: u64 = 1\nlock l guards n\n"
    good = "scheduler s\nvar n: u64 = 1\nlock l guards n\n"
    name: str
    why: str


@dataclass(frozen=True)
class NotALock(Diagnostic):
    """`under` takes the name of a lock: one that the policy declares, or one that is a member (`q.l`)."""

    code = "E0802"
    title = "`{name}` is no lock"
    label = "a lock expected"
    help = "declare `lock {name} guards …`, with the variables that it protects"
    bad = "scheduler s\nvar n: u64\non tick(p) { under n { n += 1 } }\n"
    good = "scheduler s\nvar n: u64\nlock l guards n\non tick(p) { under l { n += 1 } }\n"
    name: str


@dataclass(frozen=True)
class WithoutLock(Diagnostic):
    """Guarded state is read and written only with its lock held: inside `under`, or in a function that is declared `under` that
    lock. `racy x` reads it without, for hints."""

    code = "E0803"
    title = "`{name}` is touched without its lock"
    label = "`{lock}` is not held here"
    bad = _LOCK + "on tick(p) { n += 1 }\n"
    good = _LOCK + "on tick(p) { under l { n += 1 } }\n"
    name: str
    lock: str
    guard: Span
    unlocked: bool = True  # no other lock is held there

    def labels(self) -> Iterable[Label]:
        yield Label(self.guard, "guarded here")

    def helps(self) -> Iterable[Help]:
        whole = change(self.span) if self.unlocked and self.lock.isidentifier() else None
        edits = (Edit(whole, f"under {self.lock} {{ {whole.text} }}"),) if whole else ()
        yield Help(f"put it into `under {self.lock} {{ … }}`; to read a value that may be stale write `racy {self.name}`", edits)


@dataclass(frozen=True)
class NeedsLock(Diagnostic):
    """A function declared `under l` touches what l guards, so it is called only where l is held."""

    code = "E0804"
    title = "`{name}` is called without the lock it needs"
    label = "`{lock}` is not held here"
    bad = _LOCK + "fn more() under l { n += 1 }\non tick(p) { more() }\n"
    good = _LOCK + "fn more() under l { n += 1 }\non tick(p) { under l { more() } }\n"
    name: str
    lock: str
    declared: Span

    unlocked: bool = True  # no other lock is held there

    def labels(self) -> Iterable[Label]:
        yield Label(self.declared, "declared here")

    def helps(self) -> Iterable[Help]:
        text = f"under {self.lock} {{ {self.span.text} }}"
        edits = (Edit(self.span, text),) if self.unlocked and self.lock.isidentifier() else ()
        yield Help(f"call it inside `under {self.lock} {{ … }}`", edits)


@dataclass(frozen=True)
class SecondLock(Diagnostic):
    """The kernel lets a program hold one bpf_spin_lock at a time, and the same one never twice (kernel/bpf/verifier.c,
    process_spin_lock: "Locking two bpf_spin_locks are not allowed")."""

    code = "E0805"
    title = "a second lock is taken while one is held"
    label = "only one lock at a time"
    help = "end the first `under` before, or let one lock guard what both guard"
    bad = _LOCK + "lock k guards m\non tick(p) { under l { n += 1\n under k { m += 1 } } }\n"
    good = _LOCK + "lock k guards m\non tick(p) { under l { n += 1 }\n under k { m += 1 } }\n"
    first: Span
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterable[Label]:
        yield Label(self.first, "held since here")
        yield from self.path


@dataclass(frozen=True)
class QuestionUnderLock(Diagnostic):
    """The kernel answers no question while a bpf_spin_lock is held (kernel/bpf/verifier.c: "function calls are not allowed
    while holding a lock"): no clock, no queue length, no lookup of tasks, CPUs or map entries. Ask before the lock is taken,
    and use the answer inside."""

    code = "E0806"
    title = "`{words}` asks the kernel while a lock is held"
    label = "a question under `{lock}`"
    help = "bind the answer to a name before `under`, and use the name inside"
    bad = "scheduler s\nvar last: time\nlock l guards last\non tick(p) { under l { last = now() } }\n"
    good = "scheduler s\nvar last: time\nlock l guards last\non tick(p) { let t = now()\n under l { last = t } }\n"
    words: str
    lock: str
    held: Span
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterable[Label]:
        yield Label(self.held, "the lock is taken here")
        yield from self.path


@dataclass(frozen=True)
class MoveUnderLock(Diagnostic):
    """`move_to_local` and `move` take the locks of run queues and may call `dequeue`, which may want the same lock; and whether
    a task was moved is known only then. They cannot wait for the release of a lock either: their answer is wanted at once."""

    code = "E0807"
    title = "`{words}` cannot stand under a lock"
    label = "takes run-queue locks and may call `dequeue`"
    help = "move it behind the `under` block; give the block a value that says whether to move"
    bad = _LOCK + "dsq q\non dispatch(cpu, prev) { under l { n += 1\n q.move_to_local() } }\n"
    good = _LOCK + "dsq q\non dispatch(cpu, prev) { under l { n += 1 }\n q.move_to_local() }\n"
    words: str
    held: Span
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterable[Label]:
        yield Label(self.held, "the lock is taken here")
        yield from self.path


@dataclass(frozen=True)
class EffectInLoop(Diagnostic):
    """Effects inside `under` take place when the lock is released. In a loop there would be any number of them to remember, so
    none may stand there: collect what to do in variables or an array, and do it behind the block."""

    code = "E0808"
    title = "`{words}` is an effect in a loop under a lock"
    label = "would have to wait, once for each turn"
    help = "remember in a variable what to do, and do it behind the `under` block"
    bad = _LOCK + "on tick(p) { under l { repeat 4 { n += 1\n seen += 1 } } }\n"
    good = _LOCK + "on tick(p) { under l { repeat 4 { n += 1 } }\n seen += 4 }\n"
    words: str
    held: Span
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterable[Label]:
        yield Label(self.held, "the lock is taken here")
        yield from self.path


@dataclass(frozen=True)
class LoopUnderLock(Diagnostic):
    """Under a lock the kernel has no iterators (bpf_iter_num only from 6.16 on), so it follows every turn of a loop. Such a loop
    runs over numbers known when the policy is compiled, at most 1024 turns, or over an array; not over CPUs, tasks, cgroups."""

    code = "E0809"
    title = "a loop under a lock needs a bound that the text shows"
    label = "{why}"
    help = "write a number as the bound (`while i < n max 64`), or run the loop before the lock is taken"
    bad = _LOCK + "on tick(p) { under l { for i in 0 .. p.weight { n += 1 } } }\n"
    good = _LOCK + "on tick(p) { under l { for i in 0 .. 8 { n += 1 } } }\n"
    why: str
    held: Span
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterable[Label]:
        yield Label(self.held, "the lock is taken here")
        yield from self.path


@dataclass(frozen=True)
class LookupUnderLock(Diagnostic):
    """Members that a policy adds to tasks, CPUs and cgroups lie in maps, and under a lock there are no lookups. The compiler looks
    them up before it takes the lock, so their owner must be a name from outside of the block that does not change."""

    code = "E0810"
    title = "the owner of `{name}` is not known before the lock is taken"
    label = "its state must be looked up first"
    help = "bind the owner to a name (`let t = …`) before `under`"
    bad = _LOCK + "per task { runs: u64 }\non tick(p) { under l { let mut t = p\n t.runs += n } }\n"
    good = _LOCK + "per task { runs: u64 }\non tick(p) { under l { p.runs += n } }\n"
    name: str
    held: Span
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterable[Label]:
        yield Label(self.held, "the lock is taken here")
        yield from self.path
