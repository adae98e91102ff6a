# SPDX-License-Identifier: GPL-2.0-only
"""Real kernels under qemu: install, boot, load, run; verdicts mapped to source lines. Knows nothing of the language."""

from .errors import GuestError
from .guest import Guest
from .installing import find, install
from .kernels import Kernel, catalogue, installed
from .link import WorkerSpec
from .load import LOADS
from .protocol import Role
from .qemu import Topology
from .run import Answer, Call, Exit, Place, Run
from .tools import missing_tools
from .verdict import Verdict

__all__ = [
    "LOADS", "Answer", "Call", "Exit", "Guest", "GuestError", "Kernel", "Place", "Role", "Run", "Topology", "Verdict", "WorkerSpec", "catalogue",
    "find", "install", "installed", "missing_tools",
]  # fmt: skip
