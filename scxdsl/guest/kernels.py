# SPDX-License-Identifier: GPL-2.0-only
"""Kernels for the guest: the catalogue of series, installing them into the cache, finding them again."""

import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..kernel.btf import Btf
from ..kernel.btf_types import Enum
from ..kernel.extract import hidden_kfuncs
from . import apt, image
from .agent import payload
from .cache import cache_dir, locked, new_folder
from .errors import BadImage, GuestError, NoPackage, NotInstalled, UnknownSeries


@dataclass(frozen=True)
class Series:
    """One entry of the catalogue (payload/kernels.json): where the series comes from."""

    series: str
    suites: tuple[str, ...]
    source: str = ""  # package with the source, when it must be built
    config: str = ""  # fragment in payload/

    @property
    def built(self) -> bool:
        return bool(self.source)


@dataclass(frozen=True)
class Kernel:
    """A kernel that can be booted. `hidden`: functions of sched_ext that its BTF hides (see defect.py)."""

    series: str
    release: str
    image: Path
    btf_file: Path
    hidden: tuple[str, ...] = ()
    exit_kinds: tuple[tuple[int, str], ...] = ()  # enum scx_exit_kind of this very kernel
    package: str = ""  # name and version, or empty for an image named by path

    @property
    def name(self) -> str:
        return self.release

    def btf(self) -> bytes:
        return self.btf_file.read_bytes()


@cache
def catalogue() -> dict[str, Series]:
    """All series by name, the oldest first."""
    entries = json.loads(payload("kernels.json"))["series"]
    return {e["series"]: Series(e["series"], tuple(e["suites"]), e.get("source", ""), e.get("config", "")) for e in entries}


def known(series: str) -> Series:
    try:
        return catalogue()[series]
    except KeyError:
        raise UnknownSeries(series, tuple(catalogue())) from None


def _folder(series: str) -> Path:
    return cache_dir() / "kernels" / series


def installed(series: str) -> Kernel | None:
    """The series' kernel when it is in the cache."""
    known(series)
    return _load(_folder(series))


def _load(folder: Path) -> Kernel | None:
    try:
        meta = json.loads((folder / "kernel.json").read_text())
        kernel = Kernel(
            meta["series"], meta["release"], folder / "vmlinuz", folder / "btf", tuple(meta["hidden"]),
            tuple((value, name) for name, value in meta["exit_kinds"].items()), meta["package"],
        )  # fmt: skip
    except (OSError, ValueError, KeyError):
        return None
    return kernel if kernel.image.exists() and kernel.btf_file.exists() else None


def store(series: str, vmlinuz: Path, package: str, target: Path | None = None, config: Path | None = None) -> Kernel:
    """Reads an image and puts it into the cache, whole or not at all."""
    data = vmlinuz.read_bytes()
    release = image.release_of(data, vmlinuz)
    raw = image.btf_of(data, vmlinuz)
    btf = Btf.parse(raw)
    kinds = btf.by_name("scx_exit_kind", Enum)
    if kinds is None:
        raise BadImage(vmlinuz, f"kernel {release} was built without sched_ext (CONFIG_SCHED_CLASS_EXT)")
    target = target or _folder(series)
    meta = {
        "series": series, "release": release, "package": package, "hidden": hidden_kfuncs(btf),
        "exit_kinds": {v.name: v.value for v in kinds.values},
    }  # fmt: skip
    with new_folder(target) as work:
        shutil.copyfile(vmlinuz, work / "vmlinuz")
        (work / "btf").write_bytes(raw)
        if config is not None:
            shutil.copyfile(config, work / "config")
        (work / "kernel.json").write_text(json.dumps(meta, indent=1) + "\n")
    kernel = _load(target)
    assert kernel is not None
    return kernel


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
        with new_folder(_folder(series.series)) as target:
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
        if entry.built:
            from .source_build import build_kernel

            return build_kernel(entry, refresh)
        return _from_package(entry, refresh)


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
        return _load(target) or store(series, path, "", target)
