# SPDX-License-Identifier: GPL-2.0-only
"""Where `fail` may stand: in callbacks whose answer the kernel reads as an error number.

Source: kernel/sched/ext.c, ops_sanitize_err and its callers.
"""

from scxdsl.kernel.ctype import Kind
from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics, Label
from scxdsl.typing import typed
from scxdsl.typing.callbacks import RESULTS
from scxdsl.typing.errors_texts import CannotFail
from scxdsl.typing.walk import Node, walk


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for context, body in policy.programs():
        if not may_fail(context, target):
            _refuse(body, context, (), set(), diagnostics)


def may_fail(context: str, target: Target) -> bool:
    if context == "syscall":  # user space reads what the program returns
        return True
    op = target.facts.op(context)
    proto = op.proto.newest if op is not None else None
    return proto is not None and proto.returns.kind is Kind.INT and context not in RESULTS


def _refuse(
    body: Node, context: str, path: tuple[Label, ...], entered: set[typed.Function], diagnostics: Diagnostics
) -> None:
    for node in walk(body):
        match node:
            case typed.Fail():
                diagnostics.add(CannotFail(node.span, typed.CONTEXT_WORDS.get(context, context), path))
            case typed.CallFunction(function=function) if function.body is not None and function not in entered:
                entered.add(function)
                label = Label(node.span, f"through `{function.name}`, called here")
                _refuse(function.body, context, (*path, label), entered, diagnostics)
