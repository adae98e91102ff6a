# SPDX-License-Identifier: GPL-2.0-only
"""A bare sequence of instructions with memory and helpers of the caller's choice: no object, no kernel."""

from collections.abc import Callable, Mapping
from typing import Any

from ..objects.instruction import Instruction, decode
from .code import Code, External, Unit, split_local_calls
from .errors import NotAPointer, UnknownCall
from .flow import Callee
from .memory import M64, Nothing
from .runtime import TURN_LIMIT, Origins


class Bare(External):
    """Raises UndefinedInstruction and LoadError when the code is none.

    `helpers`: number to a Python function; each takes r1 to rN, N being its number of parameters, and returns r0.
    """

    def __init__(self, code: bytes, helpers: Mapping[int, Callable[..., Any]] = {}, turn_limit: int = TURN_LIMIT) -> None:
        self._helpers = dict(helpers)
        self._origins = Origins()
        names: dict[str, Any] = {f"helper_{n}": f for n, f in helpers.items()}
        names |= {"call_register": self._call_register, "turn_limit": turn_limit}
        made = Code(split_local_calls(decode(code)), self, self._origins, given=(1, 2))
        self._main = made.instantiate(names)[0]

    def callee(self, unit: Unit, i: Instruction) -> Callee:
        if i.operation == "register":
            return Callee("call_register", (i.dst, 1))
        if i.operation == "kfunc" or i.imm not in self._helpers:
            return Callee(f"unknown_call({i.imm})", ())
        count = self._helpers[i.imm].__code__.co_argcount
        return Callee(f"helper_{i.imm}", tuple(range(1, count + 1)))

    def _call_register(self, number: Any, first: Any) -> Any:
        if number not in self._helpers:
            raise UnknownCall(f"helper {number}")
        return self._helpers[number](first)

    def run(self, r1: Any = 0, r2: Any = 0) -> int:
        """r0 at the exit. Raises Fault."""
        try:
            result = self._main(r1, r2)
        except Exception as cause:
            fault = self._origins.fault(cause)
            if fault is None or fault is cause:
                raise
            raise fault from None
        if isinstance(result, Nothing):
            result == 0  # raises
        if not isinstance(result, int):
            raise NotAPointer(result, "the result")
        return result & M64
