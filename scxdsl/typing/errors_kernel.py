# SPDX-License-Identifier: GPL-2.0-only
"""Findings about the kernel's own names."""


from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class NoSuchKernelName(Diagnostic):
    """`kernel has X` asks whether the running kernel has a function, constant or struct named X. No kernel that is known
    here has this one, so the answer would always be no."""

    code = "E0415"
    title = "no kernel that is known here has `{name}`"
    label = "unknown everywhere"
    bad = "scheduler s\nstat a\non tick(p) { if kernel has scx_bpf_noww { a += 1 } }\n"
    good = "scheduler s\nstat a\non tick(p) { if kernel has scx_bpf_now { a += 1 } }\n"
    name: str
    similar: str | None = None


@dataclass(frozen=True)
class UnsupportedKernelType(Diagnostic):
    """The kernel has this function or field, but it passes something that the language has no type for: a pointer that must be
    owned, a buffer, a union. Most of these have a short form in the language; see docs/language."""

    code = "E0416"
    title = "`{name}` passes what the language has no type for"
    label = "no form for it"
    bad = "scheduler s\non tick(p) { scx_bpf_error_bstr(1, 2, 3) }\n"
    good = 'scheduler s\non tick(p) { error "ended" }\n'
    name: str
