# SPDX-License-Identifier: GPL-2.0-only
"""Room for values: registers, memory on the stack, masks."""

from scxdsl.ir.ops import Local
from scxdsl.ir.types import BOOL
from scxdsl.typing import types as lang

from .context import FunctionContext
from .layout import memory_type, register_type
from .mask_memory import fresh
from .values import Slot, SlotMask, SlotMaybe, SlotMemory, SlotParts, is_aggregate, is_pointer


def new_slot(f: FunctionContext, t: lang.Type, stem: str) -> Slot:
    """Fresh room for a value of that type."""
    match t:
        case lang.TupleType(items):
            return SlotParts(tuple(new_slot(f, item, f"{stem}.{i}") for i, item in enumerate(items)))
        case lang.Optional(of) if not is_pointer(of):
            return SlotMaybe(Local(f.name(f"{stem}.there"), BOOL), new_slot(f, of, stem))
        case lang.Optional(of):
            return Local(f.name(stem), register_type(of))
    if isinstance(t, lang.CpumaskType):
        local = Local(f.name(stem), register_type(t))
        f.build.set(local, fresh(f))
        return SlotMask(local)
    if is_aggregate(t):
        return SlotMemory(Local(f.name(stem), memory_type(t)))
    return Local(f.name(stem), register_type(t))
