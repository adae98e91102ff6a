# SPDX-License-Identifier: GPL-2.0-only
"""`fail` and `exit restart`."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, statement
from .errors_names import UnknownConstant
from .messages import parts_of

# include/uapi/asm-generic/errno-base.h and errno.h
ERRNO = {
    "eperm": 1,
    "enoent": 2,
    "eintr": 4,
    "eio": 5,
    "e2big": 7,
    "eagain": 11,
    "enomem": 12,
    "eacces": 13,
    "ebusy": 16,
    "eexist": 17,
    "enodev": 19,
    "einval": 22,
    "enospc": 28,
    "erange": 34,
    "eoverflow": 75,
    "eopnotsupp": 95,
    "etimedout": 110,
}


@statement.register
def _(node: tree.Fail, c: Checker) -> list[typed.Stmt]:
    name = node.code.name.text if isinstance(node.code, tree.DotName) else ""
    if name not in ERRNO:
        c.report(UnknownConstant(node.code.span, "error numbers", name, tuple(ERRNO)))
    return [typed.Fail(span=node.span, name=name, number=ERRNO.get(name, 22))]


@statement.register
def _(node: tree.Exit, c: Checker) -> list[typed.Stmt]:
    return [typed.ExitRestart(span=node.span, parts=parts_of(node.message, c))]
