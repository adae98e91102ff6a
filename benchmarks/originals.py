# SPDX-License-Identifier: GPL-2.0-only
"""The kernel tree's own schedulers in C, from Debian's linux-source packages. Nothing of them is kept but in the cache."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scxdsl.guest import apt, tools
from scxdsl.guest.cache import cache_dir, locked, new_folder
from scxdsl.guest.errors import NoPackage
from scxdsl.guest.kernels import known

TREE = "tools/sched_ext"


@dataclass(frozen=True)
class Release:
    """One kernel release whose sources and vmlinux.h are on offer; `root` names the folder of package lists."""

    series: str
    root: str

    @property
    def folder(self) -> Path:
        return cache_dir() / "originals" / self.series


# The newest release that Debian's stable suites build from, and the newest of all: qmap of the latter works with cids.
OLD, NEW = Release("6.12", "source"), Release("7.3", "kernels")


def sources(release: Release) -> Path:
    """The folder `tools/sched_ext` of a release, with `vmlinux.h` beside it in `include/`. Fetched once, some 150 MB.

    Raises what scxdsl.guest.apt raises: NoMirror, NoPackage, ToolsMissing, CommandFailed.
    """
    with locked(f"originals-{release.series}"):
        if (release.folder / "vmlinux.h").exists():
            return release.folder
        root = apt.AptRoot(release.root, known(release.series).suites)
        root.update()
        with tempfile.TemporaryDirectory(dir=cache_dir(), prefix="originals-") as work, new_folder(release.folder) as target:
            _source_tree(root, release, Path(work), target)
            _vmlinux_header(root, Path(work), target)
    return release.folder


def _source_tree(root: apt.AptRoot, release: Release, work: Path, target: Path) -> None:
    name = f"linux-source-{release.series}"
    archive = root.download(name, work)
    apt.unpack(archive, work / "source")
    archive.unlink()
    tars = list((work / "source" / "usr" / "src").glob(f"{name}.tar.*"))
    if not tars:
        raise NoPackage(f"source archive in {name}", root.suites)
    tools.run(["tar", "-xf", str(tars[0]), "-C", str(work), f"{name}/{TREE}"], timeout=1800)
    shutil.copytree(work / name / TREE, target, dirs_exist_ok=True)


def _vmlinux_header(root: apt.AptRoot, work: Path, target: Path) -> None:
    """Debian packs the header that bpftool makes of a kernel's BTF."""
    apt.unpack(root.download("linux-bpf-dev", work), work / "bpf")
    headers = [p for p in (work / "bpf").rglob("vmlinux.h") if p.is_file()]
    if not headers:
        raise NoPackage("vmlinux.h in linux-bpf-dev", root.suites)
    shutil.copyfile(headers[0], target / "vmlinux.h")
