# SPDX-License-Identifier: GPL-2.0-only
"""Inserts that can't be meant are warned of, and only those."""

import pytest

from scxdsl.compiler import check

HEAD = "scheduler s\ndsq q\nfn put(t: task) { q.insert(t) }\n"


def found(body: str, callback: str = "enqueue(p, flags)") -> list[tuple[str, int]]:
    return [(d.code, d.span.line) for d in check(f"{HEAD}on {callback} {{\n{body}\n}}\n").diagnostics]


@pytest.mark.parametrize(
    "body",
    [
        "q.insert(p)",
        "if p.is_kthread { q.insert(p) } else { LOCAL.insert(p) }",
        "if p.is_kthread { q.insert(p) ; return }\nLOCAL.insert(p)",
        "if p.is_kthread { q.insert(p) }\nif !p.is_kthread { LOCAL.insert(p) }",
        "match p.weight { 1 => q.insert(p), else => LOCAL.insert(p) }",
        "if p.weight > 7 { q.insert(p) ; error \"no\" }\nput(p)",
        "for c in p.cpus_allowed { if c == p.cpu { continue }\nLOCAL(c).insert(p)\nbreak }\nif LOCAL.len == 0 { return }",
        "for c in cpus { if c == p.cpu { LOCAL(c).insert(p)\nreturn } }\nq.insert(p)",
    ],
)
def test_one_insert_on_each_path_is_what_is_meant(body: str) -> None:
    assert found(body) == []


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("q.insert(p)\nLOCAL.insert(p)", 6),
        ("if p.is_kthread { q.insert(p) } else { LOCAL.insert(p) }\nput(p)", 6),
        ("put(p)\nif p.weight > 5 {\nput(p) }", 7),
        ("if p.is_kthread { return }\nput(p)\nlet other = 3\nif other > p.weight { q.insert(p) }", 8),
    ],
)
def test_a_second_insert_is_seen_at_its_line(body: str, line: int) -> None:
    assert [at for code, at in found(body) if code == "E0506"] == [line]


def test_dispatch_inserts_many_tasks() -> None:
    assert found("if let t = prev { q.insert(t)\nq.insert(t) }", "dispatch(cpu, prev)") == []


def test_a_slice_of_zero_is_none() -> None:
    assert found("q.insert(p, 0)") == [("W0501", 5)] and found("q.insert(p, 0ms)") == [("W0501", 5)]
    assert found("q.insert(p, 1ns)") == []


def test_a_queue_is_named_by_its_declaration() -> None:
    assert found("dsq(77).insert(p)") == [("E0507", 5)]


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("LOCAL.insert(p)\nif let t = task(p.tgid) { LOCAL.insert(t) }", ["E0504"]),
        ("if let t = task(p.tgid) { put(t) } else { put(p) }", ["E0504"]),
        ("let same = p\nput(same)", []),
    ],
)
def test_enqueue_inserts_its_own_task(body: str, codes: list[str]) -> None:
    assert [code for code, _ in found(body)] == codes


def test_a_kick_is_idle_or_preempts() -> None:
    assert found("this_cpu.kick(.idle | .preempt)", "tick(p)") == [("E0505", 5)]
    assert found("this_cpu.kick(.wait | .idle)", "tick(p)") == [("E0505", 5)]
    assert found("this_cpu.kick(.idle)\nthis_cpu.kick(.preempt | .wait)", "tick(p)") == []
