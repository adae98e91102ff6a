# SPDX-License-Identifier: GPL-2.0-only
"""Kernel functions that were renamed or re-typed: which forms one object needs to run on a set of kernels. The forms themselves are in
facts/families.json, see families.py."""

from functools import cache

from scxdsl.source.records import dataclass

from .ctype import Proto
from .facts import Facts
from .families import family_names, family_row
from .versions import Kernels


@dataclass(frozen=True)
class Form:
    """One name with the prototype that it has on `where`."""

    name: str
    proto: Proto
    where: Kernels


@dataclass(frozen=True)
class Family:
    """`params` are the kernel's argument names, in the order of the newest form without a struct. `fallback`: what stands
    in on kernels without any form; empty where nothing does."""

    name: str
    params: tuple[str, ...]
    names: tuple[str, ...]
    fallback: str = ""


@cache
def families() -> dict[str, Family]:
    return {name: _family(name) for name in family_names()}


def _family(name: str) -> Family:
    row = family_row(name)
    names = dict.fromkeys(form["kfunc"] for form in row["forms"])
    fallback = " ".join(f"{way} {what}" for way, what in row.get("missing", {}).items() if way != "note")
    return Family(name, tuple(row["args"].split()), tuple(names), fallback)


def needed(
    facts: Facts, family: Family, kernels: Kernels, context: str | None = None
) -> tuple[list[Form], Kernels]:
    """The fewest forms that serve the kernels, those of most kernels first and newer ones at a tie; and the kernels that
    none serves. Forms that a kernel warns of are taken last. With a `context` (a callback, `timer`, …) only forms that may be
    called from there serve."""
    candidates = []
    for place, name in enumerate(family.names):
        kfunc = facts.kfunc(name)
        if kfunc is None:
            continue
        for where, proto in kfunc.proto:
            fit = where & kernels
            if fit and context is not None:
                fit = fit - facts.permission(name, context, fit).refused
            if fit:
                candidates.append((bool(kfunc.deprecated & fit), place, Form(name, proto, fit)))
    chosen: list[Form] = []
    rest = kernels
    while rest:
        best = max(candidates, key=lambda row: (len(row[2].where & rest), not row[0], -row[1]), default=None)
        if best is None or not best[2].where & rest:
            break
        chosen.append(best[2])
        rest = rest - best[2].where
    return chosen, rest
