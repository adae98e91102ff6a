# SPDX-License-Identifier: GPL-2.0-only
"""What a recording cannot hold."""

from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class NotRecordable(Diagnostic):
    """`guest run --record` writes down every value that an invocation gets from outside and every value that it gives, so that
    the reference interpreter can follow. Values of up to 16 numbers can be written; under a lock nothing can be written at once, so
    what a loop there reads would be lost."""

    code = "E0913"
    title = "{what} cannot be recorded"
    label = "met while recording"
    what: str
