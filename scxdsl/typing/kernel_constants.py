# SPDX-License-Identifier: GPL-2.0-only
"""Constants by their kernel names: enumerators (SCX_TASK_QUEUED), which the loader fills in for the running kernel, and what the kernel
defines for its C code (PF_EXITING), which is the same on every kernel. As plain numbers, for fields that are plain numbers; flags
of the kernel's functions stand behind a dot."""

from scxdsl.source.text import Span

from . import typed
from .c_names import WORDS
from .checker import Checker, broken
from .errors_kernel import FlagByKernelName, MovedConstant
from .types import I64, U64, FlagsType, LiteralInt, Optional, Type


def by_name(span: Span, name: str, c: Checker, expected: Type | None) -> typed.Expr | None:
    """The constant as a number; None for a name that no kernel knows as one."""
    facts = c.target.facts
    if name in WORDS:
        c.report(FlagByKernelName(span, name, WORDS[name]))
        return broken(span)
    macro = facts.macro(name)
    if macro is not None:
        return typed.Literal(span=span, type=LiteralInt(macro), value=macro)
    constant = facts.constant(name)
    if constant is None:
        return None
    flags = _flags_of(name, expected)
    if flags is not None:
        c.report(FlagByKernelName(span, name, "." + name.removeprefix(flags.prefix).lower()))
        return broken(span)
    enums = {enum for where, enum in constant.enum if where & c.target.kernels}
    if len(enums) > 1:
        c.report(MovedConstant(span, name, " and ".join(sorted(enums))))
        return broken(span)
    known = constant.values.newest or 0
    enum = next(iter(enums), constant.enum.newest or "")
    return typed.KernelConstant(span=span, type=I64 if known < 0 else U64, enum=enum, name=name, known=known)


def _flags_of(name: str, expected: Type | None) -> FlagsType | None:
    """The set of flags that the name stands in, where flags are expected."""
    t = expected.of if isinstance(expected, Optional) else expected
    if isinstance(t, FlagsType):
        return t if name.startswith(t.prefix) else None
    return None
