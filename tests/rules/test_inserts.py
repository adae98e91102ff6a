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


SERVES = "if t.weight > 300 { LOCAL.insert(t)\nreturn true }\nfalse"
LEAVES = "if t.weight > 300 { return false }\nLOCAL.insert(t)\ntrue"
CHOOSES = "if t.weight > 300 { LOCAL.insert(t)\ntrue } else { false }"
PLACES = "if t.weight > 300 { return none }\nLOCAL.insert(t)\nt.cpu"
ALWAYS = "LOCAL.insert(t)\nreturn t.weight > 300"
HIDES = "if t.weight > 300 { return false }\nLOCAL.insert(t)\nt.weight > 100"


def after_call(function: str, body: str) -> list[str]:
    kind = "cpu?" if function is PLACES else "bool"
    text = f"scheduler s\ndsq q\nfn served(t: task) -> {kind} {{\n{function}\n}}\non enqueue(p, flags) {{\n{body}\n}}\n"
    return [d.code for d in check(text).diagnostics]


@pytest.mark.parametrize("function", [SERVES, LEAVES, CHOOSES])
@pytest.mark.parametrize(
    ("free", "taken"),
    [
        ("if served(p) { return }\nq.insert(p)", "if !served(p) { return }\nq.insert(p)"),
        ("if !served(p) { q.insert(p) }", "if served(p) { q.insert(p) }"),
        ("if served(p) || p.is_kthread && served(p) { return }\nq.insert(p)", "if served(p) && p.is_kthread { q.insert(p) }"),
        ("match served(p) { true => return, else => q.insert(p) }", "match served(p) { false => return, else => q.insert(p) }"),
    ],
)
def test_a_function_that_inserts_where_it_gives_true_leaves_the_other_way_free(function: str, free: str, taken: str) -> None:
    assert after_call(function, free) == []
    assert after_call(function, taken) == ["E0506"]


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("if let c = served(p) { c.kick(.idle)\nreturn }\nq.insert(p)", []),
        ("if served(p) == none { q.insert(p) }", []),
        ("let c = served(p) else { q.insert(p)\nreturn }\nc.kick(.idle)", []),
        ("let c = served(p) else { return }\nq.insert(p)\nc.kick(.idle)", ["E0506"]),
        ("match served(p) { none => q.insert(p), c => c.kick(.idle) }", []),
    ],
)
def test_none_and_something_tell_as_false_and_true_do(body: str, codes: list[str]) -> None:
    assert after_call(PLACES, body) == codes


@pytest.mark.parametrize(
    ("function", "body", "codes"),
    [
        (ALWAYS, "if served(p) { return }\nq.insert(p)", ["E0506"]),
        (HIDES, "if served(p) { return }\nq.insert(p)", ["W0502"]),
        (HIDES, "if served(p) { q.insert(p) }", ["E0506"]),
        ("LOCAL.insert(t)\nreturn true", "if served(p) { }\nq.insert(p)", ["E0506"]),
        (SERVES, "let done = served(p)\nif done { return }\nq.insert(p)", []),
    ],
)
def test_a_value_that_is_computed_tells_nothing(function: str, body: str, codes: list[str]) -> None:
    assert after_call(function, body) == codes


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("if p.weight > 300 { LOCAL.insert(p) }\nq.insert(p)", ["W0502"]),
        ("match p.weight { 1 => LOCAL.insert(p), 0 => LOCAL.insert(p) }\nq.insert(p)", ["W0502"]),
        ("match p.weight { 1 => LOCAL.insert(p), else => { } }\nif p.weight != 1 { q.insert(p) }", []),
        ("match p.weight { 1 => LOCAL.insert(p), else => LOCAL.insert(p) }\nq.insert(p)", ["E0506"]),
    ],
)
def test_where_only_some_ways_have_inserted_it_warns(body: str, codes: list[str]) -> None:
    assert [code for code, _ in found(body)] == codes


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
