# SPDX-License-Identifier: GPL-2.0-only
"""Where this machine keeps kernels, the compiled agent and what was found out about them. Nothing half-written is ever seen."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_dir() -> Path:
    """$SCXDSL_CACHE, else scxdsl/ in $XDG_CACHE_HOME, else ~/.cache/scxdsl; made when missing."""
    named = os.environ.get("SCXDSL_CACHE")
    if named:
        path = Path(named)
    else:
        path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scxdsl"
    path.mkdir(parents=True, exist_ok=True)
    return path.absolute()


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Lets one process at a time do what `name` stands for; others wait."""
    folder = cache_dir() / "locks"
    folder.mkdir(exist_ok=True)
    with open(folder / name, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `target` when the block ends well and vanishes when it does not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield work
        work.chmod(0o755)
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
            os.rename(target, old / "old")
            os.rename(work, target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.rename(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_file(target: Path, data: bytes, mode: int = 0o644) -> None:
    """Writes the whole file or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
