# SPDX-License-Identifier: GPL-2.0-only
"""Tasks and cgroups that are held: `task(pid)`, `ours(t)`, `p.cgroup` and the like take a reference that goes back at the end of
the block.

Source: kernel/bpf/verifier.c, check_reference_leak ("Unreleased reference") and, for use after release, check_reg_arg on the
invalidated register. The compiler releases by itself; what is left to refuse are references without a name and references
that would be used outside the block.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.typing import typed
from scxdsl.typing.errors_state import Outlives, Unnamed
from scxdsl.typing.types import Nothing
from scxdsl.typing.walk import parts, walk

_WORDS = {typed.TaskByPid: "task", typed.Ours: "ours"}
_CGROUPS = (typed.TaskCgroup, typed.CgroupById, typed.CgroupAncestor, typed.Borrow, typed.Take)  # held too, with or without a name


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for body in policy.bodies():
        _leaving(body, _named(body, diagnostics), diagnostics)


def _named(body: typed.BlockValue, diagnostics: Diagnostics) -> set[typed.Variable]:
    """The variables that stand for held tasks; reports what is held without one."""
    held: set[typed.Variable] = set()
    for node in walk(body):
        opens = isinstance(node, typed.Let | typed.LetElse | typed.Opens)
        for part in parts(node):
            word = _WORDS.get(type(part))
            if opens and part is node.value and (word or isinstance(part, _CGROUPS) or _carried(part, held)) and node.variable is not None:
                held.add(node.variable)
            elif word and not ((opens or isinstance(node, typed.Keep)) and part is node.value):
                diagnostics.add(Unnamed(part.span, word))
    return held


def _leaving(body: typed.BlockValue, held: set[typed.Variable], diagnostics: Diagnostics) -> None:
    for node in walk(body):
        match node:
            case typed.Assign(value=value) | typed.Return(value=value) | typed.BlockValue(value=value):
                found = None if value is None or isinstance(value.type, Nothing) else _carried(value, held)
                if found is not None:
                    diagnostics.add(Outlives(value.span, found.name, found.span))
                elif _acquires(value):
                    diagnostics.add(Outlives(value.span, value.span.text, value.span))


def _carried(value: typed.Expr | None, held: set[typed.Variable]) -> typed.Variable | None:
    """The held task that a value is."""
    match value:
        case typed.Read(place=typed.LocalPlace(variable=variable)) if variable in held:
            return variable
        case typed.Some(value=inner) | typed.Convert(value=inner):
            return _carried(inner, held)
        case typed.Coalesce(left=left, right=right):
            return _carried(left, held) or _carried(right, held)
    return None


def _acquires(value: typed.Expr | None) -> bool:
    """Whether a value may be held for the block in which it stands, without a name."""
    match value:
        case typed.Some(value=inner) | typed.Convert(value=inner):
            return _acquires(inner)
        case typed.Coalesce(left=left, right=right):
            return _acquires(left) or _acquires(right)
    return isinstance(value, _CGROUPS)
