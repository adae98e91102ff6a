# SPDX-License-Identifier: GPL-2.0-only
"""`for d in cpus { if d.core == k && … { … } }`: a walk over the CPUs of one core. All other turns would do nothing, so it follows the list of the
core's CPUs that derived init makes, lowest first, as a walk over all of them would come by."""

from scxdsl.typing import typed

CORE = "cpu.core"


def of_core(loop: typed.ForIndex) -> tuple[typed.Expr, typed.BlockValue] | None:
    """The core and what is left to do for each of its CPUs, where a loop is such a walk."""
    if loop.over not in ("cpus", "possible") or loop.start is not None or loop.otherwise is not None or loop.variable is None:
        return None
    match loop.body:
        case (
            typed.BlockValue(statements=[typed.Evaluate(value=typed.IfValue(otherwise=None) as test)], value=None)
            | typed.BlockValue(statements=[], value=typed.IfValue(otherwise=None) as test)
        ):
            pass
        case _:
            return None
    first, rest = _split(test.condition)
    core = _core(first, loop.variable)
    if core is None:
        return None
    if rest is None:
        return core, test.then
    left = typed.IfValue(span=test.span, type=test.type, condition=rest, then=test.then, otherwise=None)
    return core, typed.BlockValue(span=test.span, type=loop.body.type, statements=[typed.Evaluate(span=test.span, value=left)], value=None)


def _split(condition: typed.Expr) -> tuple[typed.Expr, typed.Expr | None]:
    """What is asked first, and what then."""
    if not isinstance(condition, typed.Logical) or not condition.conjunction:
        return condition, None
    first, rest = _split(condition.left)
    if rest is None:
        return first, condition.right
    return first, typed.Logical(span=condition.span, type=condition.type, conjunction=True, left=rest, right=condition.right)


def _core(test: typed.Expr, cpu: typed.Variable) -> typed.Expr | None:
    """The core that the CPU's own must be, if that is all that is asked and stays the same from turn to turn."""
    if not isinstance(test, typed.Compare) or test.relation is not typed.Relation.EQ:
        return None
    for mine, other in ((test.left, test.right), (test.right, test.left)):
        if _is_core(mine) and _name(mine.base) is cpu:  # type: ignore[attr-defined]
            name = _name(other.base) if _is_core(other) else _name(other)  # type: ignore[attr-defined]
            if name is not None and name is not cpu and not name.mutable and not name.reference:
                return other
    return None


def _is_core(node: typed.Expr) -> bool:
    return isinstance(node, typed.GetProperty) and node.property.key == CORE


def _name(node: typed.Expr) -> typed.Variable | None:
    match node:
        case typed.Read(place=typed.LocalPlace(variable=v)):
            return v
    return None
