# SPDX-License-Identifier: GPL-2.0-only
"""One policy before check and before a kernel."""

from corpus import EJECTED, LANGUAGE, Case

from scxdsl.codegen.backend import Backend, BackendError
from scxdsl.codegen.pipeline import build
from scxdsl.compiler import check, lower
from scxdsl.guest import Guest, GuestError
from scxdsl.rules import RULES, without
from scxdsl.source.diagnostic import Severity

ACCEPTED, REFUSED, EJECTED_WORD = "accepted", "refused", "ejected"
NOT_MADE = "no object"  # without the rule there is nothing that could be loaded
SECONDS = 2.0  # of a run, for what a kernel ejects


def codes(text: str) -> list[str]:
    """The codes of all errors, in order of their lines."""
    return [d.code for d in check(text, "policy.scx").diagnostics if d.severity is Severity.ERROR]


def lines(text: str) -> list[int]:
    """The lines of all errors."""
    return [d.span.line for d in check(text, "policy.scx").diagnostics if d.severity is Severity.ERROR]


def compiled(case: Case, backend: Backend) -> bytes | str:
    """The object; for a reject the one that comes about without the rules. Words where there is none."""
    if case.kind == LANGUAGE:
        return NOT_MADE
    with without(*(RULES if case.code else ())):
        checked = check(case.text, "policy.scx")
        if not checked.ok:
            return f"{NOT_MADE}: " + next(d.code for d in checked.diagnostics if d.severity is Severity.ERROR)
        try:
            made = build(lower(checked), backend)
        except Exception as fault:  # what no rule has looked at may be beyond lowering; of an accept it is a false one
            return f"{NOT_MADE}: {type(fault).__name__} {fault}"
    return f"{NOT_MADE}: {made.message}" if isinstance(made, BackendError) else made.object


def asked(case: Case, data: bytes, guest: Guest) -> str:
    """The kernel's verdict in words: `accepted`, `refused: PROGRAM: why` or `ejected: why`."""
    for verdict in guest.verify(data):
        if not verdict.accepted:
            return f"{REFUSED}: {verdict.program or 'the object'}: {verdict.reason}"
    if case.kind == EJECTED:
        run = guest.run(data, seconds=SECONDS, load="mix")
        if not run.clean:
            return f"{EJECTED_WORD}: {run.refusal or (run.exit.message or run.exit.reason if run.exit else 'no word of it')}"
    return ACCEPTED


__all__ = ["ACCEPTED", "EJECTED_WORD", "NOT_MADE", "REFUSED", "GuestError", "asked", "codes", "compiled", "lines"]
