# SPDX-License-Identifier: GPL-2.0-only
"""`python -m benchmarks`: makes all tables in one run and prints them as Markdown."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from scxdsl import compiler, objects
from scxdsl.guest import Guest
from scxdsl.guest.errors import GuestError
from scxdsl.guest.kernels import installed
from scxdsl.guest.qemu import Topology

from . import clang, engines, grown, guests, lines, loaders, timing
from .cases import CASES, ROOT, Case, equivalent, with_vmlinux
from .guests import Cost, Side
from .report import ms, ratio, table

KERNELS = ("6.18", "7.3")
SHAPE = Topology(cores=2, threads=2)  # pair wants siblings


class Guests:
    """The running guests by series, each booted when it is first asked for. 6.12 takes a quarter of an hour to build: only one that is there."""

    def __init__(self, series: list[str], stack: ExitStack) -> None:
        first = ["6.12"] if series and "6.12" not in series and installed("6.12") else []
        self.series = [*first, *series]
        self._stack = stack
        self._running: dict[str, Guest] = {}

    def __getitem__(self, series: str) -> Guest:
        if series not in self._running:
            self._running[series] = self._stack.enter_context(Guest(series, topology=SHAPE))
        return self._running[series]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--kernels", nargs="*", default=KERNELS, help="series to boot; none: no guest")
    parser.add_argument("--repeat", type=int, default=15, help="fresh processes for each time (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load for the cost of a call (%(default)s)")
    parser.add_argument("--rounds", type=int, default=4, help="of load for the cost of a call (%(default)s)")
    parser.add_argument("--tables", nargs="*", choices=TABLES, default=list(TABLES), help="which to make (all)")
    parser.add_argument("--cases", nargs="*", choices=[c.name for c in CASES], default=[c.name for c in CASES], help="which originals (all)")
    args = parser.parse_args()
    try:
        with ExitStack() as stack:
            running = Guests(list(args.kernels), stack)
            for name in args.tables:
                for part in TABLES[name](args, running):
                    print(part, flush=True)
    except (clang.Missing, clang.Failed, GuestError) as fault:
        print(f"benchmarks: {fault if isinstance(fault, clang.Missing | clang.Failed) else fault.message}", file=sys.stderr)
        return 3
    return 0


@cache
def ours(policy: Path) -> bytes:
    built = compiler.build(policy.read_text(), policy.name)
    assert built.object is not None, [d.message for d in built.diagnostics]
    return built.object


@cache
def theirs(case: Case) -> Side:
    return Side(case.original().build(), *loaders.of_original(case.name))


def chosen(args: argparse.Namespace) -> list[Case]:
    return [c for c in CASES if c.name in args.cases]


def instructions(data: bytes) -> dict[str, int]:
    """Instructions by callback, and of each subprogram once; those of two slots counted once."""
    names = guests.callbacks(data)
    return {names.get(p.name, p.name): len(p.instructions) for p in objects.read(data).functions}


def size_table(args: argparse.Namespace, running: Guests) -> Iterator[str]:
    """The one comparison of like with like: examples/simple.scx and the same in C."""
    yield f"## simple.scx and the same scheduler in C ({clang.version()})\n"
    builds = {"scxdsl": ours(ROOT / "examples" / "simple.scx"), "C": equivalent().build()}
    columns = {"instructions": {n: instructions(d) for n, d in builds.items()}}
    for kernel in args.kernels:
        found = {n: guests.verify(running[kernel], Side(d)) for n, d in builds.items()}
        for name, verified in found.items():
            if verified.refusal:
                yield f"{kernel} refuses {name}: {verified.refusal}\n"
        columns[f"verified, {kernel}"] = {n: v.by_callback for n, v in found.items()}
    yield _by_callback(columns)
    sizes = {n: len(d) for n, d in builds.items()}
    yield table(["", "scxdsl", "C", "scxdsl / C"], [["object, bytes", *map(str, sizes.values()), ratio(*sizes.values())]])


def _by_callback(columns: dict[str, dict[str, dict[str, int]]]) -> str:
    """`columns`: title -> side -> callback -> count."""
    sides = list(next(iter(columns.values())))
    callbacks = dict.fromkeys(callback for by in columns.values() for side in by.values() for callback in side)
    rows = [[callback, *(str(by[n].get(callback, "")) for by in columns.values() for n in sides)] for callback in callbacks]
    totals = {title: {n: sum(by[n].values()) for n in sides} for title, by in columns.items()}
    rows.append(["**all**", *(f"**{totals[title][n]}**" for title in columns for n in sides)])
    rows.append(["scxdsl / C", *(c for title in columns for c in (ratio(*(totals[title][n] for n in sides)), ""))])
    return table(["callback", *(f"{title}: {n}" for title in columns for n in sides)], rows)


def time_table(args: argparse.Namespace, running: Guests) -> Iterator[str]:
    """Commands in fresh processes."""
    policy = str(ROOT / "examples" / "simple.scx")
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "`scxdsl check simple.scx`": timing.scxdsl("check", policy),
            "`scxdsl build simple.scx`": timing.scxdsl("build", policy, "-o", f"{folder}/ours.o"),
            "clang, our C, its own small header": equivalent().command(f"{folder}/small.o"),
            "clang, our C, vmlinux.h and libbpf's headers": with_vmlinux().command(f"{folder}/whole.o"),
            "clang, the kernel's scx_simple": CASES[0].original().command(f"{folder}/scx_simple.o"),
            "(`python -c pass`)": [sys.executable, "-c", "pass"],
        }
        yield f"## Time of a fresh process ({os.cpu_count()} CPUs, {args.repeat} runs each)\n"
        times = timing.measure(commands, args.repeat)
    rows = [[n, ms(t.median), ms(t.least), ms(t.one_cpu), ms(t.cpu)] for n, t in times.items()]
    yield table(["command", "median", "least", "median, one CPU", "CPU time, least"], rows)


def growth_table(args: argparse.Namespace, running: Guests) -> Iterator[str]:
    """`check` on policies of growing length."""
    texts = {n: grown.policy(n) for n in (200, 400, 800, 1600)}
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for n, text in texts.items():
            path = Path(folder) / f"grown{n}.scx"
            path.write_text(text)
            commands[str(lines.count(text))] = timing.scxdsl("check", str(path))
        yield f"## `scxdsl check` as policies grow ({os.cpu_count()} CPUs, {args.repeat} runs each)\n"
        times = timing.measure(commands, args.repeat)
    rows = [[n, ms(t.median), ms(t.least), ms(t.cpu)] for n, t in times.items()]
    yield table(["lines", "median", "least", "CPU time, least"], rows)


def original_table(args: argparse.Namespace, running: Guests) -> Iterator[str]:
    """The kernel tree's schedulers. Where examples/ has no counterpart yet, C stands alone."""
    yield "## The kernel tree's own schedulers\n"
    rows, notes = [], []
    for case in chosen(args):
        found, said = _original(case, running, args)
        rows += found
        notes += said
    head = ["scheduler", "lines", "instructions", *(f"verified, {k}" for k in running.series), "object, bytes", "build, median"]
    yield table(head, rows)
    yield from (f"- {note}" for note in notes)


