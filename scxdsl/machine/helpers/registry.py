# SPDX-License-Identifier: GPL-2.0-only
"""The table of helpers: each is a Python function over registers, under its name in enum bpf_func_id."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...objects.helpers import HELPERS


@dataclass(frozen=True)
class Helper:
    """`call` takes the machine first if `bound`, then r1 to rN; returns r0, or nothing if not `returns`."""

    number: int
    call: Callable[..., Any]
    arguments: int
    bound: bool
    returns: bool


TABLE: dict[int, Helper] = {}


def helper(name: str, returns: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the helper `bpf_NAME`. A first parameter called `m` gets the machine."""

    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        code = call.__code__
        bound = code.co_varnames[0] == "m" if code.co_argcount else False
        number = HELPERS.index(name)
        TABLE[number] = Helper(number, call, code.co_argcount - bound, bound, returns)
        return call

    return register
