# SPDX-License-Identifier: GPL-2.0-only
"""Sets of CPUs, as ints with a bit for each; idle CPUs."""

from collections.abc import Callable, Iterator
from operator import and_, or_, xor
from typing import Any

from scxdsl.typing import typed
from scxdsl.typing.typed import MaskOp, MaskQuestion, MaskRelation

from .context import Context
from .control import loop
from .doors import Eval, Exec, Frame, expression, place, statement

_OPS: dict[MaskOp, Callable[[int, int], int]] = {
    MaskOp.AND: and_, MaskOp.OR: or_, MaskOp.XOR: xor, MaskOp.SUB: lambda a, b: a & ~b,
}  # fmt: skip
_RELATIONS: dict[MaskRelation, Callable[[int, int], bool]] = {
    MaskRelation.EQUAL: lambda a, b: a == b,
    MaskRelation.SUBSET: lambda a, b: a & ~b == 0,
    MaskRelation.INTERSECTS: lambda a, b: a & b != 0,
}


@expression.register
def _(node: typed.LiveMask, c: Context) -> Eval:
    k, m = c.kernel, c.kernel.m
    if node.node is not None:
        of, cores = expression(node.node, c), node.name == "idle_cores"
        return lambda f: k.idle_mask_of(of(f), cores)
    return {
        "idle_cpus": lambda f: k.idle_mask(False),
        "idle_cores": lambda f: k.idle_mask(True),
        "online": lambda f: m.online,
        "possible": lambda f: m.topology.all,
    }[node.name]


@expression.register
def _(node: typed.AllowedMask, c: Context) -> Eval:
    base = expression(node.base, c)
    return lambda f: base(f).cpus_allowed


@expression.register
def _(node: typed.EmptyMask, c: Context) -> Eval:
    return lambda f: 0


@expression.register
def _(node: typed.MaskAlgebra, c: Context) -> Eval:
    left, right, op = expression(node.left, c), expression(node.right, c), _OPS[node.op]
    return lambda f: op(left(f), right(f))


@expression.register
def _(node: typed.MaskTest, c: Context) -> Eval:
    cpu, mask = expression(node.cpu, c), expression(node.mask, c)

    def test(f: Frame) -> bool:
        number = cpu(f)
        bits = mask(f)
        return number >= 0 and bool(bits >> number & 1)

    return test


@expression.register
def _(node: typed.MaskAsk, c: Context) -> Eval:
    mask, kernel = expression(node.mask, c), c.kernel

    def any_of(f: Frame) -> int | None:
        found = kernel.any_cpu(mask(f))
        return found if found >= 0 else None

    def first(f: Frame) -> int | None:
        bits = mask(f)
        return (bits & -bits).bit_length() - 1 if bits else None

    asks: dict[MaskQuestion, Eval] = {
        MaskQuestion.LEN: lambda f: mask(f).bit_count(),
        MaskQuestion.EMPTY: lambda f: mask(f) == 0,
        MaskQuestion.FIRST: first,
        MaskQuestion.ANY: any_of,
    }
    return asks[node.question]


@expression.register
def _(node: typed.MaskCompare, c: Context) -> Eval:
    left, right, test = expression(node.left, c), expression(node.right, c), _RELATIONS[node.relation]
    return lambda f: test(left(f), right(f))


def changer(node: typed.MaskChange | typed.SetChange, count: int, c: Context) -> Eval:
    """Adds or removes one CPU below `count`; whether that changed the set."""
    where, cpu, add = place(node.place, c), expression(node.cpu, c), node.add

    def change(f: Frame) -> bool:
        token = where.locate(f)
        number = cpu(f)
        if not 0 <= number < count:
            return False
        old = where.read(f, token)
        where.write(f, token, old | 1 << number if add else old & ~(1 << number))
        return bool(old >> number & 1) != add

    return change


@expression.register
def _(node: typed.MaskChange, c: Context) -> Eval:
    return changer(node, len(c.kernel.m.cpus), c)


@statement.register
def _(node: typed.LetMask, c: Context) -> Exec:
    value, room = expression(node.value, c), c.room(node.variable)

    def let(f: Frame) -> None:
        f[room] = value(f)

    return let


@statement.register
def _(node: typed.AssignMask, c: Context) -> Exec:
    where, value = place(node.place, c), expression(node.value, c)
    op = _OPS[node.op] if node.op is not None else None

    def assign(f: Frame) -> None:
        token = where.locate(f)
        new = value(f)
        where.write(f, token, op(where.read(f, token), new) if op is not None else new)

    return assign


def _standing(node: typed.Expr, c: Context) -> Callable[[Frame], Callable[[], int]]:
    """Evaluates a mask, and gives what reads it: a place is found once and read as often as it is asked, and so are the
    kernel's masks."""
    match node:
        case typed.Read(place=at):
            where = place(at, c)

            def found(f: Frame) -> Callable[[], int]:
                token = where.locate(f)
                return lambda: where.read(f, token)

            return found
        case typed.AllowedMask(base=base):
            of = expression(base, c)

            def of_task(f: Frame) -> Callable[[], int]:
                p = of(f)
                return lambda: p.cpus_allowed

            return of_task
        case typed.LiveMask():
            live = expression(node, c)
            return lambda f: lambda: live(f)
    value = expression(node, c)

    def once(f: Frame) -> Callable[[], int]:
        bits = value(f)
        return lambda: bits

    return once


@statement.register
def _(node: typed.ForMask, c: Context) -> Exec:
    """Each CPU is looked for when its turn comes: the mask may change meanwhile, where it is one that stands somewhere. What is
    computed is computed once, before the loop."""
    mask, count = _standing(node.mask, c), len(c.kernel.m.cpus)

    def turns(f: Frame) -> Iterator[int]:
        bits = mask(f)
        for cpu in range(count):
            if bits() >> cpu & 1:
                yield cpu

    room = c.room(node.variable) if node.variable is not None else c.hidden()
    return loop(turns, room, node.body, node.otherwise, c)


@expression.register
def _(node: typed.IdleCpu, c: Context) -> Eval:
    mask, flags, kernel = expression(node.mask, c), expression(node.flags, c), c.kernel

    def claim(f: Frame) -> Any:
        bits = mask(f)
        found = kernel.pick_idle_cpu(bits, flags(f))
        return found if found >= 0 else None

    return claim