def _original(case: Case, running: Guests, args: argparse.Namespace) -> tuple[list[list[str]], list[str]]:
    """Rows of the original, of ours and of their ratios, and the kernels' words where they refuse."""
    with tempfile.TemporaryDirectory() as folder:
        unit = case.original()
        sides = {f"{case.name}, C ({case.release.series})": (theirs(case), lines.of_c(unit.path), unit.command(f"{folder}/c.o"))}
        if case.policy is not None:
            command = timing.scxdsl("build", str(case.policy), "-o", f"{folder}/ours.o")
            sides[f"{case.name}.scx"] = (Side(ours(case.policy)), lines.of_policy(case.policy), command)
        times = timing.measure({n: command for n, (_, _, command) in sides.items()}, max(args.repeat // 3, 3))
    rows, notes, figures = [], [], []
    for name, (side, length, _) in sides.items():
        found = {k: guests.verify(running[k], side) if side.before is None or case.runs_on(k) else None for k in running.series}
        notes += [f"{name} on {k}: {v.refusal}" for k, v in found.items() if v and v.refusal]
        verified = [v.total if v and not v.refusal else 0 for v in found.values()]
        numbers = [length, sum(instructions(side.data).values()), *verified, len(side.data)]
        figures.append([*numbers, times[name].median])
        rows.append([name, *(str(n or "") for n in numbers), ms(times[name].median)])
    if len(figures) == 2:
        rows.append(["", *(f"**{ratio(b, a)}**" if a and b else "" for a, b in zip(*figures, strict=True))])
    return rows, notes


def cost_table(args: argparse.Namespace, running: Guests) -> Iterator[str]:
    """Nanoseconds a call from the kernel's bpf_stats, both sides under the same load in the same guest."""
    yield "## Nanoseconds a call\n\nWithout KVM it is qemu's time, and only ratios mean something.\n"
    for case in chosen(args):
        if case.policy is None or not running.series:
            continue
        kernel = next(k for k in reversed(running.series) if case.runs_on(k))
        sides = {"scxdsl": Side(ours(case.policy)), "C": theirs(case)}
        if case.name == "simple":
            sides["our C"] = Side(equivalent().build())
        try:
            found = guests.costs(running[kernel], sides, args.seconds, args.rounds, case.load)
        except guests.Unfit as fault:
            yield f"{case.name} on {kernel}: {fault.message}\n"
            continue
        yield f"### {case.name} on {kernel}, load `{case.load}`\n"
        rows = [[c, *(f"{by[c].nanoseconds:.0f}" if c in by else "" for by in found.values()), _ratio(found, [c]), f"{cost.calls}"]
                for c, cost in found["C"].items()]  # fmt: skip
        rows += [[c, f"{cost.nanoseconds:.0f}", *([""] * len(sides))] for c, cost in found["scxdsl"].items() if c not in found["C"]]
        rows.append(["**all that both have**", *([""] * len(sides)), f"**{_ratio(found, list(found['C']))}**", ""])
        yield table(["callback", *sides, "scxdsl / C", "calls in C"], rows)


def _ratio(found: dict[str, dict[str, Cost]], callbacks: list[str]) -> str:
    """Ours to theirs, each callback weighted by its calls in C."""
    both = [(found["scxdsl"][c].nanoseconds, found["C"][c]) for c in callbacks if c in found["scxdsl"]]
    return ratio(sum(ns * c.calls for ns, c in both), sum(c.nanoseconds * c.calls for _, c in both)) if both else ""


def engine_table(args: argparse.Namespace, running: Guests) -> Iterator[str]:
    """The reference interpreter and the bytecode machine."""
    yield "## Callbacks a second of CPU time, simple.scx on the model of sched_ext\n"
    yield table(["engine", "callbacks a second"], [[name, f"{speed:,.0f}"] for name, speed in engines.speeds().items()])


TABLES = {"engines": engine_table, "size": size_table, "time": time_table, "growth": growth_table, "originals": original_table, "cost": cost_table}

if __name__ == "__main__":
    sys.exit(main())
