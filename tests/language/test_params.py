# SPDX-License-Identifier: GPL-2.0-only
"""Parameters of every type: defaults, values from TOML, what init looks at again; cpusets, texts and patterns, which they are made of."""

import tomllib

import pytest
from findings_of import codes

from scxdsl.compiler import build
from scxdsl.machine.on_model import Bytecode
from scxdsl.model import Model
from scxdsl.model.attach import attach
from scxdsl.objects import ObjectError, encode_all, parameters, read

PARAMS = """\
scheduler params
enum Kind { idle, pid(i32), between(low: u64, high: u64) }
struct Order { name: str[16]; slice: duration = 5ms; weight: u32 = 100; cpus: cpuset; kind: Kind }
param orders: [Order; ..4] = [Order(name: "first", cpus: "0-1", kind: .between(1, 5))]
param weights: [u32; 5] = [1, 2, 4, 8, 16] in 1 ..= 100
param label: str[8] = "none"
param allowed: cpuset = "0-3"
param pick: Kind = .pid(1)
param pair: (u32, duration) = (3, 5ms)
param limit: u32? = none
param chief: cpu = 0
param places: [[i16; 2]; ..3] = [[-1, 2]] in -5 ..= 5
const DEFAULT = Order(name: "x", cpus: "", kind: .idle)
const NAME = "nobody"
// two CPUs run `enqueue` at once: what one wrote and looks at again is its own
var total: u64
percpu var seen: str[16] = NAME
var last: (u32, u64)
var maybe: u32?
percpu var used: cpuset
percpu var given: (u32, i64) = (4, -5)
var kind: Kind = .between(low: 3, high: 4)
var nested: ((u32, u64), bool)
per task { name: str[16]; mine: cpuset; state: Kind }
stat labels, hits, allowed_here, inside

fn both() -> ((u32, u64), bool)? { if total > 5 { nested } else { none } }

on init() {
    if seen != NAME || NAME != "nobody" { error "law 1" }
    for o in orders {
        total += o.weight
        if let .between(low: low, high: high) = o.kind { total += high - low }
        for c in o.cpus { used.add(c) }
    }
    for w in weights { total += w }
    for x in places { total += (x[0] + 10) as u64 }
    if label == "none" { labels += 1 }
    match pick { .idle => { }, .pid(n) => total += n as u64, .between(_, b) => total += b }
    let (a, b) = pair
    total += a + b / 1ms
    if let l = limit { total += l }
    last = (a, total)
    maybe = a
    total += DEFAULT.weight
    nested = ((a, total), true)
    if used.len > nr_cpus || used.empty && orders.len == 1 { error "law 2: {used.len}" }
}

on select_cpu(p, prev, wake) {
    if prev in allowed { allowed_here += 1 }
    let m = p.cpus_allowed & allowed
    if m.subset_of(p.cpus_allowed) && prev in m && chief != prev { return prev }
    m.first ?? prev
}

on enqueue(p, flags) {
    if p.comm.starts_with(label) { hits += 1 }
    seen = p.comm
    if seen != p.comm { error "law 3" }
    p.name = "a"
    if p.name != "a" || p.name.starts_with("b") { error "law 4" }
    if given.0 != 4 || given.1 != -5 { error "law 8" }
    if !p.mine.add(p.cpu) && p.mine.len == 0 { error "law 5" }
    if used.remove(p.cpu) { inside += 1; if p.cpu in used { error "law 6" } }
    if let x = maybe { maybe = (x + 1) as u32 }
    let mut .between(low, high) = kind else { error "law 7" }
    low += 1
    kind = .between(low, high)
    if let ((_, n), true) = both() { total += n % 3 }
    while let .pid(n) = p.state max 3 { p.state = if n > 2 { .idle } else { .pid((n + 1) as i32) } }
    p.state = .pid((p.pid % 3) as i32)
    GLOBAL.insert(p)
}
"""

