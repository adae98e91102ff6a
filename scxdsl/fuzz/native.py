# SPDX-License-Identifier: GPL-2.0-only
"""Commands as native code, by LLVM's just-in-time compiler, in a process of its own."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from scxdsl.ir.module import Module

from .native_text import native

Result = tuple[int, bytes]
"""What a command returned, and its context afterwards."""
SECONDS = 60.0


class NativeFault(Exception):
    """LLVM did not take the text, or the code did not come back; the message says which."""


class Native:
    """The process; started when it is first needed, and again when it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def run(self, module: Module, calls: Mapping[str, Sequence[bytes]]) -> dict[str, list[Result]]:
        """Runs each command on each of its contexts. Raises NotNative, NativeFault."""
        ones = [g.name for g in module.globals if g.name == "__running"]  # as init has set it
        request = {"text": native(module), "ones": ones, "calls": [[name, [c.hex() for c in contexts]] for name, contexts in calls.items()]}
        answer = self._ask(json.dumps(request).encode() + b"\n")
        if "fault" in answer:
            raise NativeFault(answer["fault"])
        found = zip(calls, answer["results"], strict=True)
        return {name: [(status, bytes.fromhex(text)) for status, text in results] for name, results in found}

    def _ask(self, line: bytes) -> dict:
        if self._process is None:
            script = Path(__file__).with_name("native_child.py")
            command = [sys.executable, "-I", str(script), *sys.path]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        data = b""
        while not data.endswith(b"\n"):
            ready = select.select([process.stdout], [], [], SECONDS)[0]
            part = os.read(process.stdout.fileno(), 1 << 20) if ready else b""
            if not part:
                how = "it hangs" if not ready else f"it ended with {process.wait()}"
                self.close()
                raise NativeFault(f"native code did not come back: {how}")
            data += part
        return json.loads(data)
