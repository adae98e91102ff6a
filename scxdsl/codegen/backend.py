# SPDX-License-Identifier: GPL-2.0-only
"""LLVM in a process of its own: started early, so that its import (some 40 ms) runs beside our front end; it may die."""

import os
import re
import select
from collections.abc import Callable
from enum import StrEnum
from time import monotonic, perf_counter
from typing import Self

from scxdsl.source.records import dataclass

from .kernel_bounds import Unbounded, bounded
from .process import Process, take


class Emit(StrEnum):
    OBJECT = "object"
    SAFER = "safer"  # an object made with fewer passes
    LLVM = "llvm"  # the IR after LLVM's passes
    ASSEMBLY = "assembly"


@dataclass(frozen=True)
class BackendError:
    """LLVM did not make an object. `line` and `column` are the source's, where LLVM knows them; `output` is all it wrote."""

    message: str
    function: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    output: str = ""
    ways: str = ""  # what is too much for the kernel's verifier to walk, where nothing was compiled because of that

    @property
    def over_stack(self) -> bool:
        """Whether a frame is over 512 bytes: the one fault that a policy can bring about."""
        return "BPF stack limit" in self.message


@dataclass(frozen=True)
class Timings:
    """Milliseconds: waiting for LLVM's import, then reading, optimising and emitting; `total` as the caller waits."""

    wait: float = 0.0
    parse: float = 0.0
    optimise: float = 0.0
    emit: float = 0.0
    total: float = 0.0


class Backend:
    """Compiles LLVM IR. `start` may be called early; `compile` starts what is not running. Not for several threads."""

    def __init__(self, timeout: float = 120.0) -> None:
        self._timeout = timeout  # seconds for one compilation
        self._process: Process | None = None
        self.timings = Timings()  # of the last compilation

    def start(self) -> None:
        """Starts the process unless it runs. Returns at once."""
        self._running()

    def _running(self) -> Process:
        if self._process is None:
            self._process = take()
        return self._process

    def compile(self, text: str, emit: Emit = Emit.OBJECT, meanwhile: Callable[[], object] = lambda: None) -> bytes | BackendError:
        """The object (or LLVM's text) for a module in LLVM IR. The object still has DWARF: see elf.without_debug.
        `meanwhile` is done while LLVM works."""
        begin = perf_counter()
        self.start()
        data = text.encode()
        try:
            self._send(f"{emit} {len(data)}\n".encode() + data)
            meanwhile()
            answer = self._receive()
        except (OSError, EOFError, TimeoutError) as fault:
            return self._lost(fault)
        code, out, errors, (parse, optimise, emitted) = answer
        total = (perf_counter() - begin) * 1e3
        self.timings = Timings(max(total - parse - optimise - emitted, 0.0), parse, optimise, emitted, total)
        said = errors.decode(errors="replace")
        if code != 0 or "error:" in said:
            return explain(code, said)
        try:
            return bounded(out, text) if emit in (Emit.OBJECT, Emit.SAFER) else out
        except Unbounded as unknown:
            return BackendError(f"a loop that the kernel bounds has an unknown form, at byte {unknown.at} of its section")

    def close(self) -> None:
        """Ends the process, if it runs."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, data: bytes) -> None:
        number, view = self._running().input, memoryview(data)
        while view:
            view = view[os.write(number, view) :]

    def _receive(self) -> tuple[int, bytes, bytes, list[float]]:
        end = monotonic() + self._timeout
        data = bytearray()
        while b"\n" not in data:
            data += self._some(end)
        head, _, rest = bytes(data).partition(b"\n")
        code, output, errors, *times = head.decode().split()
        whole = bytearray(rest)
        while len(whole) < int(output) + int(errors):
            whole += self._some(end)
        return int(code), bytes(whole[: int(output)]), bytes(whole[int(output) :]), [float(t) for t in times]

    def _some(self, end: float) -> bytes:
        number = self._running().output
        if not select.select([number], [], [], max(end - monotonic(), 0))[0]:
            raise TimeoutError(f"no answer in {self._timeout:.0f} s")
        data = os.read(number, 1 << 20)
        if not data:
            raise EOFError("it ended")
        return data

    def _lost(self, fault: Exception) -> BackendError:
        """The process itself is gone or hangs: LLVM could not be imported, or was killed."""
        process = self._running()
        os.lseek(process.errors, 0, os.SEEK_SET)
        said = os.read(process.errors, 1 << 16).decode(errors="replace")
        if isinstance(fault, TimeoutError):
            os.kill(process.id, 9)
        self.close()
        last = said.strip().splitlines()[-1] if said.strip() else str(fault)
        return BackendError(f"the process that runs LLVM failed: {last}", output=said)


_PLACE = re.compile(r"error: (?:<unknown>:0:0: |(?P<file>[^\n:]+):(?P<line>\d+):(?P<column>\d+): )?(?P<rest>.*)")
_IN_FUNCTION = re.compile(r"in function (?P<function>[\w.$]+) .*?: (?P<rest>.*)")
_FATAL = re.compile(r"LLVM ERROR: (.*)|: (Assertion .* failed)|(?:^|\n)(LLVM IR parsing error\n.*\n?.*)")


def explain(code: int, said: str) -> BackendError:
    """What LLVM wrote before it gave up, taken apart. `code` is the exit status, negative for a signal."""
    place = _PLACE.search(said)
    fatal = _FATAL.search(said)
    if place and not (fatal and fatal.group(3)):
        rest, function = place["rest"], None
        if inner := _IN_FUNCTION.match(rest):
            function, rest = inner["function"], inner["rest"]
        line = int(place["line"]) if place["line"] else None
        column = int(place["column"]) if place["column"] else None
        return BackendError(rest.strip(), function, place["file"], line, column, said)
    if fatal:
        return BackendError(next(g for g in fatal.groups() if g).strip(), output=said)
    lines = said.strip().splitlines()
    how = f"signal {-code}" if code < 0 else f"status {code}"
    return BackendError(f"LLVM ended with {how}" + (f": {lines[-1]}" if lines else ""), output=said)
