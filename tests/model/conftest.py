# SPDX-License-Identifier: GPL-2.0-only
"""Policies for the model written in Python: what each callback does, by name."""

from collections.abc import Callable
from typing import Any

import pytest

from scxdsl.model import KernelOps, Model, Settings, Topology
from scxdsl.model.attach import attach


class Scripted:
    """A `Program` whose callbacks are Python functions of (kernel, *arguments)."""

    def __init__(self, kernel: KernelOps, callbacks: dict[str, Callable[..., Any]], settings: Settings) -> None:
        self.kernel, self.functions, self.settings = kernel, callbacks, settings
        self.callbacks = frozenset(callbacks)
        self.log: list[str] = []

    def call(self, name: str, args: tuple[Any, ...]) -> Any:
        self.log.append(name)
        return self.functions[name](self.kernel, *args)


@pytest.fixture
def start() -> Callable[..., Model]:
    """`start(enqueue=…, cpus=2, series="6.18")`: a model with that policy attached; `model.program.log` has its callbacks."""

    def make(cpus: int = 2, series: str = "6.18", settings: Settings = Settings(), topology: Topology | None = None,
             tasks: int = 0, **callbacks: Callable[..., Any]) -> Model:  # fmt: skip
        from scxdsl.model import events

        m = Model(series, topology or Topology.of(cpus))
        for i in range(tasks):
            events.add_task(m, f"old{i}").sleeping = False
        attach(m, lambda kernel: Scripted(kernel, callbacks, settings))
        return m

    return make
