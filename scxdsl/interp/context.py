# SPDX-License-Identifier: GPL-2.0-only
"""What is known while a function becomes closures, and what leaves a function from inside."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scxdsl.model import KernelOps
from scxdsl.source.text import Span
from scxdsl.typing import typed

if TYPE_CHECKING:
    from .engine import State
    from .record import Record


class Leave(Exception):
    """Base of what ends a part of the policy from inside."""


class Returned(Leave):
    """`return`: leaves the function with a value."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Stop(Leave):
    """`error`: leaves the callback, through all functions."""


class Failed(Leave):
    """`fail`: the callback answers with an error number, through all functions."""

    def __init__(self, number: int) -> None:
        self.number = number


class Broke(Leave):
    """`break`."""


class Continued(Leave):
    """`continue`."""


@dataclass
class Context:
    """One function in the making."""

    policy: typed.Policy
    kernel: KernelOps
    state: "State"
    callback: str = ""
    rooms: dict[typed.Variable, int] = field(default_factory=dict)
    references: set[typed.Variable] = field(default_factory=set)
    functions: dict[typed.Function, Any] = field(default_factory=dict)
    walks: dict[typed.Variable, int] = field(default_factory=dict)
    record: "Record | None" = None  # where answers come from in a replay

    def room(self, variable: typed.Variable) -> int:
        """Where the variable lies in the frame."""
        if variable not in self.rooms:
            self.rooms[variable] = len(self.rooms)
        return self.rooms[variable]

    def hidden(self) -> int:
        """A room without a name."""
        return self.room(typed.Variable("", None, None))  # type: ignore[arg-type]

    def inside(self) -> "Context":
        """Another function of the same policy."""
        return Context(self.policy, self.kernel, self.state, self.callback, functions=self.functions, record=self.record)

    def where(self, span: Span) -> str:
        """`FILE.scx:LINE`, the words before every message of the policy."""
        return f"{span.source.path.rsplit('/', 1)[-1]}:{span.line}"

    def stop(self, span: Span, text: str) -> Stop:
        """Tells the kernel of an error; the caller raises what this gives."""
        self.kernel.error(f"{self.where(span)}: {text}")
        return Stop()
