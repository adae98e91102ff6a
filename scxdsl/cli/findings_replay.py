# SPDX-License-Identifier: GPL-2.0-only
"""What `scxdsl replay` finds."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Help
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class DecidedOtherwise(Diagnostic):
    """A recorded run of a real kernel and the reference interpreter were given the same answers and came to different decisions. One of
    the compiler, the kernel and the interpreter is wrong; the policy is not at fault."""

    code = "E0921"
    title = "in {program} the interpreter decides otherwise than the kernel did: {why}"
    label = "{what}"
    program: str
    invocation: int
    what: str
    recorded: str
    own: str
    why: str

    def helps(self) -> Iterable[Help]:
        yield Help(f"invocation {self.invocation}: recorded {self.recorded}, interpreted {self.own}")
        yield Help("this is a fault of scxdsl: please report it with the record")
