# SPDX-License-Identifier: GPL-2.0-only
"""Nodes for declarations. A form that lists several names (`stat a, b`, `var a, b: T`) gives one node a name; they
share the doc, type and value nodes."""

from typing import ClassVar

from scxdsl.source.text import Span

from .tree_base import Decl, Doc, Expr, Name, Node, TypeExpr, node
from .tree_expressions import Block, Range, StringLiteral


@node
class KernelRange(Node):
    """`6.12..` (high None), `6.12 .. 7.2` without 7.2, `6.12 ..= 7.2` with it, `6.18` alone (high = low, inclusive)."""

    low: tuple[int, ...]
    high: tuple[int, ...] | None
    inclusive: bool
    span: Span


@node
class PropertyItem(Node):
    """One of a property's values, in force only where `condition` (a parameter) is true."""

    value: Expr | KernelRange
    condition: Expr | None
    span: Span


@node
class Property(Node):
    """`flags: .enq_last, .switch_partial if partial`, `timeout: 5s`, `kernels: 6.12..`."""

    name: Name
    items: tuple[PropertyItem, ...]
    span: Span


@node
class SchedulerDecl(Decl):
    doc: Doc | None
    name: Name
    properties: tuple[Property, ...]
    span: Span


@node
class ConstDecl(Decl):
    doc: Doc | None
    name: Name
    type: TypeExpr | None
    value: Expr
    span: Span


@node
class ParamDecl(Decl):
    """`param x: T = default in low ..= high`."""

    doc: Doc | None
    name: Name
    type: TypeExpr
    default: Expr | None
    range: Range | None
    span: Span


@node
class VarDecl(Decl):
    """`[atomic] [percpu] var x: T = v`; type or value may be absent, not both."""

    doc: Doc | None
    name: Name
    atomic: bool
    percpu: bool
    type: TypeExpr | None
    value: Expr | None
    span: Span


@node
class FieldDecl(Decl):
    """`[atomic] f: T = v`, in `per`, `table` and `struct`."""

    doc: Doc | None
    name: Name
    atomic: bool
    type: TypeExpr
    value: Expr | None
    span: Span


@node
class DsqDecl(Decl):
    """`dsq q`, `dsq level[5]`, `dsq q[llc]`: an index is a number or the name of a kind."""

    doc: Doc | None
    name: Name
    indices: tuple[Expr, ...]
    span: Span


@node
class StatDecl(Decl):
    doc: Doc | None
    name: Name
    span: Span


@node
class HistDecl(Decl):
    doc: Doc | None
    name: Name
    span: Span


@node
class MapDecl(Decl):
    """`map m: hash<K, V>[n]`; `map m[5]: queue<T>[n]` is an array of maps."""

    doc: Doc | None
    name: Name
    indices: tuple[Expr, ...]
    kind: Name
    arguments: tuple[TypeExpr, ...]
    capacity: Expr
    span: Span


@node
class Kept(Node):
    """`least = min(v)`: what a tree keeps of its nodes, and under which name."""

    name: Name
    function: Name
    argument: Expr
    span: Span


@node
class TreeDecl(Decl):
    """`tree t[1024]: Node by key keeping least = min(v)`."""

    doc: Doc | None
    name: Name
    capacity: Expr
    element: TypeExpr
    key: Expr
    keeping: tuple[Kept, ...]
    span: Span


@node
class LockDecl(Decl):
    """`lock l guards a, b, x.f`: NameExpr or Member each."""

    doc: Doc | None
    name: Name
    guards: tuple[Expr, ...]
    span: Span


@node
class TimerDecl(Decl):
    """`timer t every 10ms { … }`; `every` is None for a timer that is started by hand."""

    doc: Doc | None
    name: Name
    every: Expr | None
    body: Block
    span: Span


@node
class RingDecl(Decl):
    """`ring out: Event[256K]`; `size` in bytes."""

    doc: Doc | None
    name: Name
    element: TypeExpr
    size: Expr
    span: Span


@node
class InboxDecl(Decl):
    """`inbox box: Msg[64K]`; `size` in bytes."""

    doc: Doc | None
    name: Name
    element: TypeExpr
    size: Expr
    span: Span


@node
class PerDecl(Decl):
    """`per task { … }`; `kind` is task, cpu, core, llc, node or cgroup."""

    doc: Doc | None
    kind: Name
    members: tuple[Decl, ...]
    span: Span


@node
class TableDecl(Decl):
    """`table dom[64] count nr_doms { … }`."""

    doc: Doc | None
    name: Name
    capacity: Expr
    count: Expr | None
    members: tuple[Decl, ...]
    span: Span


@node
class StructDecl(Decl):
    doc: Doc | None
    name: Name
    fields: tuple[FieldDecl, ...]
    span: Span


@node
class Payload(Node):
    """One part of a variant's payload: `T`, or `x: T`."""

    name: Name | None
    type: TypeExpr
    span: Span


@node
class Variant(Decl):
    """`a`, `b(T)`, `c(x: T)`."""

    doc: Doc | None
    name: Name
    payload: tuple[Payload, ...]
    span: Span


@node
class EnumDecl(Decl):
    doc: Doc | None
    name: Name
    variants: tuple[Variant, ...]
    span: Span


@node
class Parameter(Node):
    """`x: T`, `mut r: T`; in `on` and `hook` the type is the kernel's and is left out."""

    name: Name
    mutable: bool
    type: TypeExpr | None
    span: Span


@node
class FnDecl(Decl):
    """`[pure] fn f(x: u64, mut r: Avg) [under q.l] [-> T] { … }`."""

    doc: Doc | None
    name: Name
    pure: bool
    parameters: tuple[Parameter, ...]
    under: Expr | None
    result: TypeExpr | None
    body: Block
    span: Span


@node
class CallbackDecl(Decl):
    """`on enqueue(p, flags) { … }`; `on init { … }` has no parameters."""

    doc: Doc | None
    name: Name
    parameters: tuple[Parameter, ...]
    body: Block
    span: Span


@node
class HookDecl(Decl):
    """`hook fexit f(a, ret) if gpu optional { … }`; `target` may hold slashes (`syscalls/sys_enter_futex`)."""

    doc: Doc | None
    kind: Name
    target: Name
    parameters: tuple[Parameter, ...]
    condition: Expr | None
    optional: bool
    body: Block
    span: Span

    @property
    def name(self) -> Name:
        return self.target


@node
class CommandDecl(Decl):
    """`command migrate(pid: i32, to: u32) -> bool { … }`."""

    doc: Doc | None
    name: Name
    parameters: tuple[Parameter, ...]
    result: TypeExpr | None
    body: Block
    span: Span


@node
class UseDecl(Decl):
    """`use pelt` (`module`), `use "lib/mine.scx" as m` (`path`); one of the two is None."""

    doc: Doc | None
    module: Name | None
    path: StringLiteral | None
    alias: Name | None
    span: Span


@node
class TestDecl(Decl):
    """`test "title" { … }`."""

    __test__: ClassVar[bool] = False  # pytest, this is none of yours

    doc: Doc | None
    title: StringLiteral
    body: Block
    span: Span


@node
class Policy(Node):
    """A whole file, in the order in which it was written; a module has no `scheduler`. The span is the whole text."""

    declarations: tuple[Decl, ...]
    span: Span

    @property
    def scheduler(self) -> SchedulerDecl | None:
        return next((d for d in self.declarations if isinstance(d, SchedulerDecl)), None)
