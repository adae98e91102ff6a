# SPDX-License-Identifier: GPL-2.0-only
"""What the model asks of an engine: run a callback. How it does that is its own affair."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Settings:
    """Members of sched_ext_ops that are no callbacks."""

    name: str = "policy"
    flags: int = 0
    dispatch_max_batch: int = 0
    timeout_ms: int = 0


class Program(Protocol):
    """A policy, made for one model with its `KernelOps`."""

    settings: Settings
    callbacks: Collection[str]

    def call(self, name: str, args: tuple[Any, ...]) -> Any:
        """Runs a callback. Arguments are those of the kernel's prototype: ints and bools, `Task`, `Cgroup` or None for their
        pointers, a mask of CPUs as an int for cpumasks, and the structs of model/arguments.py. Returns an int or bool as
        the prototype says (signed), None where it is void."""
        ...
