# SPDX-License-Identifier: GPL-2.0-only
"""Ways out with a reason, texts with many values, tests beside the code."""

from ..expressions import expression
from ..scope import Scope
from ..topic import Parts, Topic, declaration
from ..tree import Node

_FAILING = ("init", "init_task", "cgroup_init", "cgroup_prep_move")


def _late(s: Scope) -> list[Node]:
    return [declaration("test \"sums\" { assert 1 + 1 == 2 }")] if s.r.random() < 0.3 else []


def _rare(s: Scope) -> Parts:
    return ["if ", expression("bool", s, 1), " && ", expression("bool", s, 1), " && ", expression("bool", s, 1), " { "]


def _restart(s: Scope, depth: int) -> Parts | None:
    if s.r.random() < 0.6 or s.quiet:
        return None
    return [*_rare(s), "exit restart \"again {", expression("u32", s, 1), "}\" }"]


def _fail(s: Scope, depth: int) -> Parts | None:
    if s.callback not in _FAILING or s.loops or s.quiet:
        return None
    return [*_rare(s), f"fail .{s.r.choice(('enomem', 'eperm', 'einval'))} }}"]


def _many(s: Scope, depth: int) -> Parts | None:
    """A text with up to twelve values."""
    parts: Parts = ["log \""]
    for _ in range(s.r.randrange(3, 13)):
        t = s.r.choice(("u64", "i32", "bool", "duration", "vtime", "u8"))
        parts += ["{", expression(t, s, 0), "} "]
    return [*parts, "\""] if not s.loops else None


TOPIC = Topic("endings", 0.3, late=_late, simple=(_restart, _fail, _fail, _many))
