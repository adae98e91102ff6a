# SPDX-License-Identifier: GPL-2.0-only
"""What the model asks of an engine: run a callback. How it does that is its own affair."""

from collections.abc import Collection, Mapping
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
    hooks: Collection[str]  # tracepoints; a program without hooks and commands need not have this and what follows
    commands: Mapping[str, int]  # bytes of the context of each
    inboxes: Mapping[str, int]  # bytes of a message of each

    def call(self, name: str, args: tuple[Any, ...]) -> Any:
        """Runs a callback. Arguments are those of the kernel's prototype: ints and bools, `Task`, `Cgroup` or None for their
        pointers, a mask of CPUs as an int for cpumasks, and the structs of model/arguments.py. Returns an int or bool as
        the prototype says (signed), None where it is void."""
        ...

    def hook(self, tracepoint: str, args: tuple[Any, ...]) -> None:
        """Runs the hooks at a tracepoint, with the kernel's arguments."""

    def command(self, name: str, context: bytes) -> tuple[int, bytes]:
        """Runs a command on a context: what its program returns (0, or a negative error number), and the context afterwards."""

    def post(self, inbox: str, message: bytes) -> bool:
        """User space feeds an inbox; false where it is full."""

    def take(self, ring: str) -> list[bytes]:
        """User space reads all there is in a ring."""
