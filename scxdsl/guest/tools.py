# SPDX-License-Identifier: GPL-2.0-only
"""Programs of the host that the guest needs: which are missing, and running them with their failures told."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import CommandFailed, MissingTool, ToolsMissing

# purpose -> (program, package). Package names are Debian's.
BOOT = (("qemu-system-x86_64", "qemu-system-x86"), ("busybox", "busybox-static"), ("gcc", "gcc"))
FETCH = (("apt-get", "apt"), ("apt-cache", "apt"), ("dpkg-deb", "dpkg"))
BUILD = (
    ("gcc", "gcc"), ("make", "make"), ("bc", "bc"), ("bison", "bison"), ("flex", "flex"), ("pahole", "pahole"),
    ("cpio", "cpio"), ("depmod", "kmod"), ("tar", "tar"), ("xz", "xz-utils"),
)  # fmt: skip
# Headers that a kernel build includes.
BUILD_HEADERS = (("libelf.h", "libelf-dev"), ("openssl/opensslv.h", "libssl-dev"))


def _which(program: str) -> str | None:
    # depmod and the like lie outside an ordinary user's PATH
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def _is_static(program: str) -> bool:
    """Whether an ELF program has no interpreter (no PT_INTERP), as an initramfs without libraries needs it."""
    from elftools.elf.elffile import ELFFile

    with open(program, "rb") as file:
        return all(s["p_type"] != "PT_INTERP" for s in ELFFile(file).iter_segments())


def busybox() -> Path | None:
    """The host's static busybox."""
    for name in ("busybox", "busybox-static", "busybox.static"):
        path = _which(name)
        if path and _is_static(os.path.realpath(path)):
            return Path(path)
    return None


def missing(tools: Sequence[tuple[str, str]], headers: Sequence[tuple[str, str]] = ()) -> tuple[MissingTool, ...]:
    """Those of `tools` and `headers` that this machine lacks."""
    result = []
    for name, package in tools:
        found = busybox() if name == "busybox" else _which(name)
        if not found:
            result.append(MissingTool("static busybox" if name == "busybox" else name, package))
    include = [Path("/usr/include"), *Path("/usr/include").glob("*-linux-gnu")]
    for header, package in headers:
        if not any((folder / header).exists() for folder in include):
            result.append(MissingTool(header, package))
    return tuple(result)


def missing_tools() -> tuple[MissingTool, ...]:
    """What booting a guest and installing Debian's kernels need and this machine lacks."""
    return missing(tuple(dict.fromkeys(BOOT + FETCH)))


def need(purpose: str, tools: Sequence[tuple[str, str]], headers: Sequence[tuple[str, str]] = ()) -> None:
    """Raises ToolsMissing, with `purpose` as the start of the sentence."""
    lacking = missing(tools, headers)
    if lacking:
        raise ToolsMissing(lacking, purpose)


def run(
    command: Sequence[str], *, timeout: float, folder: Path | None = None, environment: Mapping[str, str] | None = None,
    stdin: bytes | None = None, binary: bool = False,
) -> bytes:  # fmt: skip
    """Runs a program to its end and gives its stdout; CommandFailed when it fails or takes longer than `timeout` seconds."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=dict(os.environ, LC_ALL="C", **(environment or {})), capture_output=True, timeout=timeout,
            **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}),
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise CommandFailed(command[0], -1, f"no end within {timeout:.0f} s") from late
    except OSError as error:
        raise CommandFailed(command[0], 127, str(error)) from error
    if done.returncode:
        words = done.stderr if binary else done.stdout + done.stderr
        raise CommandFailed(" ".join(command[:2]), done.returncode, words.decode(errors="replace"))
    return done.stdout
