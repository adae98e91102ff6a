# SPDX-License-Identifier: GPL-2.0-only
"""Kernels for the guest: the catalogue of series, and those that are in the cache."""

import json
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..kernel.btf import Btf
from ..kernel.btf_types import Enum
from ..kernel.extract import hidden_kfuncs
from . import image
from .agent import payload
from .cache import cache_dir, new_folder
from .errors import BadImage, UnknownSeries


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


def folder(series: str) -> Path:
    return cache_dir() / "kernels" / series


def installed(series: str) -> Kernel | None:
    """The series' kernel when it is in the cache."""
    known(series)
    return load(folder(series))


def load(folder: Path) -> Kernel | None:
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
    target = target or folder(series)
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
    kernel = load(target)
    assert kernel is not None
    return kernel
