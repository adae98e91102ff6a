# SPDX-License-Identifier: GPL-2.0-only
"""How large a program may be.

Source: kernel/bpf/verifier.c, do_check: `BPF program is too large. Processed %d insn` after BPF_COMPLEXITY_LIMIT_INSNS, a million; jumps of the
machine's third version reach 32767 instructions. The sizes are those of the typed tree after functions were made subprograms
(typing/subprograms.py). What is refused here is far beyond both limits; in between LLVM (E0905) and the kernel decide.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.subprograms import plan

LAID, WALKED = 60_000, 600_000
"""Nodes: a node comes to an instruction and a half, and the verifier walks each at least once."""


@dataclass(frozen=True)
class ProgramTooLarge(Diagnostic):
    """The kernel's verifier walks at most a million instructions of a program. Functions are laid into their callers, or in large programs
    become subprograms where they take at most four numbers, tasks or cgroups and no `mut` parameters, and are not called under a lock. A chain
    of functions that each call the one before twice, over many links, comes to more than that all the same: it would not end in time
    either."""

    code = "E0650"
    title = "`{name}` comes to some {count} million instructions when all that it calls is laid out: the kernel verifies at most one million"
    label = "too large with all that it calls"
    help = "call the functions from a loop, or fewer times; a `mut` or large parameter keeps a function from being a subprogram"
    bad = (
        "scheduler s\nvar out: u64\nfn f0(mut x: u64) { x += 3 }\n"
        + "".join(f"fn f{i}(mut x: u64) {{ f{i - 1}(x)\n f{i - 1}(x) }}\n" for i in range(1, 20))
        + "on tick(p) {\n    let mut x = 1 as u64\n    f19(x)\n    out = x\n}\n"
    )
    good = (
        "scheduler s\nvar out: u64\nfn f0(x: u64) -> u64 { x * 3 + 1 }\n"
        + "".join(f"fn f{i}(x: u64) -> u64 {{ f{i - 1}(f{i - 1}(x)) }}\n" for i in range(1, 12))
        + "on tick(p) { out = f11(p.weight) }\n"
    )
    name: str
    count: int


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for c in policy.callbacks:
        _check(c.body, c.params, c.name_span, c.name, diagnostics)
    for t in policy.timers:
        if t.body is not None:
            _check(t.body, [], t.span, t.name, diagnostics)
    for h in policy.hooks:
        _check(h.body, [], h.name_span, h.target, diagnostics)
    for command in policy.commands:
        if command.body is not None:
            _check(command.body, [], command.span, command.name, diagnostics)


def _check(body: typed.BlockValue, params: list[typed.Variable], span: Span, name: str, diagnostics: Diagnostics) -> None:
    found = plan(body, params)
    if found.laid > LAID or found.walked > WALKED:
        where = span if found.largest is None else found.largest.span
        diagnostics.add(ProgramTooLarge(where, name if found.largest is None else found.largest.name, max(1, found.walked * 3 // 2_000_000)))
