# SPDX-License-Identifier: GPL-2.0-only
"""First values of `percpu var`. A per-CPU array begins with zeros (kernel/bpf/arraymap.c, array_map_alloc) and an object has no section for what
each CPU has of its own: derived init copies them into the entry of each possible CPU, before anything else of the policy runs."""

from scxdsl.ir import module as irm
from scxdsl.ir.ops import CompareOp, Const, Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import all_owner

from .array_maps import array_entry
from .context import FunctionContext
from .cpus import each_cpu
from .data import plain_bytes
from .layout import memory_type


def _starting(policy: typed.Policy) -> list[typed.Global]:
    """Those that begin with something else than zeros."""
    found = [g for g in policy.globals if g.percpu and g.initial is not None and g.type != lang.CPUMASK and not all_owner(g.type)]
    return [g for g in found if any(plain_bytes(g.initial, g.type))]


def _image(g: typed.Global) -> str:
    return f"__first_{g.name}"


def images(policy: typed.Policy) -> list[irm.Global]:
    """The values, in .rodata."""
    return [
        irm.Global(
            name=_image(g), type=memory_type(g.type), section=".rodata", span=g.span, initial=plain_bytes(g.initial, g.type), read_only=True, hidden=True
        )
        for g in _starting(policy)
    ]  # fmt: skip


def init(f: FunctionContext) -> None:
    starting = _starting(f.module.policy)
    if not starting:
        return

    def of_cpu(cpu: Operand) -> None:
        for g in starting:
            with f.build.at(g.span):
                _copy(f, g, cpu)

    each_cpu(f, "possible", of_cpu)


def _copy(f: FunctionContext, g: typed.Global, cpu: Operand) -> None:
    type = memory_type(g.type)
    found = array_entry(f, g.name, type, cpu=cpu)
    with f.build.when(f.build.compare(CompareOp.NE, found, Const(found.type, 0))):
        f.build.copy(found, f.build.global_address(_image(g)), type)
