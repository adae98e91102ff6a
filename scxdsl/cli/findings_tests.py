# SPDX-License-Identifier: GPL-2.0-only
"""What `scxdsl test` finds, as diagnostics."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Help
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class TestFailed(Diagnostic):
    """A test of the policy ended at an `assert` that does not hold, or by an `error`. Where the assert compares, the two values are told
    as the interpreter found them."""

    __test__ = False  # pytest, this is none of yours

    code = "E0920"
    title = "the test `{test}` fails"
    label = "{what}"
    test: str
    what: str
    engine: str

    def helps(self) -> Iterable[Help]:
        if self.engine:
            yield Help(f"only {self.engine} says so: that is a fault of scxdsl, not of the policy; please report it with the test")
