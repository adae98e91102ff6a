# SPDX-License-Identifier: GPL-2.0-only
"""Findings about trees."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

_NODE = "scheduler s\nstruct Node { v: vtime\n w: u64 }\n"


@dataclass(frozen=True)
class BadTree(Diagnostic):
    """A tree holds structs of plain data, at most 65535 of them, ordered by a number, duration, time or vtime that is computed from
    their fields; it may keep the `min`, `max` or `sum` of such values over all nodes."""

    code = "E0820"
    title = "{problem}"
    label = "{label_text}"
    bad = "scheduler s\ntree t[16]: u64 by x\n"
    good = _NODE + "tree t[16]: Node by v\nlock l guards t\n"
    problem: str
    label_text: str


@dataclass(frozen=True)
class Unguarded(Diagnostic):
    """A tree is many writes that belong together: two CPUs at once would tear it. So a lock must guard it."""

    code = "E0821"
    title = "no lock guards the tree `{name}`"
    label = "two CPUs may come here at once"
    help = "declare `lock l guards {name}` and use the tree inside `under l {{ … }}`"
    bad = _NODE + "tree t[16]: Node by v\n"
    good = _NODE + "tree t[16]: Node by v\nlock l guards t\n"
    name: str


@dataclass(frozen=True)
class NotOnTrees(Diagnostic):
    """Trees have `insert(node)`, `remove(slot)`, `first()`, `pop()`, `len` and what they keep. `first` and `pop` take a limit on a
    value whose minimum (`<=`, `<`) or maximum (`>=`, `>`) is kept: `pop(v <= x)`."""

    code = "E0822"
    title = "{problem}"
    label = "{label_text}"
    bad = _NODE + "tree t[16]: Node by v\nlock l guards t\non tick(p) { under l { t.pop(w <= 3) } }\n"
    good = _NODE + "tree t[16]: Node by v keeping light = min(w)\nlock l guards t\non tick(p) { under l { t.pop(w <= 3) } }\n"
    problem: str
    label_text: str


_LOOK = _NODE + "table rq[64] { lock l guards t\n tree t[255]: Node by v }\nstat n\nfn count(q: rq) { under q.l { if let _ = q.t.pop() { n += 1 } } }\n"


@dataclass(frozen=True)
class TreeInLoop(Diagnostic):
    """The verifier follows an operation on a tree in every turn of a loop around it, so such a loop has a bound that the text shows
    (`repeat 4`, `while … max 8`): not over CPUs, tasks or the rows of a table. Choose in the loop (`racy q.tree.len` asks how
    much there is), and change the tree behind it."""

    code = "E0823"
    title = "a tree is changed or searched in a loop without a bound in the text"
    label = "followed by the verifier in every turn"
    help = "let the loop choose a tree, and use it behind the loop; or write a number as the bound"
    bad = _LOOK + "on dispatch(cpu, prev) { for q in rq { count(q) } }\n"
    good = _LOOK + "on dispatch(cpu, prev) { let mut best: rq? = none\n for q in rq { if racy q.t.len > 0 { best = q } }\n if let q = best { count(q) } }\n"
    loop: Span

    def labels(self) -> Iterable[Label]:
        yield Label(self.loop, "this loop")


@dataclass(frozen=True)
class TreesTooLarge(Diagnostic):
    """The verifier looks at a million instructions of a program at most, and follows every operation on a tree at every place, in
    every turn of a loop. A change of a tree of 1023 nodes that keeps sums or extremes costs it some 25,000, a search 3,000; where
    nothing is kept a change costs 1,000."""

    code = "E0824"
    title = "the tree operations of this callback are about {total} instructions for the verifier"
    label = "the first of them; 750000 leave room for the rest"
    help = "fewer turns of the loop around them, fewer places, smaller trees"
    bad = _LOOK + "on dispatch(cpu, prev) { if let q = rq(cpu.index) { repeat 999 { count(q) } } }\n"
    good = _LOOK + "on dispatch(cpu, prev) { if let q = rq(cpu.index) { repeat 8 { count(q) } } }\n"
    total: int
