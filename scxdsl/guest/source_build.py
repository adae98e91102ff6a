# SPDX-License-Identifier: GPL-2.0-only
"""A kernel built from Debian's source package, for a series whose packaged builds lack sched_ext.

`make tinyconfig`, our fragment, `make olddefconfig`, `make bzImage`: an image of 4 MB with BTF, some 5 to 15 minutes on two cores.
"""

import os
import tempfile
from pathlib import Path

from . import apt, tools
from .agent import payload
from .cache import cache_dir
from .errors import BadImage, NoPackage
from .kernels import Kernel, Series, store

HOURS = 3600


def merge(config: str, fragment: str) -> str:
    """A .config with the fragment's lines in place of its own; `make olddefconfig` then settles what depends on what."""
    wanted = {}
    for line in fragment.splitlines():
        if line.startswith("CONFIG_"):
            name, _, value = line.partition("=")
            wanted[name] = f"# {name} is not set" if value == "n" else line
    kept = [line for line in config.splitlines() if _name(line) not in wanted]
    return "\n".join([*kept, *wanted.values(), ""])


def _name(line: str) -> str:
    if line.startswith("# CONFIG_"):
        return line.split()[1]
    return line.partition("=")[0]


def lacking(config: str, fragment: str) -> list[str]:
    """Lines of the fragment that olddefconfig did not keep, because something that they need is off or gone."""
    have = set(config.splitlines())
    missing = []
    for line in fragment.splitlines():
        name, _, value = line.partition("=")
        if line.startswith("CONFIG_") and (f"{name}=" in config if value == "n" else line not in have):
            missing.append(line)
    return missing


def build_kernel(entry: Series, refresh: bool = False) -> Kernel:
    """Builds and stores the series; raises ToolsMissing before anything is fetched."""
    tools.need(f"to build a {entry.series} kernel", tools.BUILD, tools.BUILD_HEADERS)
    root = apt.AptRoot("source", entry.suites)
    root.update(refresh)
    versions = root.versions(entry.source)
    if not versions:
        raise NoPackage(entry.source, entry.suites)
    with tempfile.TemporaryDirectory(dir=cache_dir(), prefix="build-") as work:
        folder = Path(work)
        archive = root.download(entry.source, folder)
        apt.unpack(archive, folder / "package")
        archive.unlink()
        tars = list((folder / "package" / "usr" / "src").glob(f"{entry.source}.tar.*"))
        if not tars:
            raise NoPackage(f"source archive in {entry.source}", entry.suites)
        tools.run(["tar", "-xf", str(tars[0]), "-C", str(folder)], timeout=1800)
        tars[0].unlink()
        return store(entry.series, make(folder / entry.source, payload(entry.config).decode()), f"{entry.source} {versions[0]}")


def make(tree: Path, fragment: str) -> Path:
    """Configures and compiles an unpacked source tree; the path of its bzImage."""
    config = tree / ".config"
    tools.run(["make", "tinyconfig"], folder=tree, timeout=HOURS)
    config.write_text(merge(config.read_text(), fragment))
    tools.run(["make", "olddefconfig"], folder=tree, timeout=HOURS)
    dropped = lacking(config.read_text(), fragment)
    if dropped:
        raise BadImage(tree, f"its configuration does not take {', '.join(dropped)}")
    tools.run(["nice", "make", f"-j{os.cpu_count() or 1}", "bzImage"], folder=tree, timeout=4 * HOURS)
    return tree / "arch" / "x86" / "boot" / "bzImage"
