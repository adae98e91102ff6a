# SPDX-License-Identifier: GPL-2.0-only
"""Locks: a bpf_spin_lock in a section of its own, together with the variables that it guards.

Such a section becomes an array map of one entry which user space does not map, since all in it is hidden. What the block
will need from maps is looked up before the lock is taken: the kernel calls nothing while a lock is held.
"""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.walk import Node, parts

from .context import FunctionContext
from .dispatch import expression, value
from .effects import Held, release
from .layout import memory_type
from .moves import get_slot, keep_value
from .places import map_entry
from .row_shape import SPIN_LOCK
from .rows import lock_of, one_cpu, row_of
from .slots import new_slot
from .values import Lowered

def symbol(lock: typed.Lock) -> str:
    return f"{lock.name}_lock"


def section(lock: typed.Lock) -> str:
    """The section of a lock and what it guards; of plain zeros where nothing starts with a value."""
    return f"{'.data' if any(_starts(g) for g in lock.globals) else '.bss'}.{lock.name}"


def _starts(g: typed.Global) -> bool:
    return g.initial not in (None, 0, False)


def declared(lock: typed.Lock) -> irm.Global:
    return irm.Global(name=symbol(lock), type=SPIN_LOCK, section=section(lock), span=lock.span, hidden=True)


@expression.register
def _(node: typed.Under, f: FunctionContext) -> Lowered:
    with one_cpu(f):
        return _under(node, f)


def _under(node: typed.Under, f: FunctionContext) -> Lowered:
    _look_up(f, node.body)
    with f.build.at(node.use.span):
        lock = node.use.lock
        address = f.build.global_address(symbol(lock)) if lock.rows is None else lock_of(f, node.use)
        held = Held(address, f.build.open[-1], len(f.build.open[-1]))
        held.entries = _entries(f, node.body)
        held.at = len(f.build.open[-1])
        f.build.helper("spin_lock", ir.VOID, held.address)
    gives = not isinstance(node.type, lang.Nothing | lang.Never)
    slot = new_slot(f, node.type, "under") if gives else None
    f.held = held
    with f.cleanup(f.build.loop_depth + 0.5, lambda: release(f, held)):
        keep_value(f, slot, value(node.body, f))
    f.held = None
    if held.sites:
        f.module.module.delayed.append(irm.Delayed(f.callback, node.use.span, node.use.lock.name, tuple(site.span for site in held.sites)))
    return None if slot is None else get_slot(f, slot)


@expression.register
def _(node: typed.Racy, f: FunctionContext) -> Lowered:
    return value(node.value, f)


# ---- looked up before


def _look_up(f: FunctionContext, body: typed.BlockValue) -> None:
    """The rows that the block touches, of owners that have a name here; they are found again by that name."""
    for node, slots in _reached(f, body, {}):
        match node:
            case typed.StatePlace(rows=rows, base=base) | typed.TreeExpr(tree=typed.Tree(rows=rows), base=base):
                outer = None if base is None else _renamed(base, slots)
                if outer is not None and rows is not None:
                    row_of(f, rows, outer)


def _reached(f: FunctionContext, node: Node, names: dict[typed.Variable, typed.Expr]):
    """All nodes that run in the block, those of called functions too; `names` are the arguments that are plain names."""
    yield node, names
    if isinstance(node, typed.CallFunction) and node.function.body is not None:
        inner = {}
        for parameter, argument in zip(node.function.params, node.arguments, strict=True):
            if isinstance(argument, typed.Expr) and (outer := _renamed(argument, names)) is not None:
                inner[parameter] = outer
        yield from _reached(f, node.function.body, inner)
    for part in parts(node):
        yield from _reached(f, part, names)


def _renamed(base: typed.Expr, names: dict[typed.Variable, typed.Expr]) -> typed.Expr | None:
    """The owner as it is called outside of the block; None where it has no such name."""
    match base:
        case typed.Read(place=typed.LocalPlace(variable=v)):
            return names.get(v, base)
        case typed.GetProperty():
            return base
    return None


def _entries(f: FunctionContext, body: typed.BlockValue) -> dict[str, Operand]:
    """Variables of each CPU that the block touches."""
    out: dict[str, Operand] = {}
    for node, _ in _reached(f, body, {}):
        if isinstance(node, typed.GlobalPlace) and node.declaration.percpu and node.declaration.name not in out:
            out[node.declaration.name] = map_entry(f, node.declaration.name, memory_type(node.declaration.type))
    return out

