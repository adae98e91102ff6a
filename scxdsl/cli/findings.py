# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel had against a policy, as diagnostics at its line."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


def rule_help(codes: tuple[str, ...]) -> Iterable[Help]:
    """Where to read about the rule that a kernel's words stand for."""
    if codes:
        yield Help(f"the rule behind these words: `scxdsl explain {codes[0]}`" + "".join(f" or {code}" for code in codes[1:3]))


@dataclass(frozen=True)
class KernelRefused(Diagnostic):
    """The kernel's verifier refused a program, or libbpf the object. Where `scxdsl check` had accepted the policy for that kernel
    this is a fault of scxdsl: check promises that the kernel accepts. The case is saved so that it can be reported."""

    code = "E0911"
    title = "kernel {kernel} refuses {what}: {reason}"
    label = "here"
    kernel: str
    what: str
    reason: str
    explanation: str = ""
    promised: bool = False
    case: str = ""
    rules: tuple[str, ...] = ()  # codes that are about what the kernel says

    def helps(self) -> Iterable[Help]:
        if self.explanation:
            yield Help(f"the kernel explains: {self.explanation}")
        yield from rule_help(self.rules)
        if self.promised:
            yield Help("check accepted this policy for that kernel, so this is a fault of scxdsl, not of the policy")
        if self.case:
            yield Help(f"the case is saved in {self.case}: please report it with the files in there")


@dataclass(frozen=True)
class Ejected(Diagnostic):
    """The kernel ended the scheduler while it ran and went back to its default one: because of an `error` statement of the
    policy, a task that did not run within the timeout, or a call that the kernel's rules forbid at run time. The line is the one
    that the kernel's message or stack trace leads to, where there is one."""

    code = "E0912"
    title = "kernel {kernel} ejected the scheduler: {reason}"
    kernel: str
    reason: str
    words: str = ""  # the kernel's message
    known: bool = True  # whether `span` is the cause, and not the scheduler as a whole
    others: tuple[Span, ...] = ()  # places that may be the cause as well
    rules: tuple[str, ...] = ()  # codes that are about what the kernel says

    @property
    def primary(self) -> str:
        return ("this, or one of those" if self.others else "here") if self.known else "this scheduler"

    def labels(self) -> Iterable[Label]:
        return (Label(span, "or this") for span in self.others)

    def helps(self) -> Iterable[Help]:
        if self.words:
            yield Help(f"the kernel says: {self.words}")
        yield from rule_help(self.rules)
        if not self.known:
            yield Help("the kernel does not say at which line")
