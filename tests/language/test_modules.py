# SPDX-License-Identifier: GPL-2.0-only
"""Modules: what `use` finds, what is reached through it, and where findings stand."""

import pytest

from scxdsl.compiler import Checked, build, check
from scxdsl.source.library import standard
from scxdsl.source.render_json import diagnostics_json
from scxdsl.source.render_sarif import render_sarif
from scxdsl.source.render_text import render
from scxdsl.source.text import Source

PARTS = """\
use pelt

const N = 7
const T: [u64; 3] = [1, 2, 3]
struct S { a: u64; b: u64 = 5 }
enum Kind { small, large(u64) }
var count: u64
atomic var tickets: u64
var unused: u64
stat hits, misses
param scale: u64 = 2 in 1 ..= 9
dsq side

fn f(x: u64) -> u64 {
    hits += 1
    x * pelt.PERIOD + T[1] * scale
}
fn never(x: u64) -> u64 { unused += 1; T[0] + x }
fn g(mut s: S) { s.a += s.b }
fn size(k: Kind) -> u64 {
    match k {
        .small => 0
        .large(n) => n
    }
}
test "f" { assert f(1) == 1028 }
"""


def files(**texts: str):
    """A loader of files by their stems, and of the standard library."""
    known = {f"{stem}.scx": text for stem, text in texts.items()}

    def load(name: str) -> Source | None:
        return Source(name, known[name]) if name in known else standard(name)

    return load


def checked(text: str, path: str = "policy.scx", **texts: str) -> Checked:
    return check("scheduler s\n" + text, path, load=files(**texts))


def codes(found: Checked) -> list[str]:
    return [f"{d.code} {d.span.source.path}:{d.span.line}" for d in found.diagnostics]


WHOLE = """\
use "m.scx"
use "m.scx" as again
const TWICE = m.N * 2
struct Mine { inner: m.S; maybe: u64 }
var z: m.S
var mine: Mine
var k: m.Kind
on tick(p) {
    z = m.S(a: m.count)
    m.g(z)
    again.g(mine.inner)
    m.count += m.f(z.a) + TWICE
    m.tickets.add(1)
    m.hits += 1
    k = .large(3)
    mine.maybe = m.size(k) + m.T[2] + m.scale
}
on enqueue(p, flags) { m.side.insert(p, 5ms) }
on dispatch(cpu, prev) { m.side.move_to_local() }
"""


def test_every_kind_of_declaration_is_reached_through_its_module() -> None:
    found = checked(WHOLE, m=PARTS)
    assert not found.diagnostics, render(found.diagnostics)
    policy = found.policy
    assert {g.name for g in policy.globals} == {"z", "mine", "k", "m_count", "m_tickets"}
    assert [s.name for s in policy.stats] == ["m_hits"], "what nobody reaches leaves no trace"
    assert [p.name for p in policy.params] == ["m_scale"]
    assert [(d.name, d.number) for d in policy.dsqs] == [("m_side", 0)]
    assert str(next(g for g in policy.globals if g.name == "z").type) == "m.S"


def test_a_policy_with_modules_builds_and_bears_the_lines_of_both_files() -> None:
    from scxdsl.objects import read

    built = build("scheduler s\n" + WHOLE, "policy.scx", load=files(m=PARTS))
    assert built.object is not None, render(built.diagnostics)
    obj = read(built.object)
    assert {"m_count", "m_scale"} <= {g.name for g in obj.globals}
    assert {line.path for f in obj.functions for line in f.lines} >= {"policy.scx", "m.scx"}


def test_names_of_the_object_do_not_clash() -> None:
    found = checked('use "m.scx"\nvar m_count: u64\non tick(p) { m.count += m_count }\n', m="var count: u64\n")
    assert not found.diagnostics
    assert len({g.name for g in found.policy.globals}) == 2


def test_types_of_one_name_in_two_modules_are_two_types() -> None:
    text = 'use "a.scx"\nuse "b.scx"\nvar x: a.S\non tick(p) { x = b.S(1) }\n'
    assert codes(checked(text, a="struct S { n: u64 }\n", b="struct S { n: u64 }\n")) == ["E0301 policy.scx:5"]


