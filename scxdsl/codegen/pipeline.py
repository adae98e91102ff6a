# SPDX-License-Identifier: GPL-2.0-only
"""From a module to an object, stage by stage, with the time of each."""

from collections.abc import Callable
from time import perf_counter

from scxdsl.ir.module import Module
from scxdsl.source.records import dataclass

from .backend import Backend, BackendError, Emit, Timings
from .elf import without_debug
from .module import emit


@dataclass(frozen=True)
class Built:
    """`milliseconds` has the stages text, wait, parse, optimise, emit, strip; `wait` is LLVM's import and the way there."""

    object: bytes
    llvm: str
    milliseconds: dict[str, float]


def build(
    module: Module, backend: Backend | None = None, kind: Emit = Emit.OBJECT, meanwhile: Callable[[], object] = lambda: None
) -> Built | BackendError:
    """The loadable object of a module. With a backend that runs already, its start-up is not waited for.
    `kind`: OBJECT, or SAFER. `meanwhile` is done while LLVM works.
    Raises scxdsl.ir.definitions.Conflict."""
    begin = perf_counter()
    own = backend is None
    backend = backend or Backend()
    backend.start()
    text = emit(module)
    written = perf_counter()
    try:
        made = backend.compile(text, kind, meanwhile)
    finally:
        if own:
            backend.close()
    if isinstance(made, BackendError):
        return made
    compiled = perf_counter()
    data = without_debug(made)
    done = perf_counter()
    return Built(data, text, _stages(written - begin, backend.timings, done - compiled))


def _stages(text: float, t: Timings, strip: float) -> dict[str, float]:
    return {
        "text": text * 1e3,
        "wait": t.wait,
        "parse": t.parse,
        "optimise": t.optimise,
        "emit": t.emit,
        "strip": strip * 1e3,
    }
