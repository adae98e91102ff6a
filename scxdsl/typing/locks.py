# SPDX-License-Identifier: GPL-2.0-only
"""`lock` declarations, `under l { … }`, `racy x`, functions `under l`. What may stand inside is for rules/locks.py."""

from scxdsl.syntax import tree

from . import typed
from .blocks import block, closing
from .checker import Checker, declare, expression
from .errors_locks import NotALock, NotGuardable
from .state import MEMBERS, rows_of
from .types import BROKEN, Broken, Type, owns


@declare.register
def _(node: tree.LockDecl, c: Checker) -> None:
    lock = typed.Lock(node.name.text, node.name.span)
    if c.names.declare(node.name, lock):
        c.policy.locks.append(lock)


def _member(node: tree.LockDecl, rows: typed.Rows, c: Checker) -> None:
    lock = typed.Lock(node.name.text, node.name.span, rows)
    rows.locks.append(lock)
    c.policy.locks.append(lock)
    if len(rows.locks) > 1 and rows.kind in ("task", "cgroup"):
        c.report(NotGuardable(node.name.span, "more", "the kernel allows one lock in the state of a task or cgroup"))


MEMBERS[tree.LockDecl] = _member


def guards_of_members(node: tree.PerDecl | tree.TableDecl, c: Checker) -> None:
    """What the locks of rows guard, once all members are known: members of the same row."""
    kind = node.kind.text if isinstance(node, tree.PerDecl) else node.name.text
    rows = c.policy.rows.get(kind)
    for item in node.members:
        lock = rows.lock(item.name.text) if rows and isinstance(item, tree.LockDecl) else None
        if rows is None or lock is None or lock.span != item.name.span:
            continue
        for guarded in item.guards:
            _guard_member(guarded, guarded.name.text if isinstance(guarded, tree.NameExpr) else "", rows, lock, c)


def _guard_member(node: tree.Expr, name: str, rows: typed.Rows, lock: typed.Lock, c: Checker) -> None:
    found = rows.field(name) or rows.tree(name)
    if found is None or found.lock is not None:
        c.report(NotGuardable(node.span, node.span.text, _why(found) if found else f"no field or tree of a {rows.kind}"))
    elif isinstance(found, typed.RowField) and (found.atomic or found.counter or found.hist):
        c.report(NotGuardable(node.span, node.span.text, "it needs no lock"))
    elif isinstance(found, typed.RowField) and owns(found.type):
        c.report(NotGuardable(node.span, node.span.text, _OWNER))
    else:
        found.lock = lock
        (lock.fields if isinstance(found, typed.RowField) else lock.trees).append(found)  # type: ignore[arg-type]


_OWNER = "what it owns changes in one exchange, without a lock"


def guards(node: tree.LockDecl, lock: typed.Lock, c: Checker) -> None:
    """What a lock of the policy guards, once all names are declared."""
    for item in node.guards:
        if isinstance(item, tree.Member) and isinstance(item.object, tree.NameExpr):
            rows = c.policy.rows.get(item.object.name.text)
            if rows is not None:
                _guard_member(item, item.name.text, rows, lock, c)
                continue
        found = c.names.known.get(item.name.text) if isinstance(item, tree.NameExpr) else None
        if isinstance(found, typed.Global) and owns(found.type):
            c.report(NotGuardable(item.span, item.span.text, _OWNER))
        elif isinstance(found, typed.Global) and not found.percpu and not found.atomic and found.lock is None:
            found.lock = lock
            lock.globals.append(found)
        elif isinstance(found, typed.Tree) and found.lock is None:
            found.lock = lock
            lock.trees.append(found)
        else:
            c.report(NotGuardable(item.span, item.span.text, _why(found)))


def _why(found: object) -> str:
    match found:
        case typed.Global(lock=typed.Lock() as other) | typed.Tree(lock=typed.Lock() as other):
            return f"guarded by `{other.name}` already"
        case typed.RowField(lock=typed.Lock() as other):
            return f"guarded by `{other.name}` already"
        case typed.Global(atomic=True):
            return "atomic: it needs no lock"
        case typed.Global(percpu=True):
            return "each CPU's own"
    return "neither a `var` nor a tree of the policy"


def lock_use(node: tree.Expr, c: Checker) -> typed.LockUse | None:
    """The lock that an expression names; reports where it names none."""
    match node:
        case tree.NameExpr(name=name) if c.locals.find(name.text) is None:
            found = c.names.known.get(name.text)
            if isinstance(found, typed.Lock):
                return typed.LockUse(found, None, node.span)
        case tree.Member(object=object, name=name):
            base = expression(object, c)
            rows = rows_of(base.type, c)
            lock = rows.lock(name.text) if rows else None
            if lock is not None:
                return typed.LockUse(lock, base, node.span)
            if isinstance(base.type, Broken):
                return None
    c.report(NotALock(node.span, node.span.text))
    return None


@expression.register
def _(node: tree.Under, c: Checker, expected: Type | None = None) -> typed.Expr:
    use = lock_use(node.lock, c)
    body = closing(block(node.body, c, expected), c, expected)
    if use is None:
        return typed.BlockValue(span=node.span, type=BROKEN, statements=[], value=None)
    return typed.Under(span=node.span, type=body.type, use=use, body=body)


@expression.register
def _(node: tree.Racy, c: Checker, expected: Type | None = None) -> typed.Expr:
    value = expression(node.value, c, expected)
    return typed.Racy(span=node.span, type=value.type, value=value)


def under_of(node: tree.FnDecl, function: typed.Function, outer: Checker) -> None:
    """`fn g(q: rq) under q.l`."""
    if node.under is None:
        return
    c = outer.inside(function=function)
    for name, variable in zip((p.name for p in node.parameters), function.params, strict=True):
        c.locals.declare(name, variable)
    function.under = lock_use(node.under, c)