def test_a_path_starts_where_the_file_that_uses_it_stands() -> None:
    known = {"x/lib/a.scx": 'use "../b.scx"\nconst N = b.N\n', "x/b.scx": "const N = 5ms\n"}
    text = 'scheduler s\nuse "lib/a.scx"\non tick(p) { p.slice = a.N }\n'
    found = check(text, "x/policy.scx", load=lambda name: Source(name, known[name]) if name in known else None)
    assert not found.diagnostics, render(found.diagnostics)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use nothing_such\non tick(p) { nothing_such.f(1) }\n", ["E0220 policy.scx:2"]),
        ('use "gone.scx"\nvar x: gone.T\n', ["E0220 policy.scx:2"]),
        ("var x: pelt.Avg\n", ["E0220 policy.scx:2"]),
        ('use "policy.scx" as me\n', ["E0221 policy.scx:2"]),
        ('use "one.scx"\n', ["E0221 two.scx:1"]),
        ('use "whole.scx"\n', ["E0222 whole.scx:1", "E0222 whole.scx:2"]),
        ('use "m"\n', ["E0223 policy.scx:2"]),
        ('use "my-part.scx"\n', ["E0223 policy.scx:2"]),
        ('use "m.scx"\non tick(p) { m.nothing(1) }\n', ["E0224 policy.scx:3"]),
        ('use "m.scx"\non tick(p) { p.slice = m.M * 1ms }\n', ["E0224 policy.scx:3"]),
        ('use "m.scx"\non tick(p) { m.x += 1 }\n', ["E0224 policy.scx:3"]),
        ('use "m.scx"\nvar x: m.R\n', ["E0224 policy.scx:3"]),
        ('use "m.scx"\non tick(p) { p.slice = m.pelt }\n', ["E0224 policy.scx:3"]),
        ('use "m.scx"\non tick(p) { p.slice = m }\n', ["E0210 policy.scx:3"]),
        ('use "m.scx"\non tick(p) { let m = 1; log "{m}" }\n', ["E0202 policy.scx:3"]),
        ('use "m.scx"\nvar m: u64\n', ["E0202 policy.scx:3"]),
        ('use "m.scx"\non tick(p) { m.N = 1 }\n', ["E0307 policy.scx:3"]),
        ("use pelt\non tick(p) { p.slice = PERIOD * 1ns }\n", ["E0201 policy.scx:3"]),
        ('use "faulty.scx"\non tick(p) { p.slice = faulty.f() }\n', ["E0301 faulty.scx:2"]),
        ('use "broken.scx"\n', ["E0104 broken.scx:1"]),
    ],
)
def test_what_is_refused(text: str, expected: list[str]) -> None:
    texts = {
        "m": PARTS, "one": 'use "two.scx"\n', "two": 'use "one.scx"\n', "whole": "scheduler w\non tick(p) { }\n",
        "faulty": "\nfn f() -> duration { true }\n", "broken": "fn f( { }\n", "my-part": "const N = 1\n",
    }  # fmt: skip
    found = codes(checked(text, **texts))
    assert found == expected


def test_a_name_of_the_library_is_recognised_without_its_use() -> None:
    found = checked("on tick(p) { log \"{pelt.PERIOD}\" }\n")
    assert "use pelt" in render(found.diagnostics)


def test_every_renderer_tells_the_file() -> None:
    found = checked('use "faulty.scx"\nuse "whole.scx"\n', faulty="fn f() -> duration { true }\n", whole="\non tick(p) { }\n")
    text = render(found.diagnostics)
    assert "faulty.scx:1:" in text and "whole.scx:2:" in text and "::: policy.scx:3" in text
    told = diagnostics_json(found.diagnostics)["diagnostics"]
    assert [d["path"] for d in told] == ["faulty.scx", "whole.scx"]
    assert told[1]["labels"][1]["path"] == "policy.scx"
    assert '"uri": "faulty.scx"' in render_sarif(found.diagnostics)


def test_one_fault_in_two_files_of_the_same_text_is_told_twice() -> None:
    fault = "fn f() -> duration { true }\n"
    assert codes(checked('use "a.scx"\nuse "b.scx"\n', a=fault, b=fault)) == ["E0301 a.scx:1", "E0301 b.scx:1"]
