# SPDX-License-Identifier: GPL-2.0-only
"""Programs beside the callbacks: hooks and commands."""

from typing import TYPE_CHECKING

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .types import Type

if TYPE_CHECKING:
    from .typed_declarations import Param, Variable
    from .typed_expressions import BlockValue

RESULT = -1
"""The place of a function's result among the parameters of a `fexit` hook."""

CONTEXT_WORDS = {"tracing": "hook", "syscall": "command"}
"""What authors call the contexts of kernel facts that are no callbacks."""


@dataclass(eq=False, kw_only=True)
class Hook:
    """`hook fexit f(a, ret) if gpu optional { … }`. `places`: of each parameter its place among the kernel's arguments, or RESULT;
    `count`: how many arguments the kernel's function has, at most. `condition`: loaded only where that parameter is set."""

    kind: str
    target: str
    params: list["Variable"]
    places: list[int]
    arguments: list[Type]
    span: Span
    name_span: Span
    body: "BlockValue"
    condition: "Param | None" = None
    optional: bool = False


@dataclass(eq=False)
class Command:
    """`command name(a: T) -> U { … }`: run by user space. `result` is NOTHING where it gives none. The body is filled in after all
    signatures are known."""

    name: str
    params: list["Variable"]
    result: Type
    span: Span
    body: "BlockValue | None" = None
