# SPDX-License-Identifier: GPL-2.0-only
"""Runs the programs that a policy's tests became, each on an object just attached to a kernel without tasks."""

from typing import Any

from ...model import KernelOps, Model
from ...model.attach import attach
from ...objects.object import Object
from .program import Bytecode


def run_test(obj: Object, name: str, series: str) -> tuple[int, str]:
    """What the program gives (a signed number: 0, or the number of an assert from 1, or -1) and the message of an error that the policy
    raised. Raises LoadError, Fault."""
    model = Model(series)
    made: list[Bytecode] = []

    def make(kernel: KernelOps) -> Any:
        made.append(Bytecode(obj, kernel))
        return made[0]

    attach(model, make)
    if model.exit is not None:
        return -1, model.exit.msg
    result = made[0].machine.programs[name](0)
    number = (result & 0xFFFFFFFF ^ 1 << 31) - (1 << 31)
    return number, model.exit.msg if model.exit is not None else ""
