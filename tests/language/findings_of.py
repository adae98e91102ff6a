# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the language ask of a policy's text."""

from scxdsl.compiler import check, lower
from scxdsl.ir.ops import CallKfunc
from scxdsl.ir.walk import operations
from scxdsl.source.diagnostic import Severity


def codes(text: str) -> list[tuple[str, int]]:
    """Errors of a policy: code and line."""
    found = check(text, "p.scx").diagnostics
    return [(d.code, d.span.line) for d in found if d.severity is Severity.ERROR]


def calls(text: str, program: str) -> list[str]:
    """The kernel functions that a program calls, in order."""
    checked = check("scheduler s\n" + text, "p.scx")
    assert checked.ok, [(d.code, d.message) for d in checked.diagnostics]
    ops = operations(lower(checked).function(program).body)
    return [op.kfunc.symbol for op in ops if isinstance(op, CallKfunc)]