TOML = """\
label = "spin"
weights = [5, 6, 7, 8, 9]
pick = { between = { low = 1, high = 500 } }
limit = 9
pair = [4, "20ms"]
places = [[1, 2], [3, 4]]

[[orders]]
name = "one"
slice = "3ms"
cpus = "0-2"
kind = "idle"

[[orders]]
name = "two"
weight = 7
kind = { pid = 3 }
"""


@pytest.fixture(scope="module")
def made() -> bytes:
    built = build(PARAMS, "params.scx")
    assert built.object is not None, [(d.code, d.message, d.span.line) for d in built.diagnostics]
    return built.object


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("param a: task", "E0417", 2),
        ("struct S { q: dsq }\nparam a: S", "E0417", 3),
        ("param a: [u32; 3] = [1, 2, 9] in 0 ..= 5", "E0405", 2),
        ("param a: [u32; 3] in 1 ..= 5", "E0405", 2),
        ("param a: str[8] = \"x\" in 1 ..= 5", "E0405", 2),
        ("param a: str[4] = \"long\"", "E0712", 2),
        ("param a: cpuset = \"0-x\"", "E0713", 2),
        ("param a: cpuset = \"1024\"", "E0713", 2),
        ("param a: cpu = -1", "E0302", 2),
        ("param a: u32", "E0405", 2),
        ("param a: u32 = nr_cpus", "E0301", 2),
        ("struct S { x: u32 }\nparam a: S = S(y: 1)", "E0331", 3),
        ("enum K { a, b(u32) }\nparam k: K = .b", "E0308", 3),
        ("param s: cpuset\non tick(p) { s.add(p.cpu) }", "E0307", 3),
        ("var s: cpuset\non tick(p) { s.add(3) }", "E0301", 3),
        ("var s: cpuset\non tick(p) { s.grow(p.cpu) }", "E0205", 3),
        ("var t: task", "E0418", 2),
        ("per task { t: cgroup }", "E0418", 2),
        ("var n: str[16]\non tick(p) { n = \"{p.pid}\" }", "E0711", 3),
        ("var n: str[8]\non tick(p) { n = p.comm }", "E0712", 3),
        ("on tick(p) { for i in 0 .. 9 from 3 { log \"{i}\" } }", "E0325", 2),
        ("on tick(p) { let (a, 3) = (1, 2)\n log \"{a}\" }", "E0324", 2),
        ("on tick(p) { if let (a, _) = (1, 2) { log \"{a}\" } }", "E0315", 2),
        ("dsq q\non dispatch(c) { for (a, b) in q { log \"{a}{b}\" } }", "E0334", 3),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    assert (code, line) in codes("scheduler s\n" + text)


def test_the_object_tells_its_defaults(made: bytes) -> None:
    found = {p.name: p for p in parameters(read(made))}
    assert found["weights"].default == [1, 2, 4, 8, 16] and (found["weights"].least, found["weights"].most) == (1, 100)
    first = found["orders"].default["items"][0]
    assert (first["name"], first["slice"], first["weight"], first["kind"]["variant"]) == ("first", 5_000_000, 100, 2)
    assert found["limit"].default == {"there": False, "value": 0} and found["allowed"].default["bits"][:2] == [15, 0]


@pytest.mark.parametrize("values", ["", TOML, 'pick = "idle"\norders = []\nallowed = [0, 2]\n'])
def test_toml_is_the_value_that_the_policy_would_have_written(made: bytes, values: str) -> None:
    """Encoded again from what the layout reads back, the bytes are the same."""
    known = parameters(read(made))
    given = tomllib.loads(values)
    written = encode_all(known, given)
    assert written.keys() == given.keys()
    assert all(len(written[p.name]) == p.size for p in known if p.name in written)
    if "label" in written:
        assert written["label"] == b"spin\0\0\0\0" and written["pair"] == (4).to_bytes(8, "little") + (20_000_000).to_bytes(8, "little")
        items = encode_all(known, {"orders": [{"name": "one", "slice": "3ms", "cpus": "0-2"}, {"name": "two", "weight": 7, "kind": {"pid": 3}}]})
        assert items["orders"] == written["orders"]


