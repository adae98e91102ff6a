# SPDX-License-Identifier: GPL-2.0-only
"""What may fail and whose answer nobody takes: it counts in a derived stat, `NAME_full` of the map, ring or tree.

    waiting.push(p.pid)        as        if !waiting.push(p.pid) { waiting_full += 1 }
"""

from . import typed
from .types import BOOL, NOTHING, U64
from .walk import walk

FAILING = (typed.MapPut, typed.MapPush, typed.RingSend, typed.TreeInsert)
_LOOPS = (
    typed.ForRange, typed.Repeat, typed.While, typed.ForArray, typed.ForMask, typed.ForSet, typed.ForQueue, typed.ForCgroup, typed.ForIndex,
    typed.ForInbox,
)  # fmt: skip


def count_failures(policy: typed.Policy) -> None:
    """Rewrites the bodies of a policy that has no errors, and adds the stats."""
    stats: dict[str, typed.Stat] = {}
    for body in [*policy.bodies(), *(t.body for t in policy.tests)]:
        for node in walk(body):
            if isinstance(node, _LOOPS):
                for inner in (node.body, node.otherwise):
                    if inner is not None and isinstance(inner.value, FAILING):
                        inner.statements.append(typed.Evaluate(span=inner.value.span, value=inner.value))
                        inner.value, inner.type = None, NOTHING
            if isinstance(node, typed.BlockValue):
                node.statements[:] = [_counted(s, policy, stats) for s in node.statements]
    policy.stats += stats.values()


def _counted(stmt: typed.Stmt, policy: typed.Policy, stats: dict[str, typed.Stat]) -> typed.Stmt:
    if not isinstance(stmt, typed.Evaluate) or not isinstance(stmt.value, FAILING):
        return stmt
    call, span = stmt.value, stmt.value.span
    stat = _stat(call, policy, stats)
    one = typed.Literal(span=span, type=U64, value=1)
    place = typed.StatPlace(span=span, type=U64, stat=stat)
    count = typed.Update(span=span, place=place, op=typed.Arithmetic.ADD, value=one, operand=U64)
    then = typed.BlockValue(span=span, type=NOTHING, statements=[], value=None)
    failed = typed.BlockValue(span=span, type=NOTHING, statements=[count], value=None)
    held = typed.Opens(span=span, type=BOOL, variable=None, value=call) if isinstance(call, typed.TreeInsert) else call
    return typed.Evaluate(span=span, value=typed.Chain(span=span, type=NOTHING, conditions=[held], then=then, otherwise=failed))


def _stat(call: typed.Expr, policy: typed.Policy, stats: dict[str, typed.Stat]) -> typed.Stat:
    """One for each map, ring and tree."""
    of = next(getattr(call, name) for name in ("map", "ring", "tree") if hasattr(call, name))
    if of.name not in stats:
        name = f"{of.name.replace('.', '_')}_full"
        while any(s.name == name for s in policy.stats):  # the author's own
            name += "_"
        stats[of.name] = typed.Stat(name, of.span)
    return stats[of.name]
