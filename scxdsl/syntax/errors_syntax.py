# SPDX-License-Identifier: GPL-2.0-only
"""The general syntax error: something else was expected."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Help
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class Unexpected(Diagnostic):
    """The text does not follow the grammar at this place: docs/grammar.md has it whole. The parser goes on after the statement
    or declaration, so other findings of the same run are independent of this one."""

    code = "E0101"
    title = "expected {expected}, found {found}"
    label = "{where}"
    bad = "scheduler s\nparam slice duration = 20ms\n"
    good = "scheduler s\nparam slice: duration = 20ms\n"
    expected: str
    found: str
    where: str
    hint: str = ""

    def helps(self) -> Iterable[Help]:
        if self.hint:
            yield Help(self.hint)
