# SPDX-License-Identifier: GPL-2.0-only
"""One policy before check and before a kernel."""

from dataclasses import dataclass

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
POLICY = "policy.scx"
SECONDS = 2.0  # of a run, for what a kernel ejects


def codes(text: str, kernel: str | None = None) -> list[str]:
    """The codes of all errors, in order of their lines: for all kernels that the policy declares, or for one of them."""
    return [d.code for d in check(text, POLICY, kernel, load).diagnostics if d.severity is Severity.ERROR]


def lines(text: str) -> list[int]:
    """The lines of all errors."""
    return [d.span.line for d in check(text, POLICY, load=load).diagnostics if d.severity is Severity.ERROR]


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
        checked = check(case.text, POLICY, kernel, load)
        if not checked.ok:
            return f"{NOT_MADE}: " + next(d.code for d in checked.diagnostics if d.severity is Severity.ERROR)
        try:
            return fit(lambda deepest: lower(checked, deepest=deepest), backend)
        except Exception as fault:  # what no rule has looked at may be beyond lowering; of an accept it is a false one
            return f"{NOT_MADE}: {type(fault).__name__} {fault}"


@dataclass(frozen=True)
class Said:
    """A kernel's verdict. `words`: `accepted`, `refused: PROGRAM: why`, `ejected: why` or `not reached`; `line`: that of the policy which `guest
    verify` or `guest run` shows for it; `log`: the verifier's."""

    words: str
    line: int | None = None
    log: str = ""


def asked(case: Case, data: bytes, guest: Guest) -> str:
    """The kernel's verdict in words. What check takes is loaded; what it refuses because the kernel would eject it is run as well."""
    return answer(case, data, guest).words


def answer(case: Case, data: bytes, guest: Guest) -> Said:
    """The same with the line and the log."""
    params = objects.encode_all(objects.parameters(objects.read(data)), dict(case.settings)) if case.settings else {}
    for verdict in guest.verify(data, params=params):
        if not verdict.accepted:
            words = f"{REFUSED}: {verdict.program or 'the object'}: {verdict.reason}"
            return Said(words, verdict.line if verdict.file == POLICY else None, verdict.log)
    if kind_on(case, guest.kernel.series) == EJECTED and codes(case.text, guest.kernel.series):
        run = guest.run(data, seconds=SECONDS, load="mix", params=params)
        if not run.clean:
            place = run.exit.place if run.exit else None
            why = run.refusal or (run.exit.message or run.exit.reason if run.exit else "no word of it")
            return Said(f"{EJECTED_WORD}: {why}", place.line if place and place.file == POLICY else None)
        if run.stats.get("reached") == 0:
            return Said(NOT_REACHED)
    return Said(ACCEPTED)


__all__ = [
    "ACCEPTED", "EJECTED_WORD", "NOT_MADE", "NOT_REACHED", "REFUSED", "GuestError", "Said", "answer", "asked", "codes", "compiled", "kind_on", "lines",
]  # fmt: skip
