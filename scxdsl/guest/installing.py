# SPDX-License-Identifier: GPL-2.0-only
"""Kernels come into the cache: from the distribution's packages, or built from its source where no package has sched_ext."""

import hashlib
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import apt, image
from .cache import cache_dir, locked, new_folder
from .errors import BadImage, GuestError, NoPackage, NotInstalled, UnknownSeries
from .kernels import Kernel, Series, catalogue, folder, installed, known, load, store
from .source_build import build_kernel


@dataclass(frozen=True, order=True)
class Build:
    """One packaged build; the order is that of their age."""

    patch: int
    revision: tuple[int, ...]
    package: str


def builds(series: str, names: list[str]) -> list[Build]:
    """The builds of a series among package names, the newest first.

    From 6.19 on the image lies in linux-binary-RELEASE and linux-image-RELEASE is empty; before, it lies in the latter.
    """
    pattern = re.compile(rf"linux-(image|binary)-{re.escape(series)}\.(\d+)\+deb([\d.]+)-cloud-amd64")
    found: dict[tuple[int, tuple[int, ...]], str] = {}
    for name in sorted(names, reverse=True):  # image before binary, so that binary stays
        match = pattern.fullmatch(name)
        if match:
            found[int(match[2]), tuple(int(n) for n in match[3].split("."))] = name
    return sorted((Build(patch, revision, name) for (patch, revision), name in found.items()), reverse=True)


def _from_package(series: Series, refresh: bool) -> Kernel:
    """The newest build whose BTF is whole, of the first suite that has one; the newest at all when none has. Suites are asked one by one, so
    that what ails a later one is no matter where it is not needed."""
    with tempfile.TemporaryDirectory(dir=cache_dir()) as work:
        best: Kernel | None = None
        wrong: GuestError | None = None
        for suite in series.suites:
            try:
                best = _newest(series.series, suite, refresh, Path(work) / suite, best)
            except GuestError as error:
                wrong = wrong or error
            if best is not None and not best.hidden:
                break
        if best is None:
            raise wrong or NoPackage(f"cloud kernel of the series {series.series}", series.suites)
        with new_folder(folder(series.series)) as target:
            shutil.copytree(best.image.parent, target, dirs_exist_ok=True)
    result = installed(series.series)
    assert result is not None
    return result


def _newest(series: str, suite: str, refresh: bool, work: Path, best: Kernel | None) -> Kernel | None:
    """The newest build of a suite whose BTF is whole; else `best`, or where that is None the newest of the suite. None: it has none."""
    root = apt.AptRoot(f"kernels-{suite}", (suite,))
    root.update(refresh)
    for number, build in enumerate(builds(series, root.names(rf"linux-(image|binary)-{re.escape(series)}\..*-cloud-amd64"))):
        parts = work / str(number)
        parts.mkdir(parents=True)
        archive = root.download(build.package, parts)
        apt.unpack(archive, parts / "files")
        archive.unlink()
        images = [p for p in (parts / "files").rglob("vmlinuz*") if p.is_file()]
        if not images:
            raise NoPackage(f"kernel image in {build.package}", (suite,))
        configs = list((parts / "files").rglob("config-*"))
        kernel = store(series, images[0], build.package, work / f"kernel-{number}", configs[0] if configs else None)
        shutil.rmtree(parts)
        if not kernel.hidden:
            return kernel
        best = best or kernel
    return best


def install(series: str, refresh: bool = False) -> Kernel:
    """Puts a series into the cache unless it is there (`refresh`: takes the newest build anew) and gives it.

    A packaged kernel takes seconds, one built from source a quarter of an hour. Raises UnknownSeries, NoMirror, NoPackage,
    ToolsMissing, CommandFailed.
    """
    entry = known(series)
    with locked(f"kernel-{series}"):
        found = None if refresh else installed(series)
        if found is not None:
            return found
        return build_kernel(entry, refresh) if entry.built else _from_package(entry, refresh)


def find(kernel: str, fetch: bool = False) -> Kernel:
    """A kernel by series ("6.18") or by the path of an image; `fetch` installs a series that is not there.

    Raises NotInstalled, UnknownSeries, BadImage and, with `fetch`, what `install` raises.
    """
    if kernel in catalogue():
        found = install(kernel) if fetch else installed(kernel)
        if found is None:
            raise NotInstalled(kernel)
        return found
    path = Path(kernel)
    if not path.is_file():
        if "/" in kernel:
            raise BadImage(path, "there is no such file")
        raise UnknownSeries(kernel, tuple(catalogue()))
    data = path.read_bytes()
    target = cache_dir() / "images" / hashlib.sha256(data).hexdigest()[:20]
    with locked("images"):
        release = image.release_of(data, path)
        series = ".".join(re.findall(r"\d+", release)[:2])
        return load(target) or store(series, path, "", target)
