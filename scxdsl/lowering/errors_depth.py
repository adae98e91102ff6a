# SPDX-License-Identifier: GPL-2.0-only
"""The depth to which the compiler itself can follow."""

from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class TooDeep(Diagnostic):
    """Functions are inlined where they are called, so a chain of functions that call each other makes code as deep as the
    chain is long. The compiler follows more than a thousand links; the kernel's own limit is far below that."""

    code = "E0902"
    title = "functions of this policy call each other in a chain that is too long to follow"
    label = "in this scheduler"
    help = "let a function do more itself, or call fewer others"
