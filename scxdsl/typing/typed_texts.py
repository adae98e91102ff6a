# SPDX-License-Identifier: GPL-2.0-only
"""Questions about texts, and the ways out with a reason, in the typed tree."""

from scxdsl.source.records import dataclass

from .typed_base import Expr, Stmt


@dataclass(eq=False, kw_only=True)
class TextMatch(Expr):
    """`p.comm == "sh"`, or with `prefix` `p.comm.starts_with("ksoft")`: byte for byte up to the end of the right side, and of the
    left one where they must be equal."""

    left: Expr
    right: Expr
    prefix: bool


@dataclass(eq=False, kw_only=True)
class Fail(Stmt):
    """`fail .enomem`: the callback answers with minus `number`, through all callers."""

    name: str
    number: int


@dataclass(eq=False, kw_only=True)
class ExitRestart(Stmt):
    """`exit restart "…"`: ends the scheduler and this invocation as `error` does, and asks the loader to load it again."""

    parts: list[str | Expr]
