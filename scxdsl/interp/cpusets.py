# SPDX-License-Identifier: GPL-2.0-only
"""Cpusets, as ints with a bit for each CPU that there is room for."""

from collections.abc import Iterator

from scxdsl.typing import typed
from scxdsl.typing.typed import MaskQuestion
from scxdsl.typing.types import CPUSET_CPUS

from .context import Context
from .control import loop
from .cpumasks import changer
from .doors import Eval, Exec, Frame, expression, statement


@expression.register
def _(node: typed.SetTest, c: Context) -> Eval:
    cpu, bits = expression(node.cpu, c), expression(node.set, c)

    def test(f: Frame) -> bool:
        number = cpu(f)
        held = bits(f)
        return 0 <= number < CPUSET_CPUS and bool(held >> number & 1)

    return test


@expression.register
def _(node: typed.SetAsk, c: Context) -> Eval:
    bits = expression(node.set, c)
    return (lambda f: bits(f) == 0) if node.question is MaskQuestion.EMPTY else (lambda f: bits(f).bit_count())


@expression.register
def _(node: typed.SetChange, c: Context) -> Eval:
    return changer(node, CPUSET_CPUS, c)


@statement.register
def _(node: typed.ForSet, c: Context) -> Exec:
    """A set that is a place may change meanwhile; each CPU is looked for when its turn comes."""
    bits, count = expression(node.set, c), len(c.kernel.m.cpus)

    def turns(f: Frame) -> Iterator[int]:
        for cpu in range(count):
            if bits(f) >> cpu & 1:
                yield cpu

    room = c.room(node.variable) if node.variable is not None else c.hidden()
    return loop(turns, room, node.body, node.otherwise, c)


@expression.register
def _(node: typed.MaskOfSet, c: Context) -> Eval:
    bits, m = expression(node.set, c), c.kernel.m
    return lambda f: bits(f) & m.topology.all
