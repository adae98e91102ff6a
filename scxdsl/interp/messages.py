# SPDX-License-Identifier: GPL-2.0-only
"""`error`, `log`, `dump`: text, and the way out."""

from scxdsl.typing import typed

from .context import Context, Stop
from .doors import Eval, Exec, Frame, expression, statement
from .locks import deferred


def message(parts: list[str | typed.Expr], c: Context) -> Eval:
    """The text, with its values in decimal; truth values are 0 and 1."""
    made: list[str | Eval] = [p if isinstance(p, str) else expression(p, c) for p in parts]

    def text(f: Frame) -> str:
        return "".join(p if isinstance(p, str) else _shown(p(f)) for p in made)

    return text


def _shown(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


@statement.register
def _(node: typed.Error, c: Context) -> Exec:
    text, where, error = message(node.parts, c), c.where(node.span), c.kernel.error

    def raise_error(f: Frame) -> None:
        error(f"{where}: {text(f)}")
        raise Stop

    return raise_error


@statement.register
def _(node: typed.Log, c: Context) -> Exec:
    text, kernel, name = message(node.parts, c), c.kernel, c.policy.name
    line = deferred(kernel.print, c)
    return lambda f: line(f"{name}: {text(f)}\n")


@statement.register
def _(node: typed.Dump, c: Context) -> Exec:
    text, kernel = message(node.parts, c), c.kernel
    return lambda f: kernel.dump(text(f))
