# SPDX-License-Identifier: GPL-2.0-only
"""Trees: the compiled functions against a sorted list, on the bytecode machine; refused texts; real kernels."""

import random
import re
import struct
from pathlib import Path

import pytest
from patience import run_until

from scxdsl.compiler import build, check
from scxdsl.machine import Machine, kernel
from scxdsl.objects import read

POLICY = """
scheduler tree_test
struct Node { deadline: KEY; v: VALUE; w: u64; id: u64 }
lock l guards t, wv, len, light, heavy, least, got
tree t[CAPACITY]: Node by deadline keeping least = min(v), light = min(w), heavy = max(w), wv = sum(w * (v as u64)), ws = sum(w)
table nodes[256] { at: slot? }
var op: u64
var id: u64
var key: KEY
var v: VALUE
var w: u64
var wv: u64
var len: u64
var light: u64
var heavy: u64
var least: VALUE
var got: u64                                     // 1 + id of the node that came out
on dispatch(cpu, prev) {
    let n = nodes(id) else { return }
    let (o, node, most) = (op, Node(deadline: key, v: v, w: w, id: id), w)
    under l {
        got = 0
        if o == 0 {
            n.at = t.insert(node)
            if let _ = n.at { got = node.id + 1 }
        } else if o == 1 {
            if let s = n.at { if let out = t.remove(s) { got = out.id + 1 } }
        } else if o == 2 {
            if let out = t.pop() { got = out.id + 1 }
        } else if o == 3 {
            if let out = t.first() { got = out.id + 1 }
        } else if o == 4 {
            if let out = t.pop(v <= node.v) { got = out.id + 1 }
        } else if o == 5 {
            if let out = t.first(w >= most) { got = out.id + 1 }
        } else if o == 6 {
            if let out = t.pop(light < most) { got = out.id + 1 }
        }
        wv = t.wv + t.ws
        len = t.len
        light = t.light ?? 0
        heavy = t.heavy ?? 0
        if let x = t.least { least = x }
    }
}
"""
M64 = (1 << 64) - 1


class Quiet:
    """A kernel of one CPU that is asked nothing."""

    def cpus(self) -> int:
        return 1

    def has_memory(self, owner) -> bool:
        return True

    def cpu(self) -> int:
        return 0

    def kfunc(self, name: str):
        return lambda *arguments: 0

    def variable(self, name: str):
        return None


def before(kind: str, a: int, b: int) -> bool:
    if kind == "vtime":
        return (a - b) & M64 >= 1 << 63
    if kind == "i64":
        return _signed(a) < _signed(b)
    return a < b


def _signed(x: int) -> int:
    return x - (1 << 64) if x >> 63 else x


class Naive:
    """A list in order: (key, v, w, id), equal keys in the order of their coming."""

    def __init__(self, key: str, value: str, capacity: int) -> None:
        self.key, self.value, self.capacity = key, value, capacity
        self.nodes: list[tuple[int, int, int, int]] = []

    def insert(self, node: tuple[int, int, int, int]) -> int:
        if len(self.nodes) == self.capacity:
            return 0
        at = next((i for i, n in enumerate(self.nodes) if before(self.key, node[0], n[0])), len(self.nodes))
        self.nodes.insert(at, node)
        return node[3] + 1

    def out(self, test=lambda n: True, take: bool = True) -> int:
        for i, n in enumerate(self.nodes):
            if test(n):
                if take:
                    del self.nodes[i]
                return n[3] + 1
        return 0

    def step(self, op: int, node: tuple[int, int, int, int]) -> int:
        _, v, w, id = node
        match op:
            case 0:
                return self.insert(node)
            case 1:
                return self.out(lambda n: n[3] == id)
            case 2:
                return self.out()
            case 3:
                return self.out(take=False)
            case 4:
                return self.out(lambda n: not before(self.value, v, n[1]))
            case 5:
                return self.out(lambda n: n[2] >= w, take=False)
        return self.out(lambda n: n[2] < w)

    def least(self) -> int | None:
        best = None
        for n in self.nodes:
            if best is None or before(self.value, n[1], best):
                best = n[1]
        return best


def policy(key: str, value: str, capacity: int, keeps: bool = True, removes: bool = True) -> str:
    """With `keeps` a balanced tree; without it a heap, from which only the first leaves unless `removes`."""
    text = POLICY.replace("KEY", key).replace("VALUE", value).replace("CAPACITY", str(capacity))
    if not keeps:
        text = re.sub(r" keeping .*", "", text)
        text = re.sub(r"(?s) else if o == 4 \{.*?(?=\n        wv =)", "\n        }", text.replace("        } else if o == 4", "         else if o == 4"))
        text = re.sub(r"        (wv|light|heavy) = .*\n|        if let x = t.least.*\n", "", text)
    return text if removes else text.replace("if let s = n.at { if let out = t.remove(s) { got = out.id + 1 } }", "got = 0")


KINDS = [("vtime", "vtime", 100), ("u64", "u64", 7), ("i64", "i64", 100), ("duration", "vtime", 1), ("vtime", "u64", 31)]


