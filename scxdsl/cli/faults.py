# SPDX-License-Identifier: GPL-2.0-only
"""How a command ends: its exit status, and what keeps it from its work, one class each.

0 done; 1 the policy is at fault; 2 the call is; 3 the surroundings are; 4 the kernel refused or ejected the policy.
Beside these: 70 a fault of scxdsl itself, 128 + n ended by signal n (130 Ctrl-C, 141 a reader that went away).
"""

import errno
import os

from scxdsl.source.records import dataclass

DONE, POLICY, CALL, SURROUNDINGS, KERNEL = 0, 1, 2, 3, 4
INTERNAL, INTERRUPTED, BROKEN_PIPE, TERMINATED = 70, 130, 141, 143

# A full or broken disk is no fault of whoever named the file.
_OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


class Fault(Exception):
    """Base: `message` is one plain sentence for stderr, `status` the exit status."""

    status = CALL

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        raise NotImplementedError


@dataclass(eq=False)
class FileFault(Fault):
    """The system's own reason why a file can't be used; `doing` is "read" or "write"."""

    doing: str
    path: str
    errno: int

    @property
    def status(self) -> int:  # type: ignore[override]
        return SURROUNDINGS if self.errno in _OF_THE_MACHINE else CALL

    @property
    def message(self) -> str:
        return f"cannot {self.doing} {self.path}: {os.strerror(self.errno)}"


@dataclass(eq=False)
class NotText(Fault):
    path: str
    line: int
    byte: int

    @property
    def message(self) -> str:
        return f"{self.path} is not text in UTF-8: byte 0x{self.byte:02x} in line {self.line}"


@dataclass(eq=False)
class NoName(Fault):
    """The result of a policy from stdin has no name of its own."""

    suffix: str

    @property
    def message(self) -> str:
        return f"a policy from stdin gives its {self.suffix} no name: name it with -o"


@dataclass(eq=False)
class BinaryOnTerminal(Fault):
    @property
    def message(self) -> str:
        return "an object is not for a terminal: name a file with -o"


@dataclass(eq=False)
class TwoResults(Fault):
    """Two things that would both go to stdout."""

    first: str
    second: str

    @property
    def message(self) -> str:
        return f"{self.first} and {self.second} cannot both go to stdout: name a file with -o"


@dataclass(eq=False)
class SeveralInputs(Fault):
    """One output file cannot take the results of several policies."""

    @property
    def message(self) -> str:
        return "-o names one file, and there are several policies"


@dataclass(eq=False)
class BadKernels(Fault):
    reason: str

    @property
    def message(self) -> str:
        return f"--kernels {self.reason}"


@dataclass(eq=False)
class BadObject(Fault):
    path: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(eq=False)
class BadSetting(Fault):
    """--set that is no NAME=VALUE, or a value that does not fit; `reason` is a sentence, `where` the option, or the file and its line."""

    reason: str
    where: str = "--set"

    @property
    def message(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(eq=False)
class Exists(Fault):
    path: str

    @property
    def message(self) -> str:
        return f"{self.path} exists already; it is left as it is"


@dataclass(eq=False)
class BadPolicyName(Fault):
    name: str

    @property
    def message(self) -> str:
        return f"`{self.name}` cannot name a scheduler: a name begins with a letter, goes on with letters, digits and _, and is no word of the language"


@dataclass(eq=False)
class UnknownCode(Fault):
    code: str
    close: tuple[str, ...]

    @property
    def message(self) -> str:
        near = f"; did you mean {' or '.join(self.close)}?" if self.close else "; `scxdsl explain` lists all"
        return f"no diagnostic has the code {self.code}{near}"


@dataclass(eq=False)
class NoRelease(Fault):
    path: str

    @property
    def message(self) -> str:
        return f"{self.path} is BTF alone, which does not say of which kernel: add --release 6.18.15"


@dataclass(eq=False)
class NotAKernel(Fault):
    path: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(eq=False)
class NoRecord(Fault):
    path: str
    why: str

    @property
    def message(self) -> str:
        return f"{self.path} is no record of a run, as guest run --record writes them: {self.why}"


@dataclass(eq=False)
class CannotRecord(Fault):
    why: str

    @property
    def message(self) -> str:
        return f"--record: {self.why}"


@dataclass(eq=False)
class NoLlvm(Fault):
    status = SURROUNDINGS

    @property
    def message(self) -> str:
        return "the package llvmlite, which has LLVM, is not installed: pip install llvmlite"


@dataclass(eq=False)
class Terminated(Fault):
    """A signal asked the process to end; the number is the exit status."""

    status: int  # type: ignore[misc]

    @property
    def message(self) -> str:
        return ""
