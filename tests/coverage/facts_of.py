# SPDX-License-Identifier: GPL-2.0-only
"""What there is to cover: the kernel's callbacks, functions and fields from its facts, and which of them the scx collection uses."""

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from scxdsl.kernel.facts import Facts

HERE = Path(__file__).parent
FACTS = Facts.load()


@cache
def used(part: str) -> dict[str, tuple[str, ...]]:
    """callbacks, functions, fields or constants that schedulers use -> which schedulers."""
    return {name: tuple(by.split()) for name, by in json.loads((HERE / "collection.json").read_text())[part].items()}


@cache
def written() -> dict[str, Any]:
    return tomllib.loads((HERE / "written.toml").read_text())


def functions() -> list[str]:
    """Every kernel function and helper of any kernel, and what schedulers call beside."""
    helpers = [f"bpf_{name}" for name in FACTS._source["helpers"]]
    return sorted({*FACTS.kfunc_names, *helpers, *used("functions")})


def where(function: str) -> str:
    """The kernels that have it, in words; "" for macros of C."""
    found = FACTS.kfunc(function) or FACTS.helper(function)
    return "" if found is None else str(found.where)


def left_out(function: str) -> str:
    """Why the language has no form of it; "" where it has one, or should."""
    for row in written()["left_out"]:
        if function in row.get("names", ()) or function.startswith(tuple(row.get("prefixes", ()))):
            return row["why"]
    return ""