@pytest.mark.parametrize(("key", "value", "capacity"), KINDS)
@pytest.mark.parametrize(("keeps", "removes"), [(True, True), (False, True), (False, False)])
def test_it_is_a_sorted_list(key: str, value: str, capacity: int, keeps: bool, removes: bool) -> None:
    """Keys from a narrow range that crosses the end of the numbers, so that equal ones are frequent and order wraps."""
    made = build(policy(key, value, capacity, keeps, removes), "tree.scx")
    assert made.object is not None, [d.message for d in made.diagnostics]
    machine = Machine(read(made.object), kernel("6.18"), Quiet())
    model, chance = Naive(key, value, capacity), random.Random(f"{key} {value} {capacity}")
    base = M64 - 40 if "vtime" in (key, value) else 0
    gone: set[int] = set()

    def write(name: str, number: int) -> None:
        machine.globals.region(name).data[:] = struct.pack("<Q", number & M64)

    def number() -> int:
        return base + chance.randrange(80) & M64 if chance.random() < 0.9 else (base - chance.randrange(1 << 40)) & M64

    for step in range(3000):
        fills = (step // 300) % 2 == 0
        op = 0 if chance.random() < (0.7 if fills else 0.2) else chance.randrange(1 if removes else 2, 7 if keeps else 4)
        here = {n[3] for n in model.nodes}
        free = [i for i in range(256) if i not in here]
        id = chance.choice(free) if op == 0 else chance.choice(sorted(here | set(list(gone)[:3])) or [0])
        node = (number(), number(), chance.randrange(1, 50), id)
        for name, x in zip(("op", "key", "v", "w", "id"), (op, *node[:2], node[2], id), strict=True):
            write(name, x)
        machine.callbacks["dispatch"](0, None)
        expected = model.step(op, node)
        if expected and op in (1, 2, 4, 6):
            gone.add(expected - 1)
        value_of = machine.globals.value
        assert value_of("got") == expected, (step, op, node)
        assert value_of("len") == len(model.nodes)
        if not keeps:
            continue
        assert value_of("wv") == sum(n[2] * n[1] + n[2] for n in model.nodes) & M64
        assert value_of("light") == min((n[2] for n in model.nodes), default=0)
        assert value_of("heavy") == max((n[2] for n in model.nodes), default=0)
        if model.nodes:
            assert value_of("least") & M64 == model.least()


@pytest.mark.parametrize("order", [range(255), range(254, -1, -1)])
@pytest.mark.parametrize("keeps", [True, False])
def test_keys_in_order_do_not_make_it_high(order, keeps: bool) -> None:
    """A tree higher than its loops turn would lose nodes."""
    made = build(policy("u64", "u64", 255, keeps), "tree.scx")
    assert made.object is not None
    machine = Machine(read(made.object), kernel("6.18"), Quiet())

    def step(op: int, key: int) -> int:
        for name, x in zip(("op", "key", "v", "w", "id"), (op, key, key, 1, key), strict=True):
            machine.globals.region(name).data[:] = struct.pack("<Q", x)
        machine.callbacks["dispatch"](0, None)
        return machine.globals.value("got")

    assert [step(0, key) for key in order] == [key + 1 for key in order]
    assert step(0, 255) == 0
    assert [step(2, 0) for _ in order] == [key + 1 for key in range(255)]


REFUSED = [
    ("tree t[16]: u64 by x\n", "E0820"),
    ("struct N { v: u64 }\ntree t[0]: N by v\nlock l guards t\n", "E0820"),
    ("struct N { v: u64; b: bool }\ntree t[8]: N by b\nlock l guards t\n", "E0820"),
    ("struct N { v: u64 }\ntree t[8]: N by v keeping a = avg(v)\nlock l guards t\n", "E0820"),
    ("struct N { v: u64 }\nvar g: u64\ntree t[8]: N by v + g\nlock l guards t\n", "E0820"),
    ("struct N { v: u64 }\ntree t[8]: N by v\n", "E0821"),
    ("struct N { v: u64 }\ntree t[8]: N by v\nlock l guards t\non tick(p) { under l { t.pop(v <= 3) } }\n", "E0822"),
    ("struct N { v: u64 }\ntree t[8]: N by v\nlock l guards t\non tick(p) { under l { t.clear() } }\n", "E0822"),
    ("struct N { v: u64 }\ntree t[8]: N by v\nlock l guards t\non tick(p) { for c in cpus { under l { t.pop() } } }\n", "E0823"),
    ("struct N { v: u64 }\ntree t[999]: N by v\nlock l guards t\non tick(p) { repeat 999 { under l { t.pop() } } }\n", "E0824"),
    ("struct N { v: u64 }\ntree t[8]: N by v\nlock l guards t\nstat n\non tick(p) { n += t.len }\n", "E0803"),
    ("struct N { v: u64 }\ntree t[8]: N by v\nlock l guards t\non tick(p) { if let x = racy t.pop() { p.slice = 1ms } }\n", "E0803"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_refused(text: str, code: str) -> None:
    assert code in [d.code for d in check("scheduler s\n" + text).diagnostics]


@pytest.mark.guest
@pytest.mark.parametrize("kernel", ["6.12", "6.18", "7.3"])
def test_a_tree_sums_a_kick_and_an_insert_under_one_lock_on_real_kernels(kernel: str, boot) -> None:
    """Earliest eligible virtual deadline first, in the kernel's own manner: the policy that this form is for."""
    made = build((Path(__file__).parent / "eevdf_shaped.scx").read_text(), "eevdf_shaped.scx")
    assert made.object is not None, [(d.code, d.span.line, d.message) for d in made.diagnostics]
    guest = boot(kernel)
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = run_until(guest, made.object, lambda run: run.stats["picks"] > 100 and run.stats["preempts"] > 0, seconds=5)
    assert run.attached and run.clean, run
    assert run.stats["picks"] > 100 and run.stats["preempts"] > 0, run.stats