@pytest.mark.parametrize(
    ("values", "path", "words"),
    [
        ("orders = [{ nam = 'x' }]", ("orders", 0, "nam"), "no member `nam`; it has name, slice, weight, cpus, kind"),
        ("orders = [{}, { slice = 'soon' }]", ("orders", 1, "slice"), r"`orders\[1\].slice`: a duration"),
        ("orders = [{}, {}, {}, {}, {}]", ("orders",), "at most 4 values"),
        ("orders = 3", ("orders",), "at most 4 values"),
        ("weights = [1, 2, 3, 4]", ("weights",), "a list of 5 values"),
        ("weights = [1, 2, 3, 4, 101]", ("weights", 4), r"`weights\[4\]` must be 1 to 100"),
        ("places = [[1, 9]]", ("places", 0, 1), "must be -5 to 5"),
        ("pick = 'pod'", ("pick",), r'one of "idle", { pid = … }, { between = { low = …, high = … } }'),
        ("pick = 'pid'", ("pick",), "{ pid = … }"),
        ("pick = { between = 3 }", ("pick", "between"), "low = …, high = …"),
        ("pair = [1]", ("pair",), "a list of 2 values"),
        ("limit = -1", ("limit",), "must be 0 to 4294967295"),
        ("label = 'too long'", ("label",), "at most 7 bytes"),
        ("allowed = '3-1'", ("allowed",), "a list of CPUs"),
        ("chief = -1", ("chief",), "must be 0 to"),
        ("other = 1", ("other",), "no parameter `other`"),
    ],
)
def test_bad_values_point_at_their_key(made: bytes, values: str, path: tuple, words: str) -> None:
    with pytest.raises(ObjectError, match=words.replace("{", r"\{").replace("}", r"\}")) as raised:
        encode_all(parameters(read(made)), tomllib.loads(values))
    assert raised.value.path == path  # type: ignore[attr-defined]


BAD_BYTES = [
    ("weights", bytes(20), "weights is out of range: 0"),
    ("chief", (64).to_bytes(4, "little"), "chief is out of range: 64"),
    ("label", b"x" * 8, "label is a text without an end"),
    ("pick", (3).to_bytes(4, "little"), "pick has no variant 3"),
    ("places", (4).to_bytes(4, "little"), "places has a length of 4"),
    ("orders", (1).to_bytes(8, "little") + b"x" * 16, "orders is a text without an end"),
]


@pytest.mark.parametrize(("name", "raw", "words"), BAD_BYTES)
def test_init_looks_at_parameters_again(made: bytes, name: str, raw: bytes, words: str) -> None:
    found = read(made)
    size = next(p.size for p in parameters(found) if p.name == name)
    m = Model("6.18")
    attach(m, lambda kernel: Bytecode(found, kernel, {name: raw.ljust(size, b"\0")}))
    assert m.exit is not None and words in m.exit.msg and "params.scx:" in m.exit.msg


@pytest.mark.guest
def test_real_kernels_take_values_and_refuse_bad_ones(guest, made: bytes) -> None:
    known = parameters(read(made))
    assert [(v.program, v.line, v.reason) for v in guest.verify(made) if not v.accepted] == []
    run = guest.run(made, seconds=2, load="mix", params=encode_all(known, tomllib.loads(TOML)))
    assert run.attached and run.clean, (run.exit, run.refusal)
    assert run.stats["labels"] == 0 and run.stats["allowed_here"] > 0
    assert run.globals["last"]["item1"] == 107 + 35 + 24 + 500 + 24 + 9
    for name, raw, words in BAD_BYTES[:2]:
        size = next(p.size for p in known if p.name == name)
        refused = guest.run(made, seconds=1, load="idle", params={name: raw.ljust(size, b"\0")})
        assert refused.exit is not None and words in refused.exit.message, refused.exit
