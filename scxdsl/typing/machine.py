# SPDX-License-Identifier: GPL-2.0-only
"""Indices of the machine and of tables (conversions, loops), and tasks that are looked for: `task(pid)`, `ours(t)`, `waker()`."""

from scxdsl.syntax import tree

from . import inboxes, typed
from .checker import Checker, broken, expression
from .convert import fit, settle
from .errors_declarations import NotHere
from .errors_types import WrongArguments, WrongType
from .types import (
    CPU,
    I32,
    I64,
    KERNEL_TASK,
    SIMPLE_NAMES,
    TASK,
    U64,
    Broken,
    IndexType,
    IntType,
    Optional,
    TaskType,
    Type,
)
from .walking import bound, looped, walked

_CPU_SETS = ("cpus", "online", "possible")
WAKEUPS = ("select_cpu", "enqueue", "runnable")  # the callbacks that a wakeup calls, with flags that tell


def index_named(name: str, c: Checker) -> IndexType | None:
    """`cpu`, `llc`, a table: what a kind of index is called."""
    found = SIMPLE_NAMES.get(name) or c.policy.types.get(name)
    return found if isinstance(found, IndexType) else None


def call(node: tree.Call, name: str, c: Checker) -> typed.Expr | None:
    """A call by one of the names that this file knows; None for any other."""
    kind = index_named(name, c)
    if kind is not None:
        return _to_index(node, kind, c)
    if name in _TASKS:
        return _TASKS[name](node, c)
    return None


def _only(node: tree.Call, name: str, signature: str, count: int, c: Checker) -> list[tree.Expr] | None:
    if len(node.arguments) != count or any(a.name is not None for a in node.arguments):
        c.report(WrongArguments(node.span, f"`{name}` takes {count or 'no'} argument{'s' * (count != 1)}", name, signature))
        return None
    return [a.value for a in node.arguments]


def _to_index(node: tree.Call, kind: IndexType, c: Checker) -> typed.Expr:
    """A number as an index: `T?`, for the machine may have fewer."""
    given = _only(node, str(kind), "(n: u64)", 1, c)
    if given is None:
        return broken(node.span)
    value = settle(expression(given[0], c, U64))
    if isinstance(value.type, Broken):
        return broken(node.span)
    if isinstance(value.type, IntType) and value.type.bits < 64:
        value = typed.Convert(span=value.span, type=I64 if value.type.signed else U64, value=value)
    elif isinstance(value.type, IndexType):  # any index is a number
        value = typed.Convert(span=value.span, type=U64, value=value)
    if not isinstance(value.type, IntType):
        c.report(WrongType(value.span, "a number", str(value.type)))
        return broken(node.span)
    return typed.ToIndex(span=node.span, type=Optional(kind), value=value, rows=_table(kind, c))


def _table(kind: IndexType, c: Checker) -> typed.Rows | None:
    """The rows of a table; None for the machine's own kinds."""
    rows = c.policy.rows.get(kind.kind)
    return rows if rows is not None and rows.capacity is not None else None


def _task(node: tree.Call, c: Checker) -> typed.Expr:
    given = _only(node, "task", "(pid: i32)", 1, c)
    if given is None:
        return broken(node.span)
    pid = settle(expression(given[0], c, I32))
    if isinstance(pid.type, Broken):
        return broken(node.span)
    if not isinstance(pid.type, IntType):
        c.report(WrongType(pid.span, "a pid", str(pid.type)))
        return broken(node.span)
    return typed.TaskByPid(span=node.span, type=Optional(TASK), pid=pid)


def _ours(node: tree.Call, c: Checker) -> typed.Expr:
    given = _only(node, "ours", "(t: kernel task)", 1, c)
    if given is None:
        return broken(node.span)
    task = expression(given[0], c)
    if isinstance(task.type, Broken):
        return broken(node.span)
    if not isinstance(task.type, TaskType):
        c.report(WrongType(task.span, str(KERNEL_TASK), str(task.type)))
        return broken(node.span)
    if task.type.ours:  # it is one already
        return typed.Some(span=node.span, type=Optional(TASK), value=task)
    return typed.Ours(span=node.span, type=Optional(TASK), task=task)


def _waker(node: tree.Call, c: Checker) -> typed.Expr:
    if _only(node, "waker", "()", 0, c) is None:
        return broken(node.span)
    if c.callback and c.callback not in (*WAKEUPS, "hook"):
        c.report(NotHere(node.span, "waker()", c.callback, "select_cpu, enqueue, runnable and hooks"))
    return typed.Waker(span=node.span, type=Optional(TASK))


_TASKS = {"task": _task, "ours": _ours, "waker": _waker}


# ---- loops


@walked.register
def _(node: tree.NameExpr, loop: tree.For, c: Checker) -> list[typed.Stmt]:
    """`for c in cpus`, `for d in dom`, `for m in box`; any other name is a value to walk through."""
    name = node.name.text
    kind: Type | None = CPU if name in _CPU_SETS else index_named(name, c)
    inbox = inboxes.inbox_named(node, c)
    if inbox is not None:
        return inboxes.walk(inbox, loop, c)
    if c.locals.find(name) is not None or name in c.names.known and name not in c.policy.types or kind is None:
        return walked.dispatch(object)(node, loop, c)
    assert isinstance(kind, IndexType)
    start = None if loop.start is None else fit(expression(loop.start, c, kind), kind, c)
    variable = bound(loop.pattern, kind, c)
    body, otherwise = looped(loop, c)
    over = "cpus" if name == "cpu" else name
    return [
        typed.ForIndex(
            span=loop.span,
            variable=variable,
            over=over,
            type=kind,
            rows=_table(kind, c),
            start=start,
            body=body,
            otherwise=otherwise,
        )
    ]
