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
                _dropped(node.body)
                _dropped(node.otherwise)
            if isinstance(node, typed.Chain) and node.otherwise is None or isinstance(node, typed.While):
                _unreserved(node.conditions, policy, stats)
            if isinstance(node, typed.Evaluate):
                _dropped(node.value)
            if isinstance(node, typed.BlockValue):
                node.statements[:] = [_counted(s, policy, stats) for s in node.statements]
    policy.stats += stats.values()


def _dropped(node: typed.Expr | None) -> None:
    """Nobody takes the value of a block or a choice, so its last calls are statements."""
    match node:
        case typed.BlockValue(value=value) if isinstance(value, FAILING):
            node.statements.append(typed.Evaluate(span=value.span, value=value))
            node.value, node.type = None, NOTHING
        case typed.BlockValue(value=value):
            _dropped(value)
        case typed.Under(body=body):
            _dropped(body)
            node.type = body.type
        case typed.IfValue(then=then, otherwise=otherwise) | typed.Chain(then=then, otherwise=otherwise):
            _dropped(then)
            _dropped(otherwise)
            node.type = NOTHING if then.value is None else node.type
        case typed.Match(arms=arms):
            for arm in arms:
                _dropped(arm.body)
            if arms and all(arm.body.value is None for arm in arms):
                node.type = NOTHING


def _counted(stmt: typed.Stmt, policy: typed.Policy, stats: dict[str, typed.Stat]) -> typed.Stmt:
    if not isinstance(stmt, typed.Evaluate) or not isinstance(stmt.value, FAILING):
        return stmt
    call, span = stmt.value, stmt.value.span
    count = _one_more(call, policy, stats)
    then = typed.BlockValue(span=span, type=NOTHING, statements=[], value=None)
    failed = typed.BlockValue(span=span, type=NOTHING, statements=[count], value=None)
    held = typed.Opens(span=span, type=BOOL, variable=None, value=call) if isinstance(call, typed.TreeInsert) else call
    return typed.Evaluate(span=span, value=typed.Chain(span=span, type=NOTHING, conditions=[held], then=then, otherwise=failed))


def _one_more(call: typed.Expr, policy: typed.Policy, stats: dict[str, typed.Stat]) -> typed.Stmt:
    span = call.span
    one = typed.Literal(span=span, type=U64, value=1)
    place = typed.StatPlace(span=span, type=U64, stat=_stat(call, policy, stats))
    return typed.Update(span=span, place=place, op=typed.Arithmetic.ADD, value=one, operand=U64)


def _unreserved(conditions: list[typed.Expr], policy: typed.Policy, stats: dict[str, typed.Stat]) -> None:
    """`if let e = out.reserve()` without an `else`, and `while let`."""
    for condition in conditions:
        if isinstance(condition, typed.Opens) and isinstance(condition.value, typed.RingReserve):
            condition.value.lost = _one_more(condition.value, policy, stats)


def _stat(call: typed.Expr, policy: typed.Policy, stats: dict[str, typed.Stat]) -> typed.Stat:
    """One for each map, ring and tree."""
    of = next(getattr(call, name) for name in ("map", "ring", "tree") if hasattr(call, name))
    if of.name not in stats:
        name = f"{of.name.replace('.', '_')}_full"
        while any(s.name == name for s in policy.stats):  # the author's own
            name += "_"
        stats[of.name] = typed.Stat(name, of.span)
    return stats[of.name]
