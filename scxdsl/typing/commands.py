# SPDX-License-Identifier: GPL-2.0-only
"""`command name(a: T) -> U { … }`: a program that user space runs, with its arguments in a struct."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, declare
from .declarations import body_of
from .errors_programs import CommandReference, NotPlain
from .type_names import resolve
from .types import (
    BROKEN,
    NOTHING,
    ArrayType,
    BoolType,
    Broken,
    CpusetType,
    EnumType,
    IndexType,
    IntType,
    Optional,
    StructType,
    TextType,
    TupleType,
    Type,
    UnitType,
)


@declare.register
def _(node: tree.CommandDecl, c: Checker) -> None:
    params = []
    for p in node.parameters:
        t = BROKEN if p.type is None else exchanged(resolve(p.type, c), p.type, f"the parameter `{p.name.text}` of a command", c)
        if p.mutable:
            c.report(CommandReference(p.span))
        params.append(typed.Variable(p.name.text, t, p.name.span))
    result: Type = NOTHING
    if node.result is not None:
        result = exchanged(resolve(node.result, c), node.result, "the result of a command", c)
    command = typed.Command(node.name.text, params, result, node.name.span)
    if c.names.declare(node.name, command):
        c.policy.commands.append(command)


def command_body(node: tree.CommandDecl, command: typed.Command, outer: Checker) -> None:
    c = outer.inside(result=command.result, result_of=f"the command `{command.name}`", callback="command")
    names = [p.name for p in node.parameters]
    command.body = body_of(node.body, list(zip(names, command.params, strict=True)), c)


def exchanged(t: Type, node: tree.TypeExpr, what: str, c: Checker) -> Type:
    """A type of what passes between policy and user space; reports and gives BROKEN for one that cannot."""
    if is_plain(t):
        return t
    c.report(NotPlain(node.span, what, f"a {t}"))
    return BROKEN


def is_plain(t: Type) -> bool:
    match t:
        case BoolType() | IntType() | UnitType() | IndexType() | TextType() | CpusetType() | Broken():
            return True
        case StructType(_, fields):
            return all(is_plain(f.type) for f in fields)
        case ArrayType(of) | Optional(of):
            return is_plain(of)
        case TupleType(items):
            return all(map(is_plain, items))
        case EnumType(_, variants):
            return all(is_plain(f.type) for v in variants for f in v.fields)
    return False
