# SPDX-License-Identifier: GPL-2.0-only
"""Effects under a lock: each place where one stands keeps its operands and a mark; after the release they take place in order.

Code under a lock runs forward only (effects stand in no loop there), so the order of places is the order of execution. On
each way out of the block only the places before it can have been passed, and only those are looked at.

A mark that is made on some ways only is opaque: LLVM would see that it is the condition of these ways and test that again instead, and the
kernel's verifier, which does not see that the second test has the outcome of the first, would come to an effect whose operands were never kept.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scxdsl.source.records import dataclass, field
from scxdsl.ir import ops
from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Local, Operand
from scxdsl.source.text import Span

from .builder import FALSE, TRUE
from .context import FunctionContext

Act = Callable[..., object]


@dataclass
class Site:
    """One effect that waits: whether it was passed, its operands, what it does."""

    passed: Local
    operands: list[Local | Const | None]
    act: Act
    span: Span


@dataclass
class Held:
    """A lock that is held, and what waits for its release. `block` and `at` are where it was taken."""

    address: Operand
    block: ops.Block
    at: int
    sites: list[Site] = field(default_factory=list)
    entries: dict[str, Operand] = field(default_factory=dict)  # maps of one entry, looked up before
    released: bool = False


def effect(f: FunctionContext, act: Act, *operands: Operand | None) -> object:
    """Does it now; where a lock is held, at its release. Only without a lock is there a result."""
    held = f.held
    if held is None:
        return act(*operands)
    passed = Local(f.name("passed"), ir.BOOL)
    held.block.insert(held.at, ops.SetLocal(span=f.build.span, local=passed, value=FALSE))
    kept: list[Local | Const | None] = []
    for operand in operands:
        if operand is None or isinstance(operand, Const):
            kept.append(operand)
        else:
            kept.append(local := Local(f.name("kept"), operand.type))
            f.build.set(local, operand)
            if not isinstance(operand.type, ir.Pointer):  # a null pointer would be no better than none
                held.block.insert(held.at, ops.SetLocal(span=f.build.span, local=local, value=Const(operand.type, 0)))
    f.build.set(passed, TRUE if f.build.open[-1] is held.block else f.build.opaque(TRUE))
    held.sites.append(Site(passed, kept, act, f.build.span))
    return None


def release(f: FunctionContext, held: Held) -> None:
    """On a way out: gives the lock back, then does what waits."""
    if held.released:
        return
    with _without(f, held):
        f.build.helper("spin_unlock", ir.VOID, held.address)
        for site in held.sites:
            with f.build.at(site.span), f.build.when(f.build.get(site.passed)):
                site.act(*(f.build.get(o) if isinstance(o, Local) else o for o in site.operands))


@contextmanager
def for_error(f: FunctionContext) -> Iterator[None]:
    """Code inside ends the invocation: a lock that is held is given back first, and what waits for that is discarded."""
    held = f.held
    if held is None:
        yield
        return
    with _without(f, held):
        f.build.helper("spin_unlock", ir.VOID, held.address)
        yield


@contextmanager
def _without(f: FunctionContext, held: Held) -> Iterator[None]:
    f.held, held.released = None, True
    yield
    f.held, held.released = held, False
