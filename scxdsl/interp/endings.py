# SPDX-License-Identifier: GPL-2.0-only
"""`fail` and `exit restart`; what the running kernel has; comparisons of texts."""

from scxdsl.typing import typed

from .context import Context, Failed, Stop
from .doors import Eval, Exec, Frame, expression, statement
from .messages import message


@statement.register
def _(node: typed.Fail, c: Context) -> Exec:
    number = -node.number

    def fail(f: Frame) -> None:
        raise Failed(number)

    return fail


@statement.register
def _(node: typed.ExitRestart, c: Context) -> Exec:
    text, where, kernel = message(node.parts, c), c.where(node.span), c.kernel
    code = kernel.constant("SCX_ECODE_ACT_RESTART") or 0

    def leave(f: Frame) -> None:
        kernel.exit(code, f"{where}: {text(f)}")
        raise Stop

    return leave


@expression.register
def _(node: typed.KernelHas, c: Context) -> Eval:
    k = c.kernel
    has = {"kfunc": k.has_kfunc, "struct": k.has_struct, "field": k.has_field}.get(node.kind, lambda name: k.constant(name) is not None)(node.name)
    return lambda f: has


@expression.register
def _(node: typed.TextMatch, c: Context) -> Eval:
    left, right = expression(node.left, c), expression(node.right, c)
    if node.prefix:
        return lambda f: left(f).startswith(right(f))
    return lambda f: left(f) == right(f)
