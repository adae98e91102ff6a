# SPDX-License-Identifier: GPL-2.0-only
"""Read the facts of a kernel (callbacks, kernel functions, fields, constants) from its BTF, as JSON: the shape is that of the data
files of scxdsl/kernel/facts. The path is raw BTF such as /sys/kernel/btf/vmlinux, an ELF vmlinux, or a bzImage."""

import os
import struct
from argparse import ArgumentParser, Namespace
from pathlib import Path

from scxdsl.guest import image
from scxdsl.guest.errors import BadImage, GuestError
from scxdsl.kernel.btf import Btf, BtfError
from scxdsl.kernel.extract import NoSchedExt, facts_from_btf
from scxdsl.kernel.make import render

from .faults import DONE, NoRelease, NotAKernel
from .files import put, read_bytes
from .guest_common import GuestFault

BTF_MAGIC = 0xEB9F
RUNNING = "/sys/kernel/btf/vmlinux"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="raw BTF, vmlinux or bzImage; - for stdin")
    parser.add_argument("--release", metavar="R", help="the kernel's release, such as 6.18.15, where the file does not tell it")
    parser.add_argument("--format", choices=("json",), default="json")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")


def run(args: Namespace) -> int:
    data = read_bytes(args.path)
    raw, release = _btf(data, args.path, args.release)
    try:
        facts = facts_from_btf(Btf.parse(raw), release)
    except (BtfError, NoSchedExt, ValueError) as error:
        raise NotAKernel(args.path, str(error)) from error
    put(render(facts), args.output)
    return DONE


def _btf(data: bytes, path: str, release: str | None) -> tuple[bytes, str]:
    """The kernel's BTF and release. Raises NoRelease, NotAKernel."""
    if data[:2] == struct.pack("<H", BTF_MAGIC):
        if release is None and os.path.realpath(path) == RUNNING:
            release = os.uname().release
        if release is None:
            raise NoRelease(path)
        return data, release
    try:
        return image.btf_of(data, Path(path)), release or image.release_of(data, Path(path))
    except BadImage as error:
        raise NotAKernel(path, f"this is neither BTF nor a kernel image that can be read: {error.why}") from error
    except GuestError as error:  # a program that unpacks it is missing or failed
        raise GuestFault(error) from error
