# SPDX-License-Identifier: GPL-2.0-only
"""Every callback with every operation: what check takes is put together, a group of operations a policy; what it refuses stands
alone, so that a kernel refuses it for that one reason."""

from collections.abc import Iterator
from dataclasses import dataclass

from scxdsl.compiler import check
from scxdsl.kernel.facts import Facts
from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Severity
from scxdsl.typing.callbacks import RESULTS

# Operation -> (group, declarations, statements). `T` stands for the callback's task; it is left out where there is none.
OPERATIONS: dict[str, tuple[str, str, str]] = {
    "insert": ("insert", "dsq q", "q.insert(T, 5ms)"),
    "insert_vtime": ("insert_vtime", "dsq v", "v.insert(T, 5ms, vtime: T.vtime)"),
    "insert_local": ("insert_local", "", "LOCAL.insert(T)"),
    "move_to_local": ("kernel", "dsq q", "q.move_to_local()"),
    "slots": ("kernel", "var n: u64", "n = slots()"),
    "cancel": ("kernel", "", "cancel()"),
    "len": ("kernel", "dsq q\nvar n: u64", "n = q.len"),
    "select_cpu": ("select", "stat hits", "let (c0, i0) = select_cpu_dfl(T, this_cpu, {})\nif i0 && c0 == this_cpu { hits += 1 }"),
    "kick": ("kernel", "", "this_cpu.kick(.idle)"),
    "kick_preempt": ("kernel", "", "this_cpu.kick(.preempt)"),
    "claim": ("kernel", "stat hits", "if this_cpu.claim() { hits += 1 }"),
    "idle_cpu": ("kernel", "stat hits", "if let c1 = idle_cpu(online) { c1.kick(.idle)\nhits += 1 }"),
    "idle_core": ("kernel", "stat hits", "if let c2 = idle_cpu(T.cpus_allowed, .core) { hits += 1 }"),
    "perf_set": ("kernel", "", "let mine = this_cpu\nmine.perf = 512"),
    "perf_get": ("kernel", "var f: u32", "f = this_cpu.perf_cap\nf = this_cpu.perf_cur"),
    "topology": ("kernel", "var n: u64", "n = this_cpu.node.index + this_cpu.llc.index + this_cpu.core.index + nr_cpus"),
    "curr": ("kernel", "var pid: i32", "pid = this_cpu.curr.pid"),
    "now": ("kernel", "var clock: time", "clock = now()"),
    "online": ("kernel", "stat hits", "for c3 in online { hits += 1 }"),
    "task_fields": ("kernel", "var n: u64", "n = T.pid as u64 + T.tgid as u64 + T.weight + T.flags + T.nr_cpus_allowed"),
    "task_truths": ("kernel", "stat hits", "if T.is_kthread || T.queued || T.running || T.nice < 0 { hits += 1 }"),
    "task_cpu": ("kernel", "stat hits", "if T.cpu == this_cpu || this_cpu in T.cpus_allowed { hits += 1 }"),
    "task_comm": ("kernel", "", 'log "{T.comm}"'),
    "task_slice": ("kernel", "", "T.slice = 5ms"),
    "task_vtime": ("kernel", "", "T.vtime = T.vtime + 5"),
    "task_by_pid": ("kernel", "var n: u64", "if let o = task(7) { n = o.weight }"),
    "waker": ("waker", "var n: u64", "if let w = waker() { n = w.weight }"),
    "ours": ("kernel", "var n: u64", "if let r = ours(this_cpu.curr) { n = r.weight }"),
    "state": ("language", "per task { runs: u64; since: time? }", "T.runs += 1\nif let b0 = T.since { T.since = b0 + 1ms }"),
    "state_cpu": ("language", "per cpu { load: u64; stat turns }\nper llc { busy: u32 }", "this_cpu.load += 1\nthis_cpu.turns += 1\nthis_cpu.llc.busy = 3"),
    "rows": ("language", "table dom[4] { a: [u32; 4] }", "for d in dom { d.a[1] += 1 }"),
    "hash": ("language", "map seen: hash<i32, u64>[64]", "let old = seen[3] ?? 0\nseen[3] = old + 1\nseen.remove(4)"),
    "lru": ("language", "map last: lru<u64, u32>[64]\nstat hits", "last[5] = 1\nif 6 in last { hits += 1 }"),
    "fifo": ("language", "map wait: queue<u64>[16]\nstat hits", "if !wait.push(1) { hits += 1 }\nif let x0 = wait.pop() { hits += 1 }"),
    "timer": ("language", "timer once { }", "if !once.armed { once.start(2ms) }"),
    "timer_stop": ("language", "timer once { }", "once.stop()"),
    "lock": ("language", "var a: u64\nvar b: u64\nlock l guards a, b\nstat hits", "under l { a += 1\nb = a\nhits += 1 }"),
    "tree": ("language", "struct Node { key: u64 }\ntree t[16]: Node by key\nlock k guards t", "under k { t.insert(Node(3)) }"),
    "atomics": ("language", "atomic var big: u64\natomic var small: u32", "big += 1\nbig.raise(9)\nsmall.cas(0, 1)\nsmall.swap(2)"),
    "error": ("language", "var n: u64", 'if n > 1000 { error "too many: {n}" }'),
    "loops": ("language", "var n: u64", "for i in 0 .. 8 { n += i }\nrepeat 3 { n *= 3 }\nwhile n > 7 max 70 { n /= 3 }"),
    "floating": ("language", "hist h\npercpu var here: u64", "h.add(here)\nhere += 1"),
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A policy and what it holds: a callback's name and an operation's or a group's."""

    name: str
    text: str


def made() -> Iterator[Made]:
    """All policies: `CALLBACK.group` accepted by check, `CALLBACK!operation` refused there."""
    target = Target.of("6.12..")
    for name in target.facts.op_names:
        op = target.facts.op(name)
        if op is None or op.refused & target.kernels:
            continue
        yield from _callback(name, target.facts)


def _callback(name: str, facts: Facts) -> Iterator[Made]:
    groups: dict[str, list[str]] = {}
    for key, (group, _, statements) in OPERATIONS.items():
        if "T." in statements or "(T" in statements:
            if _task(name, facts) is None:
                continue
        text = policy(name, [key], facts)
        errors = [d for d in check(text, f"{name}.scx").diagnostics if d.severity is Severity.ERROR]
        if errors:
            yield Made(f"{name}!{key}", policy(name, [key], facts, counted=True))
        else:
            groups.setdefault(group, []).append(key)
    for group, keys in groups.items():
        yield Made(f"{name}.{group}", policy(name, keys, facts))


def _arguments(name: str, facts: Facts) -> tuple[str, ...]:
    op = facts.op(name)
    proto = op.proto.newest if op is not None else None
    return tuple(f"a{i}" for i in range(len(proto.args))) if proto is not None else ()


def _task(name: str, facts: Facts) -> str | None:
    """The word for the callback's own task; none where the kernel may give no task."""
    op = facts.op(name)
    proto = op.proto.newest if op is not None else None
    for i, arg in enumerate(proto.args if proto is not None else ()):
        if arg.type.target is not None and arg.type.target.name == "task_struct" and not arg.nullable:
            return f"a{i}"
    return None


def policy(name: str, keys: list[str], facts: Facts, counted: bool = False) -> str:
    """The callback with these operations in it; `counted`: with a counter of its calls, so that a run can tell whether it came there."""
    declarations = dict.fromkeys(line for key in keys for line in OPERATIONS[key][1].splitlines() if line)
    statements = [line for key in keys for line in OPERATIONS[key][2].splitlines()]
    if counted:
        declarations["stat reached"] = None
        statements.insert(0, "reached += 1")
    task = _task(name, facts)
    lines = [s if task is None else s.replace("T.", f"{task}.").replace("(T", f"({task}") for s in statements]
    end = {"select_cpu": "return a1"}.get(name, "return false" if name in RESULTS else "")
    body = "\n".join(f"    {line}" for line in [*lines, end] if line)
    head = "\n".join(["scheduler places", *declarations])
    return f"{head}\non {name}({', '.join(_arguments(name, facts))}) {{\n{body}\n}}\n"
