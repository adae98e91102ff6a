# SPDX-License-Identifier: GPL-2.0-only
"""What each callback uses of the kernel, through all functions that it calls, and on which kernels it gets there."""

from collections.abc import Iterator

from scxdsl.kernel.facts import Facts
from scxdsl.kernel.versions import Kernels
from scxdsl.source.diagnostic import Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.walk import Node, parts


@dataclass(frozen=True)
class Use:
    """A family of kernel functions (or a `constant`) in use, under the words the author wrote; the calls that lead there; and
    the kernels that come there: fewer than declared behind `kernel has`."""

    family: str
    words: str
    span: Span
    path: tuple[Label, ...]
    kernels: Kernels
    constant: bool = False


def uses(node: Node, kernels: Kernels, facts: Facts, path: tuple[Label, ...] = ()) -> Iterator[Use]:
    """All uses in a body and in the functions that it calls; recursion was refused before."""
    match node:
        case typed.IfValue(condition=condition, then=then, otherwise=otherwise):
            yield from uses(condition, kernels, facts, path)
            yield from uses(then, having(condition, True, kernels, facts), facts, path)
            if otherwise is not None:
                yield from uses(otherwise, having(condition, False, kernels, facts), facts, path)
            return
        case typed.Logical(conjunction=conjunction, left=left, right=right):
            yield from uses(left, kernels, facts, path)
            yield from uses(right, having(left, conjunction, kernels, facts), facts, path)
            return
        case typed.Chain(conditions=conditions, then=then, otherwise=otherwise):
            inside = kernels
            for condition in conditions:
                yield from uses(condition, inside, facts, path)
                inside = having(condition, True, inside, facts)
            yield from uses(then, inside, facts, path)
            if otherwise is not None:
                yield from uses(otherwise, kernels, facts, path)
            return
        case typed.KernelCall(operation=operation):
            for family in _families(node):
                yield Use(family, operation.name, node.span, path, kernels)
        case typed.GetProperty(property=p):
            for family in p.families:
                yield Use(family, p.name, node.span, path, kernels)
        case typed.KernelConstant(name=name):
            yield Use(name, node.span.text, node.span, path, kernels, constant=True)
        case typed.Assign(place=typed.PropertyPlace(property=p)) | typed.Update(place=typed.PropertyPlace(property=p)):
            for family in p.set_families:
                yield Use(family, f"{p.name} =", node.span, path, kernels)
        case typed.CallFunction(function=function) if function.body is not None:
            label = Label(node.span, f"through `{function.name}`, called here")
            yield from uses(function.body, kernels, facts, (*path, label))
    for family in getattr(node, "families", ()):
        yield Use(family, node.span.text, node.span, path, kernels)
    for part in parts(node):
        yield from uses(part, kernels, facts, path)


def having(condition: typed.Expr, value: bool, kernels: Kernels, facts: Facts) -> Kernels:
    """The kernels on which a condition can have that value, as far as `kernel has` decides it."""
    match condition:
        case typed.KernelHas(name=name):
            where = where_is(name, facts)
            return kernels & where if value else kernels - where
        case typed.Not(value=inner):
            return having(inner, not value, kernels, facts)
        case typed.Logical(conjunction=conjunction, left=left, right=right) if conjunction == value:
            return having(right, value, having(left, value, kernels, facts), facts)
    return kernels


def where_is(name: str, facts: Facts) -> Kernels:
    """The kernels that have a function, constant or struct."""
    for found in (facts.kfunc(name), facts.constant(name), facts.struct(name)):
        if found is not None:
            return found.where
    return facts.all - facts.all


def _families(node: typed.KernelCall) -> tuple[str, ...]:
    """An insert is one of two, by whether a vtime is given."""
    operation = node.operation
    if operation.key == "dsq.insert":
        return (operation.families[node.arguments[-1] is not None],)
    return operation.families
