# SPDX-License-Identifier: GPL-2.0-only
"""The standard library's texts: stdlib/*.scx, package data, written in the language itself.

A loader gives the text behind a `use`: of a module of the standard library by its name (`pelt`), of a file by its path
(`lib/mine.scx`), relative to where the policy was found and with `/` between folders. It gives None where there is none.
"""

import os
from collections.abc import Callable

from .text import Source

Loader = Callable[[str], Source | None]

SUFFIX = ".scx"
_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "stdlib")


def names() -> list[str]:
    """The modules of the standard library, in alphabetical order."""
    return sorted(n.removesuffix(SUFFIX) for n in os.listdir(_FOLDER) if n.endswith(SUFFIX))


def standard(name: str) -> Source | None:
    """The loader that knows the standard library and no files."""
    if not name.isidentifier():
        return None
    try:
        with open(os.path.join(_FOLDER, name + SUFFIX), encoding="utf-8") as file:
            return Source(f"stdlib/{name}{SUFFIX}", file.read())
    except FileNotFoundError:
        return None
