# SPDX-License-Identifier: GPL-2.0-only
"""What may fail and is not asked: `q.push(x)` and `out.send(e)` as statements. The failures are counted in a derived stat, `q_full`."""

from . import typed
from .checker import Checker
from .typed import Arithmetic
from .types import BOOL, NOTHING, U64


def counted(value: typed.MapPush | typed.RingSend, c: Checker) -> typed.Stmt:
    """`if !value { <name>_full += 1 }`."""
    owner = value.map if isinstance(value, typed.MapPush) else value.ring
    span = value.span
    one = typed.Literal(span=span, type=U64, value=1)
    place = typed.StatPlace(span=span, type=U64, stat=_stat(owner, c))
    body = typed.BlockValue(span=span, type=NOTHING, statements=[typed.Update(span=span, place=place, op=Arithmetic.ADD, value=one, operand=U64)], value=None)
    failed = typed.Not(span=span, type=BOOL, value=value)
    return typed.Evaluate(span=span, value=typed.IfValue(span=span, type=NOTHING, condition=failed, then=body, otherwise=None))


def _stat(owner: typed.MapObject | typed.Ring, c: Checker) -> typed.Stat:
    """One for each map and ring; it stands where that was declared."""
    for stat in c.policy.stats:
        if stat.span is owner.span:
            return stat
    name = f"{owner.name}_full"
    while name in c.names.known:
        name += "_"
    c.policy.stats.append(typed.Stat(name, owner.span))
    return c.policy.stats[-1]
