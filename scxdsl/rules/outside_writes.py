# SPDX-License-Identifier: GPL-2.0-only
"""Programs beside the ops table may not store to tasks: they need a function of the kernel that does it.

Source: kernel/sched/ext.c, bpf_scx_btf_struct_access, which lets programs of type struct_ops alone write p->scx.slice, dsq_vtime and
disallow; for others kernel/bpf/verifier.c, check_ptr_to_btf_access: "only read is supported".
"""

from scxdsl.kernel.forms import families, needed
from scxdsl.kernel.target import Target
from scxdsl.kernel.versions import Kernels
from scxdsl.source.diagnostic import Diagnostics, Label
from scxdsl.typing import typed
from scxdsl.typing.errors_programs import OnlyCallbacksWrite
from scxdsl.typing.walk import Node, parts

from .uses import having


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for context, body in policy.programs():
        if context in typed.CONTEXT_WORDS:
            _Walk(context, target, diagnostics).visit(body, target.kernels, ())


class _Walk:
    """One program; a function is entered once for each set of kernels that comes to it."""

    def __init__(self, context: str, target: Target, diagnostics: Diagnostics) -> None:
        self._context, self._target, self._diagnostics = context, target, diagnostics
        self._entered: set[tuple[typed.Function, Kernels]] = set()

    def visit(self, node: Node, kernels: Kernels, path: tuple[Label, ...]) -> None:
        match node:
            case typed.IfValue(condition=condition, then=then, otherwise=otherwise):
                self.visit(condition, kernels, path)
                self.visit(then, having(condition, True, kernels, self._target.facts), path)
                if otherwise is not None:
                    self.visit(otherwise, having(condition, False, kernels, self._target.facts), path)
                return
            case typed.Assign(place=typed.PropertyPlace(property=p)) | typed.Update(place=typed.PropertyPlace(property=p)):
                refused = kernels
                for name in p.set_families:
                    refused = needed(self._target.facts, families()[name], refused, self._context)[1]
                if refused:
                    word = typed.CONTEXT_WORDS[self._context]
                    self._diagnostics.add(OnlyCallbacksWrite(node.span, node.place.span.text, word, str(refused), path))
            case typed.CallFunction(function=function) if function.body is not None and (function, kernels) not in self._entered:
                self._entered.add((function, kernels))
                label = Label(node.span, f"through `{function.name}`, called here")
                self.visit(function.body, kernels, (*path, label))
        for part in parts(node):
            self.visit(part, kernels, path)
