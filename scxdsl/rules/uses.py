# SPDX-License-Identifier: GPL-2.0-only
"""What each callback uses of the kernel, through all functions that it calls."""

from collections.abc import Iterator

from scxdsl.source.diagnostic import Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.walk import walk


@dataclass(frozen=True)
class Use:
    """A family of kernel functions in use, under the words the author wrote, and the calls that lead there."""

    family: str
    words: str
    span: Span
    path: tuple[Label, ...]


def uses(body: typed.BlockValue, path: tuple[Label, ...] = ()) -> Iterator[Use]:
    """All uses in a body and in the functions that it calls; recursion was refused before."""
    for node in walk(body):
        match node:
            case typed.KernelCall(operation=operation):
                for family in _families(node):
                    yield Use(family, operation.name, node.span, path)
            case typed.GetProperty(property=p):
                for family in p.families:
                    yield Use(family, p.name, node.span, path)
            case typed.Assign(place=typed.PropertyPlace(property=p)) | typed.Update(place=typed.PropertyPlace(property=p)):
                for family in p.set_families:
                    yield Use(family, f"{p.name} =", node.span, path)
            case typed.CallFunction(function=function) if function.body is not None:
                yield from uses(function.body, (*path, Label(node.span, f"through `{function.name}`, called here")))


def _families(node: typed.KernelCall) -> tuple[str, ...]:
    """An insert is one of two, by whether a vtime is given."""
    operation = node.operation
    if operation.key == "dsq.insert":
        return (operation.families[node.arguments[-1] is not None],)
    return operation.families
