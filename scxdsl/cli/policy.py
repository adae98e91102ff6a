# SPDX-License-Identifier: GPL-2.0-only
"""What commands share that take a policy or an object: options, checks, building, reading objects."""

from argparse import ArgumentParser

from scxdsl import compiler
from scxdsl.compiler import Built, Checked
from scxdsl.kernel.versions import BadRange
from scxdsl.source.records import dataclass
from scxdsl.source.text import Source

from .faults import BadKernels, NoLlvm
from .files import load, read_bytes, source_of

ELF = b"\x7fELF"


def common(parser: ArgumentParser) -> None:
    """Options of all commands that check a policy."""
    parser.add_argument("--kernels", metavar="RANGE", help="kernels to check for, such as 6.12.. or 6.12..=7.0, instead of those declared")
    parser.add_argument("--werror", action="store_true", help="treat warnings as errors")


def check_source(source: Source, kernels: str | None) -> Checked:
    """Raises BadKernels."""
    try:
        return compiler.check(source.text, source.path, kernels, load)
    except BadRange as error:
        raise BadKernels(str(error)) from error


def build_source(source: Source, kernels: str | None, record: bool = False) -> Built:
    """Raises BadKernels, NoLlvm."""
    from importlib.util import find_spec

    if find_spec("llvmlite") is None:
        raise NoLlvm()
    try:
        return compiler.build(source.text, source.path, kernels, load, record=record)
    except BadRange as error:
        raise BadKernels(str(error)) from error


def refused(checked: Checked, werror: bool = False) -> bool:
    return not checked.ok or (werror and bool(checked.diagnostics))


@dataclass(frozen=True)
class Given:
    """A policy or an object as the user named it. `object` is None where the policy has errors; `source` and `built` are None
    for an object file."""

    path: str
    object: bytes | None
    source: Source | None = None
    built: Built | None = None


def given(path: str, kernels: str | None = None, record: bool = False) -> Given:
    """The object behind `path`: read when it is one, built when it is a policy. Raises the faults of both."""
    data = read_bytes(path)
    if data[:4] == ELF:
        return Given(path, data)
    source = source_of(data, path)
    built = build_source(source, kernels, record)
    return Given(path, built.object, source, built)
