# SPDX-License-Identifier: GPL-2.0-only
"""Starts the process that runs LLVM (child.py). It imports next to nothing, so that a command can call `ahead` before all
else: the import of LLVM takes as long as our whole front end, and so runs beside it."""

import os
import sys

_waiting: "Process | None" = None
_leaving: list[int] = []  # told to end, not yet reaped


class Process:
    """A running child and the ends of its pipes: `input` takes requests, `output` gives answers, `errors` is a file that
    collects what it writes to stderr."""

    def __init__(self) -> None:
        _reap()
        theirs_in, self.input = os.pipe()
        self.output, theirs_out = os.pipe()
        self.errors = os.memfd_create("llvm-errors") if hasattr(os, "memfd_create") else os.open(os.devnull, os.O_RDWR)
        script = os.path.join(os.path.dirname(__file__), "child.py")
        self.id = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", script, *_folders()],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, theirs_in, 0),
                (os.POSIX_SPAWN_DUP2, theirs_out, 1),
                (os.POSIX_SPAWN_DUP2, self.errors, 2),
            ],
        )
        os.close(theirs_in)
        os.close(theirs_out)

    def close(self) -> None:
        """Ends it: it leaves when there is nothing more to read. That takes LLVM some milliseconds, which nobody waits for."""
        for number in (self.input, self.output, self.errors):
            os.close(number)
        _leaving.append(self.id)
        _reap()


def _reap() -> None:
    for process in list(_leaving):
        try:
            if os.waitpid(process, os.WNOHANG)[0] == 0:
                continue
        except ChildProcessError:  # somebody else waited for it
            pass
        _leaving.remove(process)


def _folders() -> list[str]:
    """Where llvmlite is, for a child that looks at no site-packages of its own."""
    for folder in sys.path:
        if folder and os.path.isdir(os.path.join(folder, "llvmlite")):
            return [os.path.abspath(folder)]
    from importlib.util import find_spec

    spec = find_spec("llvmlite")
    return [os.path.dirname(folder) for folder in (spec.submodule_search_locations or ())] if spec else []


def ahead() -> None:
    """Starts a child for whoever takes the next one. Returns at once."""
    global _waiting
    if _waiting is None:
        _waiting = Process()


def take() -> Process:
    """The child that was started ahead, or a new one. The caller closes it."""
    global _waiting
    process, _waiting = _waiting or Process(), None
    return process
