# SPDX-License-Identifier: GPL-2.0-only
"""What a test does to its policy: spawns tasks, calls callbacks and commands, feeds inboxes, reads rings."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, expression
from .convert import fit
from .errors_programs import InboxMember, TestCall, TestsOnly
from .errors_types import WrongArguments
from .types import (
    BOOL,
    CPU,
    I64,
    TASK,
    BoolType,
    FlagsType,
    IndexType,
    IntType,
    Nothing,
    Optional,
    TaskType,
    Type,
    UnitType,
)

SPAWN = "spawn"
_OWN_WAY = ("init", "exit", "init_task", "exit_task", "enable", "disable", "cpu_online", "cpu_offline")


def call(node: tree.Call, name: str, c: Checker) -> typed.Expr | None:
    """A call that only tests make; None for any other."""
    declared = c.names.known.get(name)
    if name == SPAWN and declared is None:
        return _spawn(node, c) if _in_test(node, "spawn", c) else broken(node.span)
    if isinstance(declared, typed.Command):
        return _command(node, declared, c) if _in_test(node, name, c) else broken(node.span)
    callback = c.policy.callback(name) if c.asserts is not None and declared is None else None
    return None if callback is None else _callback(node, callback, c)


def _in_test(node: tree.Call, what: str, c: Checker) -> bool:
    if c.asserts is None:
        c.report(TestsOnly(node.span, what))
    return c.asserts is not None


def _spawn(node: tree.Call, c: Checker) -> typed.Expr:
    nice: typed.Expr = typed.Literal(span=node.span, type=I64, value=0)
    for argument in node.arguments:
        if argument.name is None or argument.name.text != "nice" or len(node.arguments) > 1:
            c.report(WrongArguments(argument.span, "`spawn` takes a nice level, by its name", "spawn", "(nice: i64 …)"))
            return broken(node.span)
        nice = fit(expression(argument.value, c, I64), I64, c)
    return typed.TestSpawn(span=node.span, type=TASK, nice=nice)


def _callback(node: tree.Call, callback: typed.Callback, c: Checker) -> typed.Expr:
    if callback.name in _OWN_WAY or not all(_givable(p.type) for p in callback.params):
        c.report(TestCall(node.span, f"a test does not call `{callback.name}`", "the model of the kernel does, when the test begins or spawns"))
        return broken(node.span)
    arguments = _arguments(node, callback.name, callback.params, c)
    if arguments is None:
        return broken(node.span)
    return typed.TestCallback(span=node.span, type=callback.result, callback=callback, arguments=arguments)


def _givable(t: Type) -> bool:
    inner = t.of if isinstance(t, Optional) else t
    return isinstance(inner, TaskType | IntType | BoolType | IndexType | FlagsType | UnitType)


def _command(node: tree.Call, command: typed.Command, c: Checker) -> typed.Expr:
    arguments = _arguments(node, command.name, command.params, c)
    if arguments is None or isinstance(command.result, Optional):
        if arguments is not None:
            c.report(TestCall(node.span, f"a test does not call `{command.name}`", "what it gives may be none, as may what a failed call gives"))
        return broken(node.span)
    t: Type = BOOL if isinstance(command.result, Nothing) else Optional(command.result)
    return typed.TestCommand(span=node.span, type=t, command=command, arguments=arguments)


def _arguments(node: tree.Call, name: str, params: list[typed.Variable], c: Checker) -> list[typed.Expr] | None:
    """In order, by place. Numbers and flags at the right may be left out, where the kernel's own value is 0."""
    if len(node.arguments) > len(params) or any(a.name is not None for a in node.arguments):
        signature = ", ".join(f"{p.name}: {p.type}" for p in params)
        c.report(TestCall(node.span, f"`{name}` takes ({signature})", f"{len(node.arguments)} given"))
        return None
    out = [_argument(a.value, p.type, c) for a, p in zip(node.arguments, params, strict=False)]
    for p in params[len(out) :]:
        if isinstance(p.type, Optional):
            out.append(typed.Absent(span=node.span, type=p.type))
        elif isinstance(p.type, FlagsType | IntType | BoolType):
            out.append(typed.Literal(span=node.span, type=p.type, value=False if isinstance(p.type, BoolType) else 0))
        else:
            c.report(TestCall(node.span, f"`{name}` needs `{p.name}`", f"a {p.type} has no usual value"))
            return None
    return out


def _argument(node: tree.Expr, t: Type, c: Checker) -> typed.Expr:
    """The kernel that tests run on has CPUs 0 and 1, which may be named by their numbers."""
    value = expression(node, c, t)
    if t == CPU and isinstance(value, typed.Literal) and value.value in (0, 1):
        return typed.Literal(span=node.span, type=CPU, value=value.value)
    return fit(value, t, c)


# ---- inboxes and rings


def feed(node: tree.Call, member: tree.Member, inbox: typed.Inbox, c: Checker) -> typed.Expr:
    name = member.name.text
    if name != "feed" or c.asserts is None:
        why = "a test feeds it by `feed`" if name != "feed" else "user space puts in, the policy takes out by `for m in …`"
        c.report(InboxMember(member.name.span, name, why))
        return broken(node.span)
    if len(node.arguments) != 1:
        c.report(WrongArguments(node.span, "`feed` takes one argument", "feed", f"(m: {inbox.element})", inbox.span))
        return broken(node.span)
    value = fit(expression(node.arguments[0].value, c, inbox.element), inbox.element, c, inbox.span, f"because the inbox carries {inbox.element}")
    return typed.InboxFeed(span=node.span, type=BOOL, inbox=inbox, value=value)


def take(node: tree.Call, member: tree.Member, ring: typed.Ring, c: Checker) -> typed.Expr:
    if not _in_test(node, f"{ring.name}.take", c):
        return broken(node.span)
    if node.arguments:
        c.report(WrongArguments(node.span, "`take` takes no arguments", "take", "()", ring.span))
        return broken(node.span)
    return typed.RingTake(span=node.span, type=Optional(ring.element), ring=ring)


