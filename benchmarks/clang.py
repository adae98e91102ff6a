# SPDX-License-Identifier: GPL-2.0-only
"""The C side: clang 19, llvm-strip, libbpf's headers from the guest's cache."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scxdsl.guest.agent import libraries

CLANG = "clang-19"
STRIP = ("llvm-strip-19", "llvm-strip")
FLAGS = ("-O2", "-g", "-target", "bpf", "-mcpu=v3", "-w")


@dataclass
class Missing(Exception):
    """A tool that the benchmark cannot do without."""

    tool: str
    package: str

    def __str__(self) -> str:
        return f"{self.tool} is missing; install it with `apt-get install --no-install-recommends {self.package}`"


@dataclass
class Failed(Exception):
    """clang refused a source."""

    path: Path
    words: str

    def __str__(self) -> str:
        errors = [line for line in self.words.splitlines() if "error:" in line]
        return f"{self.path.name}: {(errors or self.words.splitlines() or ['no reason given'])[0]}"


@dataclass(frozen=True)
class Unit:
    """One C file and where its headers are."""

    path: Path
    includes: tuple[Path, ...]
    options: tuple[str, ...] = ()

    def command(self, output: str) -> list[str]:
        """The compiler's command line. Raises Missing."""
        if shutil.which(CLANG) is None:
            raise Missing(CLANG, CLANG)
        headers = [f"-I{folder}" for folder in (*self.includes, *(libbpf_headers() if self.includes else ()))]
        return [CLANG, *FLAGS, *self.options, *headers, "-c", str(self.path), "-o", output]

    def build(self) -> bytes:
        """The object without DWARF, as it would be shipped. Raises Missing, Failed."""
        strip = next((s for s in STRIP if shutil.which(s)), None)
        if strip is None:
            raise Missing("llvm-strip", "llvm-19")
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "c.o"
            made = subprocess.run(self.command(str(output)), capture_output=True, text=True)
            if made.returncode:
                raise Failed(self.path, made.stderr)
            subprocess.run([strip, "-g", str(output)], check=True)
            return output.read_bytes()


def libbpf_headers() -> tuple[Path, ...]:
    """libbpf's headers: the guest's copy, else the host's own, which clang finds by itself."""
    root = libraries()
    return () if root is None else (root / "usr" / "include",)


def version() -> str:
    return subprocess.run([CLANG, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
