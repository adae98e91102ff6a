# SPDX-License-Identifier: GPL-2.0-only
"""One policy before check and before a kernel."""

from corpus import EJECTED, LANGUAGE, VERIFIER, Case

from scxdsl import objects
from scxdsl.codegen.backend import Backend, BackendError
from scxdsl.compiler import check, lower
from scxdsl.fitting.fit import Fitted, fit
from scxdsl.fuzz.maker import load
from scxdsl.guest import Guest, GuestError
from scxdsl.rules import RULES, without
from scxdsl.source.diagnostic import Severity
from scxdsl.typing.left_out import IN_TYPES

ACCEPTED, REFUSED, EJECTED_WORD = "accepted", "refused", "ejected"
NOT_MADE = "no object"  # without the rule there is nothing that could be loaded
NOT_REACHED = "not reached"  # the load of the run never came to what check refuses
SECONDS = 2.0  # of a run, for what a kernel ejects


def codes(text: str, kernel: str | None = None) -> list[str]:
    """The codes of all errors, in order of their lines: for all kernels that the policy declares, or for one of them."""
    return [d.code for d in check(text, "policy.scx", kernel, load).diagnostics if d.severity is Severity.ERROR]


def lines(text: str) -> list[int]:
    """The lines of all errors."""
    return [d.span.line for d in check(text, "policy.scx", load=load).diagnostics if d.severity is Severity.ERROR]


def kind_on(case: Case, kernel: str) -> str:
    """V, E or L on that kernel: before 7.1 a call from the wrong callback loads, and ends the scheduler when it runs."""
    if case.code == "E0407" and case.kind == VERIFIER and kernel not in check(case.text, load=load).target.facts.at_load:
        return EJECTED
    return case.kind


def compiled(case: Case, backend: Backend, kernel: str | None = None) -> bytes | str:
    """The object, for all declared kernels or one; for a reject the one that comes about without the rules. Words where there is none."""
    made = fitted(case, backend, kernel)
    if isinstance(made, str):
        return made
    return f"{NOT_MADE}: {made.built.message}" if isinstance(made.built, BackendError) else made.built.object


def fitted(case: Case, backend: Backend, kernel: str | None = None) -> Fitted | str:
    """The same with what was rewritten; words where there is not even a module."""
    if case.kind == LANGUAGE:
        return NOT_MADE
    with without(*((*RULES, *IN_TYPES) if case.code else ())):
        checked = check(case.text, "policy.scx", kernel, load)
        if not checked.ok:
            return f"{NOT_MADE}: " + next(d.code for d in checked.diagnostics if d.severity is Severity.ERROR)
        try:
            return fit(lambda deepest: lower(checked, deepest=deepest), backend)
        except Exception as fault:  # what no rule has looked at may be beyond lowering; of an accept it is a false one
            return f"{NOT_MADE}: {type(fault).__name__} {fault}"


def asked(case: Case, data: bytes, guest: Guest) -> str:
    """The kernel's verdict in words: `accepted`, `refused: PROGRAM: why`, `ejected: why` or `not reached`. What check takes is loaded;
    what it refuses because the kernel would eject it is run as well."""
    params = objects.encode_all(objects.parameters(objects.read(data)), dict(case.settings)) if case.settings else {}
    for verdict in guest.verify(data, params=params):
        if not verdict.accepted:
            return f"{REFUSED}: {verdict.program or 'the object'}: {verdict.reason}"
    if kind_on(case, guest.kernel.series) == EJECTED and codes(case.text, guest.kernel.series):
        run = guest.run(data, seconds=SECONDS, load="mix", params=params)
        if not run.clean:
            return f"{EJECTED_WORD}: {run.refusal or (run.exit.message or run.exit.reason if run.exit else 'no word of it')}"
        if run.stats.get("reached") == 0:
            return NOT_REACHED
    return ACCEPTED


__all__ = [
    "ACCEPTED", "EJECTED_WORD", "NOT_MADE", "NOT_REACHED", "REFUSED", "GuestError", "asked", "codes", "compiled", "kind_on", "lines",
]  # fmt: skip
