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
    """A family of kernel functions (or a `constant`, or a field, which a kernel has or has not like one) in use, under the words the author wrote; the calls that lead there; and
    the kernels that come there: fewer than declared behind `kernel has`."""

    family: str
    words: str
    span: Span
    path: tuple[Label, ...]
    kernels: Kernels
    constant: bool = False


def uses(body: Node, kernels: Kernels, facts: Facts) -> Iterator[Use]:
    """All uses in a body and in the functions that it calls; recursion was refused before. A function is entered once for each
    set of kernels that comes to it, along the first way that leads there: many ways through few functions stay cheap."""
    yield from _Walk(facts).uses(body, kernels, ())


class _Walk:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._entered: set[tuple[typed.Function, Kernels]] = set()

    def uses(self, node: Node, kernels: Kernels, path: tuple[Label, ...]) -> Iterator[Use]:
        match node:
            case typed.IfValue(condition=condition, then=then, otherwise=otherwise):
                yield from self.uses(condition, kernels, path)
                yield from self.uses(then, having(condition, True, kernels, self._facts), path)
                if otherwise is not None:
                    yield from self.uses(otherwise, having(condition, False, kernels, self._facts), path)
                return
            case typed.Logical(conjunction=conjunction, left=left, right=right):
                yield from self.uses(left, kernels, path)
                yield from self.uses(right, having(left, conjunction, kernels, self._facts), path)
                return
            case typed.Chain(conditions=conditions, then=then, otherwise=otherwise):
                inside = kernels
                for condition in conditions:
                    yield from self.uses(condition, inside, path)
                    inside = having(condition, True, inside, self._facts)
                yield from self.uses(then, inside, path)
                if otherwise is not None:
                    yield from self.uses(otherwise, kernels, path)
                return
            case typed.CallFunction(function=function) if function.body is not None:
                if (function, kernels) not in self._entered:
                    self._entered.add((function, kernels))
                    label = Label(node.span, f"through `{function.name}`, called here")
                    yield from self.uses(function.body, kernels, (*path, label))
            case _:
                yield from _here(node, kernels, path)
        for part in parts(node):
            yield from self.uses(part, kernels, path)


def _here(node: Node, kernels: Kernels, path: tuple[Label, ...]) -> Iterator[Use]:
    """What the node itself uses."""
    match node:
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
        case typed.EventCount(name=name):
            yield Use(f"scx_event_stats.{name}", node.span.text, node.span, path, kernels, constant=True)
        case typed.KernelField(struct=struct, path=steps, embedded=False):
            yield Use(".".join((struct, *steps)), node.span.text, node.span, path, kernels, constant=True)
    for family in getattr(node, "families", ()):
        yield Use(family, node.span.text, node.span, path, kernels)


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
    """The kernels that have a function, constant, struct or field."""
    for found in (facts.kfunc(name), facts.constant(name), facts.field(name) if "." in name else facts.struct(name)):
        if found is not None:
            return found.where
    return facts.all - facts.all


def _families(node: typed.KernelCall) -> tuple[str, ...]:
    """An insert is one of two, by whether a vtime is given."""
    operation = node.operation
    if operation.key == "dsq.insert":
        return (operation.families[node.arguments[-1] is not None],)
    return operation.families
