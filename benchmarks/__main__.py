# SPDX-License-Identifier: GPL-2.0-only
"""`python -m benchmarks`: makes all tables in one run and prints them as Markdown."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from scxdsl import compiler, objects
from scxdsl.guest import Guest
from scxdsl.guest.errors import GuestError
from scxdsl.guest.kernels import installed

from . import clang, guests, lines, timing
from .cases import CASES, ROOT, Case, equivalent, with_vmlinux
from .report import ms, ratio, table

KERNELS = ("6.18", "7.3")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--kernels", nargs="*", default=KERNELS, help="series to boot; none: no guest")
    parser.add_argument("--repeat", type=int, default=15, help="fresh processes for each time (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load for the cost of a call (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of load for the cost of a call (%(default)s)")
    parser.add_argument("--tables", nargs="*", choices=TABLES, default=list(TABLES), help="which to make (all)")
    args = parser.parse_args()
    try:
        for name in args.tables:
            for part in TABLES[name](args):
                print(part, flush=True)
    except (clang.Missing, clang.Failed, GuestError) as fault:
        print(f"benchmarks: {fault if isinstance(fault, clang.Missing | clang.Failed) else fault.message}", file=sys.stderr)
        return 3
    return 0


def ours(policy: Path) -> bytes:
    built = compiler.build(policy.read_text(), policy.name)
    assert built.object is not None, [d.message for d in built.diagnostics]
    return built.object


def instructions(data: bytes) -> dict[str, int]:
    """Instructions by callback, those of two slots counted once."""
    names = guests.callbacks(data)
    return {names.get(p.name, p.name): len(p.instructions) for p in objects.read(data).programs}


def size_table(args: argparse.Namespace) -> Iterator[str]:
    """The one comparison of like with like: examples/simple.scx and the same in C."""
    yield f"## simple.scx and the same scheduler in C ({clang.version()})\n"
    builds = {"scxdsl": ours(ROOT / "examples" / "simple.scx"), "C": equivalent().build()}
    columns = {"instructions": {n: instructions(d) for n, d in builds.items()}}
    for kernel in args.kernels:
        with Guest(kernel) as guest:
            found = {n: guests.verify(guest, d) for n, d in builds.items()}
        for name, verified in found.items():
            if verified.refusal:
                yield f"{kernel} refuses {name}: {verified.refusal}\n"
        columns[f"verified, {kernel}"] = {n: v.by_callback for n, v in found.items()}
    rows = []
    for callback in columns["instructions"]["scxdsl"]:
        rows.append([callback, *(str(by[n].get(callback, "")) for by in columns.values() for n in builds)])
    totals = {title: {n: sum(by[n].values()) for n in builds} for title, by in columns.items()}
    rows.append(["**all**", *(f"**{totals[title][n]}**" for title in columns for n in builds)])
    rows.append(["scxdsl / C", *(c for title in columns for c in (ratio(totals[title]["scxdsl"], totals[title]["C"]), ""))])
    yield table(["callback", *(f"{title}: {n}" for title in columns for n in builds)], rows)
    sizes = {n: len(d) for n, d in builds.items()}
    yield table(["", "scxdsl", "C", "scxdsl / C"], [["object, bytes", *map(str, sizes.values()), ratio(*sizes.values())]])


def time_table(args: argparse.Namespace) -> Iterator[str]:
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


def original_table(args: argparse.Namespace) -> Iterator[str]:
    """The kernel tree's schedulers. Where examples/ has no counterpart yet, C stands alone."""
    yield "## The kernel tree's own schedulers\n"
    rows, notes = [], []
    # qmap before cids calls what newer kernels dropped; a 6.12 takes a quarter of an hour to build, so only one that is there
    kernels = [*(["6.12"] if args.kernels and "6.12" not in args.kernels and installed("6.12") else []), *args.kernels]
    with ExitStack() as stack:
        running = {k: stack.enter_context(Guest(k)) for k in kernels}
        for case in CASES:
            for row, note in _originals(case, running, args):
                rows.append(row)
                notes += note
    head = ["scheduler", "lines", "instructions", *(f"verified, {k}" for k in kernels), "object, bytes", "build, median"]
    yield table(head, rows)
    yield from (f"- {note}" for note in notes)


def _originals(case: Case, running: dict[str, Guest], args: argparse.Namespace) -> Iterator[tuple[list[str], list[str]]]:
    with tempfile.TemporaryDirectory() as folder:
        unit = case.original()
        sides = {f"{case.name}, C ({case.release.series})": (unit.build(), lines.of_c(unit.path), unit.command(f"{folder}/c.o"))}
        if case.policy is not None:
            command = timing.scxdsl("build", str(case.policy), "-o", f"{folder}/ours.o")
            sides[f"{case.name}.scx"] = (ours(case.policy), lines.of_policy(case.policy), command)
        times = timing.measure({n: command for n, (_, _, command) in sides.items()}, max(args.repeat // 3, 3))
    for name, (data, length, _) in sides.items():
        found = {k: guests.verify(g, data) for k, g in running.items()}
        notes = [f"{name} on {k}: {v.refusal}" for k, v in found.items() if v.refusal]
        verified = [str(v.total) if not v.refusal else "refused" for v in found.values()]
        yield [name, str(length), str(sum(instructions(data).values())), *verified, str(len(data)), ms(times[name].median)], notes


def cost_table(args: argparse.Namespace) -> Iterator[str]:
    """Nanoseconds a call from the kernel's bpf_stats, for those who have a counterpart that runs as it is."""
    builds = {"scxdsl": ours(ROOT / "examples" / "simple.scx"), "our C": equivalent().build(), "scx_simple": CASES[0].original().build()}
    for kernel in args.kernels:
        with Guest(kernel) as guest:
            found = guests.costs(guest, builds, args.seconds, args.rounds)
        yield f"## Nanoseconds a call on {kernel}\n\nWithout KVM it is qemu's time, and only ratios mean something.\n"
        rows = [[c, *(f"{by[c]:.0f}" if c in by else "" for by in found.values())] for c in found["scxdsl"]]
        yield table(["callback", *builds], rows)


TABLES = {"size": size_table, "time": time_table, "originals": original_table, "cost": cost_table}

if __name__ == "__main__":
    sys.exit(main())
