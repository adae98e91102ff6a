# SPDX-License-Identifier: GPL-2.0-only
"""What LLVM could not do, as a diagnostic at the author's line."""


from collections.abc import Sequence

from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass
from scxdsl.source.text import Source

from .backend import BackendError


@dataclass(frozen=True)
class BackendFailed(Diagnostic):
    """The checks accepted the policy, and LLVM could not make an object of it. That is a fault of scxdsl, not of the
    policy: please report it with the policy."""

    code = "E0901"
    title = "LLVM could not compile this: {said}"
    label = "in the code for this"
    help = "this is a fault of scxdsl; please report it together with the policy"
    said: str


@dataclass(frozen=True)
class OverStack(Diagnostic):
    """A frame of the kernel's machine is at most 512 bytes, for each function. The compiler lays functions into their callers,
    shares the places of variables that are not needed at one time, and moves large structs and arrays to scratch memory, up to 32 kB
    that are needed at one time by one program. What still does not fit are larger values than that, or very many small ones. State is
    not on the stack (`per task`, `var`, `percpu var`, maps)."""

    code = "E0904"
    title = "the local values of this function need more than the {limit} bytes of stack that the kernel gives, and more than scratch memory holds"
    label = "too large when this is reached"
    help = "keep large values in a `percpu var` or in state of the task, or work on a part at a time through `ref`"
    limit: int = 512


@dataclass(frozen=True)
class TooLong(Diagnostic):
    """A jump of the kernel's machine reaches 32767 instructions. The compiler makes functions that are large and called often into
    subprograms; one stretch of code without calls that is longer than that has to be divided by its author."""

    code = "E0905"
    title = "the code of this program is too long: a jump reaches 32767 instructions"
    label = "in the code for this"
    help = "divide it into functions that take numbers and tasks, and call each more than once or from loops"


@dataclass(frozen=True)
class TooComplex(Diagnostic):
    """The kernel's verifier walks every way through a program, a million instructions at most. Ways that differ in a value that matters are
    walked each for itself. The compiler keeps numbers from being followed; it cannot do that for tasks and cgroups that may be `none`:
    each that is kept while others are doubles the ways. Loops under a lock are walked turn by turn. And of branches one behind another the verifier
    remembers 8192."""

    code = "E0906"
    title = "the kernel's verifier would walk more ways through this than it allows: {ways}"
    label = "too many ways"
    help = "use one optional task after another, each within its own `if let`; make loops under a lock shorter; divide long code into functions that take numbers and tasks"
    ways: str


def explained(error: BackendError, source: Source, modules: Sequence[Source] = ()) -> Diagnostic:
    """The diagnostic for an error of LLVM, at its line where LLVM knows one; that may be in a module."""
    source = next((m for m in modules if error.file and m.path.endswith(error.file) and not source.path.endswith(error.file)), source)
    if error.over_stack:
        return OverStack(source.line_span(error.line or 1))
    if error.ways:
        return TooComplex(source.line_span(error.line or 1), error.ways)
    if "Branch target out of insn range" in error.message:
        return TooLong(source.line_span(error.line or 1))
    return BackendFailed(source.line_span(error.line or 1), error.message)
