# SPDX-License-Identifier: GPL-2.0-only
"""Findings about trees."""

from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass

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
