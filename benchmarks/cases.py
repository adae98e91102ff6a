# SPDX-License-Identifier: GPL-2.0-only
"""What is compared: our policies and their counterparts in C."""

from dataclasses import dataclass
from pathlib import Path

from .clang import Unit
from .originals import NEW, OLD, Release, sources

ROOT = Path(__file__).parents[1]
OURS = ROOT / "benchmarks" / "c"


@dataclass(frozen=True)
class Case:
    """A scheduler of examples/ and its original in the kernel tree. `release`: whose; its vmlinux.h is always the newest one,
    since Debian's of 6.12 knows no sched_ext. `load`: what both schedule when their cost is counted; `kernels`: the series that the
    original runs on, none for all."""

    name: str
    release: Release
    load: str = "mix"
    kernels: tuple[str, ...] = ()

    @property
    def policy(self) -> Path | None:
        """The policy, where it has been written."""
        path = ROOT / "examples" / f"{self.name}.scx"
        return path if path.exists() else None

    def original(self) -> Unit:
        """The original as a unit for clang. Fetches the sources when they are not in the cache."""
        tree, headers = sources(self.release), sources(NEW)
        return Unit(tree / f"scx_{self.name}.bpf.c", (headers, tree / "include", tree / "include" / "bpf-compat"))

    def runs_on(self, series: str) -> bool:
        return not self.kernels or series in self.kernels


# The qmap of 7.3 numbers CPUs by cids; ours follows the one before, which calls functions that 6.18 no longer has.
CASES = (
    Case("simple", NEW),
    Case("central", NEW),
    Case("qmap", OLD, kernels=(OLD.series,)),
    Case("flatcg", NEW, load="groups"),
    Case("pair", NEW, load="groups"),
)


def equivalent() -> Unit:
    """The scheduler of examples/simple.scx in C, with what scxdsl derives for it, and no header but a small one of its own."""
    return Unit(OURS / "simple.bpf.c", ())


def with_vmlinux() -> Unit:
    """The same, on the kernel's whole vmlinux.h and libbpf's headers, as sched_ext programs are written."""
    return Unit(OURS / "simple.bpf.c", (sources(NEW),), ("-DVMLINUX",))
