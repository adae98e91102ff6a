# SPDX-License-Identifier: GPL-2.0-only
"""What can go wrong around a guest. Each is a dataclass; its words are made when it is shown.

All are faults of the surroundings (exit status 3 of the commands), never of the policy.
"""

from dataclasses import dataclass, field
from pathlib import Path


class GuestError(Exception):
    """Base of all errors of this folder."""

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class MissingTool:
    """A program or file that the host lacks, and the Debian package that has it."""

    name: str
    package: str


@dataclass
class ToolsMissing(GuestError):
    tools: tuple[MissingTool, ...]
    purpose: str  # "to boot a guest"

    @property
    def message(self) -> str:
        names = ", ".join(t.name for t in self.tools)
        packages = " ".join(sorted({t.package for t in self.tools}))
        return f"{self.purpose} this machine needs {names}: install the package(s) {packages}"


@dataclass
class UnknownSeries(GuestError):
    series: str
    known: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"no kernel series `{self.series}` is known; known are {', '.join(self.known)}, or name a kernel image by path"


@dataclass
class NotInstalled(GuestError):
    series: str

    @property
    def message(self) -> str:
        return f"kernel {self.series} is not installed: `scxdsl kernels install {self.series}`"


@dataclass
class NoMirror(GuestError):
    suite: str

    @property
    def message(self) -> str:
        return (
            f"this machine's apt sources name no Debian mirror, so the suite {self.suite} can't be reached; "
            "name a kernel image by path instead"
        )


@dataclass
class NoPackage(GuestError):
    wanted: str
    suites: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"the package mirror has no {self.wanted} in {', '.join(self.suites)}"


@dataclass
class CommandFailed(GuestError):
    """A program of the host ended with a failure."""

    command: str
    status: int
    output: str

    @property
    def message(self) -> str:
        tail = "\n".join(self.output.strip().splitlines()[-12:])
        return f"{self.command} failed with status {self.status}" + (f":\n{tail}" if tail else "")


@dataclass
class BadImage(GuestError):
    path: Path
    why: str

    @property
    def message(self) -> str:
        return f"{self.path} is not a kernel image that can be used: {self.why}"


@dataclass
class BootFailed(GuestError):
    """The kernel did not bring up the agent, however often it was tried (boot.py)."""

    kernel: str
    why: str
    console: str = field(repr=False, default="")

    @property
    def message(self) -> str:
        tail = "\n".join(self.console.strip().splitlines()[-20:])
        return f"the guest with kernel {self.kernel} did not boot: {self.why}" + (f"\n{tail}" if tail else "")


@dataclass
class GuestDied(GuestError):
    """qemu ended, or the kernel crashed, while the guest was in use."""

    kernel: str
    doing: str
    console: str = field(repr=False, default="")

    @property
    def message(self) -> str:
        tail = "\n".join(self.console.strip().splitlines()[-20:])
        return f"the guest with kernel {self.kernel} died during {self.doing}" + (f"\n{tail}" if tail else "")


@dataclass
class GuestHung(GuestError):
    """No answer in time; the guest has been killed."""

    kernel: str
    doing: str
    seconds: float
    console: str = field(repr=False, default="")

    @property
    def message(self) -> str:
        return f"the guest with kernel {self.kernel} gave no answer within {self.seconds:.0f} s during {self.doing}; it was killed"


@dataclass
class AgentRefused(GuestError):
    """The agent answered a command with an errno."""

    command: str
    errno: int
    words: str
    notes: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return f"{self.command}: {self.words or f'errno {self.errno}'}" + "".join(f"\n{n.rstrip()}" for n in self.notes)


@dataclass
class BadFrame(GuestError):
    """The agent's answer does not follow the protocol."""

    why: str

    @property
    def message(self) -> str:
        return f"the agent's answer can't be read: {self.why}"


@dataclass
class KernelHidesFunctions(GuestError):
    """The kernel's BTF lacks entries without which it refuses every scheduler that calls these functions."""

    kernel: str
    functions: tuple[str, ...]

    @property
    def message(self) -> str:
        shown = ", ".join(self.functions[:4]) + (", …" if len(self.functions) > 4 else "")
        return (
            f"kernel {self.kernel} was built with broken BTF: {len(self.functions)} kernel functions of sched_ext "
            f"({shown}) lack the entry that the verifier looks for, so it refuses every scheduler that calls one; "
            "take another build"
        )
