# SPDX-License-Identifier: GPL-2.0-only
"""Which indices may name nothing when a row is looked up by them: those of kinds that the policy keeps where user space can write, and nodes, of which
a machine may have more than there are rows. All others come from the kernel, from a walk, or were opened from a number, and the verifier alone
wants a test of what the lookup gives."""

from collections.abc import Iterator

from scxdsl.ir.ops import CompareOp, Const, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .context import FunctionContext
from .index_kinds import kinds_of
from .kernel_text import raise_text


def kept(policy: typed.Policy) -> set[str]:
    """The kinds of index in variables, rows, maps, trees, rings and parameters."""
    return set().union(*map(kinds_of, _stored(policy)))


def _stored(policy: typed.Policy) -> Iterator[lang.Type]:
    yield from (g.type for g in policy.globals)
    yield from (p.type for p in policy.params)
    yield from (field.type for rows in policy.rows.values() for field in rows.fields)
    yield from (t for m in _maps(policy) for t in (m.key, m.value) if t is not None)
    yield from (tree.element for tree in policy.trees)
    yield from (ring.element for ring in policy.rings)


def _maps(policy: typed.Policy) -> Iterator[typed.MapObject]:
    yield from policy.maps
    for rows in policy.rows.values():
        yield from rows.maps.values()


def must_be(f: FunctionContext, found: Value, kind: str, index: Operand) -> None:
    """Leaves where the row of an index was not found: with an error where that may be, on a way that is never taken otherwise."""
    with f.build.when(f.build.compare(CompareOp.EQ, found, Const(found.type, 0))):
        if kind == "node" or kind in f.module.kept:
            raise_text(f, f"there is no {kind} %lld", index)
        else:
            f.never()
