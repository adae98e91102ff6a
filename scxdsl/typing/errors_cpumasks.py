# SPDX-License-Identifier: GPL-2.0-only
"""Findings about sets of CPUs."""

from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class NotASet(Diagnostic):
    """`in` asks whether a CPU is in a cpumask, or a key in a map."""

    code = "E0703"
    title = "nothing can be `in` a {found}"
    label = "neither a cpumask nor a map"
    bad = "scheduler s\nvar n: u64\non tick(p) { if p.cpu in n { n = 1 } }\n"
    good = "scheduler s\nvar n: u64\non tick(p) { if p.cpu in p.cpus_allowed { n = 1 } }\n"
    found: str


@dataclass(frozen=True)
class MaskInside(Diagnostic):
    """A cpumask is memory of the kernel's that its place owns. A `var`, a member of a `per` block or table, a local and a
    parameter can be one; an array, a struct, a tuple and an optional are copied as plain bytes and cannot hold one."""

    code = "E0704"
    title = "a cpumask cannot be part of {what}"
    label = "owns memory of the kernel's"
    help = "make it a `var`, or a member of a `per` block or a table"
    bad = "scheduler s\nvar masks: [cpumask; 4]\n"
    good = "scheduler s\ntable group[4] { mask: cpumask }\n"
    what: str


@dataclass(frozen=True)
class TooManyMasks(Diagnostic):
    """The kernel keeps track of at most 11 pointers, locks, trees and timers in one value of a map (include/linux/btf.h,
    BTF_FIELDS_MAX). A row with more cpumasks would be made, and fail when the first is put into it."""

    code = "E0705"
    title = "{count} cpumasks in `per {kind}`: at most {most}"
    label = "one too many"
    help = "keep some in a `table`, a row each"
    bad = "scheduler s\nper cpu { " + "; ".join(f"m{i}: cpumask" for i in range(12)) + " }\n"
    good = "scheduler s\nper cpu { m: cpumask }\n"
    count: int
    kind: str
    most: int
