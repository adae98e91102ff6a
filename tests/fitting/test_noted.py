# SPDX-License-Identifier: GPL-2.0-only
"""What lowering itself rewrites is told: effects that wait for a lock, and kernel functions that not every kernel has."""

from scxdsl.compiler import build

HEAD = "scheduler s\ndsq q\nvar n: u64\nlock l guards n\nstat hits\n"


def told(text: str) -> list[tuple[str, int, str, str]]:
    built = build(text)
    assert built.ok, built.diagnostics
    return [(r.kind, r.span.line, r.function, r.text) for r in built.rewritings]


def test_effects_under_a_lock_are_told_with_their_lines() -> None:
    found = told(HEAD + "on enqueue(p, flags) {\n    under l {\n        n += 1\n        q.insert(p, 1ms)\n        log \"in\"\n    }\n}\n")
    assert found[0] == ("effects", 7, "enqueue", "2 effects take place after the release of l, from lines 9, 10")


def test_forms_of_kernel_functions_are_told_by_program() -> None:
    text = HEAD + "on dispatch(cpu, prev) { q.move_to_local() }\n"
    assert told(text) == [("forms", 6, "dispatch", "called where the kernel has them: scx_bpf_dsq_move_to_local, scx_bpf_consume")]
    newer = text.replace("scheduler s\n", "scheduler s { kernels: 6.18..6.19 }\n")
    assert told(newer) == []
