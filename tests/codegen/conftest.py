# SPDX-License-Identifier: GPL-2.0-only
"""One LLVM process for all tests of this folder, and objects run on this machine's kernel."""

from collections.abc import Callable, Iterator

import pytest
from codegen.kernel_run import Loaded, refusal

from scxdsl.codegen.backend import Backend, BackendError
from scxdsl.codegen.pipeline import build
from scxdsl.ir.module import Module
from scxdsl.ir.verify import verify


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    with Backend() as running:
        yield running


@pytest.fixture(scope="session")
def compiled(backend: Backend) -> Callable[[Module], bytes]:
    """Object of a module, which the IR's verifier has passed."""

    def make(module: Module) -> bytes:
        verify(module)
        built = build(module, backend)
        assert not isinstance(built, BackendError), built
        return built.object

    return make


@pytest.fixture(scope="session")
def loaded(compiled) -> Iterator[Callable[[Module], Loaded]]:
    """The module's program in section `syscall`, on this machine's kernel. Skips, with the reason, where that is refused."""
    if refusal():
        pytest.skip(refusal())
    open_ones: list[Loaded] = []

    def load(module: Module) -> Loaded:
        open_ones.append(Loaded(compiled(module), "syscall"))
        return open_ones[-1]

    yield load
    for one in open_ones:
        one.close()
