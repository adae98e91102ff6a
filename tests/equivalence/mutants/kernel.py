# SPDX-License-Identifier: GPL-2.0-only
"""What is asked of the kernel, and told to it."""

from typing import Any

from planting import Plant

from scxdsl.ir.ops import Const
from scxdsl.lowering import forms, kernel_calls, module
from scxdsl.lowering.builder import FALSE, Builder, number
from scxdsl.lowering.context import FunctionContext
from scxdsl.lowering.dispatch import expression
from scxdsl.lowering.values import Parts
from scxdsl.typing import typed

from .registry import mutant


@mutant
def slice_and_vtime_swapped(p: Plant) -> None:
    def new(old: Any) -> Any:
        def insert(f: Any, queue: Any, arguments: list[Any]) -> Any:
            task, slice, flags, vtime = arguments
            return old(f, queue, [task, vtime, flags, slice] if vtime is not None else arguments)

        return insert

    p.item(kernel_calls._CALLS, "dsq.insert", new(kernel_calls._CALLS["dsq.insert"]))


@mutant
def insert_flags_dropped(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda f, queue, a: old(f, queue, [a[0], a[1], number(0), a[3]])

    p.item(kernel_calls._CALLS, "dsq.insert", new(kernel_calls._CALLS["dsq.insert"]))


@mutant
def queues_lose_their_number(p: Plant) -> None:
    p.attr(kernel_calls, "DSQ_SHIFT", lambda old: 64 - 8 - 1)


@mutant
def idle_is_forgotten(p: Plant) -> None:
    """The flag that select_cpu_dfl writes is not read."""

    def new(old: Any) -> Any:
        return lambda f, r, a: Parts((old(f, r, a).items[0], FALSE))

    p.item(kernel_calls._CALLS, ".select_cpu_dfl", new(kernel_calls._CALLS[".select_cpu_dfl"]))


@mutant
def guards_of_kernel_functions_inverted(p: Plant) -> None:
    p.attr(Builder, "kfunc_exists", lambda old: lambda self, kfunc: self.negate(old(self, kfunc)))


@mutant
def last_form_taken_for_all_kernels(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda f, found, values, slot, otherwise, lacking: old(f, found[-1:], values, slot, otherwise, False)

    p.attr(forms, "_chain", new)


@mutant
def errors_go_on(p: Plant) -> None:
    p.attr(FunctionContext, "abandon", lambda old: lambda f: None)


@mutant
def select_cpu_answers_0_after_an_error(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda name, result, params: Const(result, 0) if name == "select_cpu" else old(name, result, params)

    p.attr(module, "_fallback", new)


@mutant
def kernel_constants_are_zero(p: Plant) -> None:
    p.door(expression, typed.KernelConstant, lambda old: lambda node, f: number(0))
