# SPDX-License-Identifier: GPL-2.0-only
"""The configuration of a guest's kernel, which libbpf reads for `__kconfig` variables: a guest has no /boot, and Debian's kernels
do not show theirs in /proc."""

import re
import tempfile
from pathlib import Path

from scxdsl.guest import apt
from scxdsl.guest.cache import cache_dir, locked, write_file
from scxdsl.guest.kernels import Kernel, known


def config(kernel: Kernel) -> str:
    """In the form of /boot/config-RELEASE, with `NAME=n` for what is not set; empty for a kernel that we built, which shows its own.
    Raises what scxdsl.guest.apt raises where it has to be fetched."""
    if not kernel.package.startswith("linux-"):
        return ""
    kept = kernel.image.with_name("config")
    if not kept.exists():
        if not _base(kernel):
            return ""
        _fetch(kernel, kept)
    return re.sub(r"^# (CONFIG_\w+) is not set$", r"\1=n", kept.read_text(), flags=re.MULTILINE)


def _base(kernel: Kernel) -> str:
    """The package that holds the configuration from 6.19 on."""
    found = re.fullmatch(r"linux-binary-(\S+)", kernel.package)
    return f"linux-base-{found[1]}" if found else ""


def _fetch(kernel: Kernel, target: Path) -> None:
    root = apt.AptRoot("kernels", known(kernel.series).suites)
    root.update()
    with locked(f"kernel-{kernel.series}"), tempfile.TemporaryDirectory(dir=cache_dir()) as work:
        apt.unpack(root.download(_base(kernel), Path(work)), Path(work) / "files")
        found = [p for p in (Path(work) / "files").rglob("config") if p.is_file()]
        write_file(target, found[0].read_bytes() if found else b"")
