# SPDX-License-Identifier: GPL-2.0-only
"""Actions for declarations."""

from typing import Any

from scxdsl.source.text import Span

from .build_base import BaseActions
from .errors_forms import ParameterWithoutType, VariableWithoutType
from .tree_base import Decl, Expr, Name, TypeExpr
from .tree_declarations import (
    CallbackDecl,
    CommandDecl,
    ConstDecl,
    DsqDecl,
    EnumDecl,
    FieldDecl,
    FnDecl,
    HistDecl,
    HookDecl,
    InboxDecl,
    Kept,
    KernelRange,
    LockDecl,
    MapDecl,
    ParamDecl,
    Parameter,
    Payload,
    PerDecl,
    Property,
    PropertyItem,
    RingDecl,
    SchedulerDecl,
    StatDecl,
    StructDecl,
    TableDecl,
    TestDecl,
    TimerDecl,
    TreeDecl,
    UseDecl,
    VarDecl,
    Variant,
)
from .tree_expressions import Block, Range, StringLiteral

Version = tuple[int, ...]


class PolicyActions(BaseActions):
    """What a policy has one of or what is the same everywhere."""

    def do_start(self, span: Span, declarations: list[Decl]) -> list[Decl]:
        return declarations

    def do_scheduler(self, span: Span, name: Name, properties: list[Property] | None) -> Decl:
        return SchedulerDecl(self.doc(span), name, tuple(properties or ()), span)

    def do_property(self, span: Span, name: Name, items: list[PropertyItem]) -> Property:
        return Property(name, tuple(items), span)

    def do_property_item(self, span: Span, value: Expr, condition: Expr | None) -> PropertyItem:
        return PropertyItem(value, condition, span)

    def do_property_kernels(self, span: Span, kernels: KernelRange) -> PropertyItem:
        return PropertyItem(kernels, None, span)

    def do_version(self, span: Span) -> Version:
        return tuple(int(part[:9]) for part in span.text.split("."))

    def do_kernels_one(self, span: Span, version: Version) -> KernelRange:
        return KernelRange(version, version, True, span)

    def do_kernels_from(self, span: Span, low: Version) -> KernelRange:
        return KernelRange(low, None, False, span)

    def do_kernels_until(self, span: Span, low: Version, high: Version) -> KernelRange:
        return KernelRange(low, high, False, span)

    def do_kernels_through(self, span: Span, low: Version, high: Version) -> KernelRange:
        return KernelRange(low, high, True, span)

    def do_const(self, span: Span, name: Name, type: TypeExpr | None, value: Expr) -> Decl:
        return ConstDecl(self.doc(span), name, type, value, span)

    def do_param(
        self, span: Span, names: list[Name], type: TypeExpr, default: Expr | None, range: Range | None
    ) -> list[Decl]:
        return [ParamDecl(self.doc(span), name, type, default, range, span) for name in names]

    def do_use_module(self, span: Span, module: Name, alias: Name | None) -> Decl:
        return UseDecl(self.doc(span), module, None, alias, span)

    def do_use_path(self, span: Span, path: StringLiteral, alias: Name | None) -> Decl:
        return UseDecl(self.doc(span), None, path, alias, span)


class StorageActions(BaseActions):
    """Variables, fields, queues, maps: what becomes storage."""

    def do_storage_plain(self, span: Span) -> tuple[bool, bool]:
        return False, False

    def do_storage_atomic(self, span: Span) -> tuple[bool, bool]:
        return True, False

    def do_storage_percpu(self, span: Span) -> tuple[bool, bool]:
        return False, True

    def do_storage_both(self, span: Span) -> tuple[bool, bool]:
        return True, True

    def do_var(
        self, span: Span, storage: tuple[bool, bool], names: list[Name], type: TypeExpr | None, value: Expr | None
    ) -> list[Decl]:
        if type is None and value is None:
            self.diagnostics.add(VariableWithoutType(names[0].span, names[0].text))
        return [VarDecl(self.doc(span), name, *storage, type, value, span) for name in names]

    def do_field(self, span: Span, names: list[Name], type: TypeExpr, value: Expr | None) -> list[Decl]:
        return [FieldDecl(self.doc(span), name, False, type, value, span) for name in names]

    def do_atomic_field(self, span: Span, names: list[Name], type: TypeExpr, value: Expr | None) -> list[Decl]:
        return [FieldDecl(self.doc(span), name, True, type, value, span) for name in names]

    def do_indexed_name(self, span: Span, name: Name, indices: list[Expr]) -> tuple[Name, list[Expr]]:
        return name, indices

    def do_dsq(self, span: Span, names: list[tuple[Name, list[Expr]]]) -> list[Decl]:
        return [DsqDecl(self.doc(span), name, tuple(indices), span) for name, indices in names]

    def do_stat(self, span: Span, names: list[Name]) -> list[Decl]:
        return [StatDecl(self.doc(span), name, span) for name in names]

    def do_hist(self, span: Span, names: list[Name]) -> list[Decl]:
        return [HistDecl(self.doc(span), name, span) for name in names]

    def do_map(
        self, span: Span, name: Name, indices: list[Expr], kind: Name, arguments: list[TypeExpr], capacity: Expr
    ) -> Decl:
        return MapDecl(self.doc(span), name, tuple(indices), kind, tuple(arguments), capacity, span)

    def do_kept(self, span: Span, name: Name, function: Name, argument: Expr) -> Kept:
        return Kept(name, function, argument, span)

    def do_tree(
        self, span: Span, name: Name, capacity: Expr, element: TypeExpr, key: Expr, keeping: list[Kept] | None
    ) -> Decl:
        return TreeDecl(self.doc(span), name, capacity, element, key, tuple(keeping or ()), span)

    def do_lock(self, span: Span, name: Name, guards: list[Expr]) -> Decl:
        return LockDecl(self.doc(span), name, tuple(guards), span)

    def do_timer(self, span: Span, name: Name, every: Expr | None, body: Block) -> Decl:
        return TimerDecl(self.doc(span), name, every, body, span)

    def do_ring(self, span: Span, name: Name, element: TypeExpr, size: Expr) -> Decl:
        return RingDecl(self.doc(span), name, element, size, span)

    def do_inbox(self, span: Span, name: Name, element: TypeExpr, size: Expr) -> Decl:
        return InboxDecl(self.doc(span), name, element, size, span)

    def do_per(self, span: Span, kind: Name, members: list[Decl]) -> Decl:
        return PerDecl(self.doc(span), kind, tuple(members), span)

    def do_table(self, span: Span, name: Name, capacity: Expr, count: Expr | None, members: list[Decl]) -> Decl:
        return TableDecl(self.doc(span), name, capacity, count, tuple(members), span)

    def do_struct(self, span: Span, name: Name, fields: list[FieldDecl]) -> Decl:
        return StructDecl(self.doc(span), name, tuple(fields), span)

    def do_payload(self, span: Span, name: Name | None, type: TypeExpr) -> Payload:
        return Payload(name, type, span)

    def do_variant(self, span: Span, name: Name, payload: list[Payload] | None) -> Decl:
        return Variant(self.doc(span), name, tuple(payload or ()), span)

    def do_enum(self, span: Span, name: Name, variants: list[Variant]) -> Decl:
        return EnumDecl(self.doc(span), name, tuple(variants), span)


Tail = tuple[Expr | None, TypeExpr | None]


class ProgramActions(BaseActions):
    """What has a body."""

    def do_parameter(self, span: Span, name: Name, type: TypeExpr | None) -> Parameter:
        return Parameter(name, False, type, span)

    def do_mut_parameter(self, span: Span, name: Name, type: TypeExpr | None) -> Parameter:
        return Parameter(name, True, type, span)

    def do_fn_plain(self, span: Span) -> bool:
        return False

    def do_fn_pure(self, span: Span) -> bool:
        return True

    def do_tail_none(self, span: Span) -> Tail:
        return None, None

    def do_tail_result(self, span: Span, result: TypeExpr) -> Tail:
        return None, result

    def do_tail_under(self, span: Span, lock: Expr) -> Tail:
        return lock, None

    def do_tail_under_result(self, span: Span, lock: Expr, result: TypeExpr) -> Tail:
        return lock, result

    def do_tail_result_under(self, span: Span, result: TypeExpr, lock: Expr) -> Tail:
        return lock, result

    def do_fn(self, span: Span, pure: bool, name: Name, parameters: list[Parameter], tail: Tail, body: Block) -> Decl:
        self._need_types(parameters)
        under, result = tail
        return FnDecl(self.doc(span), name, pure, tuple(parameters), under, result, body, span)

    def _need_types(self, parameters: list[Parameter]) -> None:
        for parameter in parameters:
            if parameter.type is None:
                self.diagnostics.add(ParameterWithoutType(parameter.span, parameter.name.text))

    def do_callback(self, span: Span, name: Name, parameters: list[Parameter] | None, body: Block) -> Decl:
        return CallbackDecl(self.doc(span), name, tuple(parameters or ()), body, span)

    def do_target(self, span: Span, *parts: Name) -> Name:
        return Name("/".join(part.text for part in parts), span)

    def do_hook(
        self,
        span: Span,
        kind: Name,
        target: Name,
        parameters: list[Parameter],
        condition: Expr | None,
        optional: bool,
        body: Block,
    ) -> Decl:
        return HookDecl(self.doc(span), kind, target, tuple(parameters), condition, optional, body, span)

    def do_command(
        self, span: Span, name: Name, parameters: list[Parameter], result: TypeExpr | None, body: Block
    ) -> Decl:
        self._need_types(parameters)
        return CommandDecl(self.doc(span), name, tuple(parameters), result, body, span)

    def do_test(self, span: Span, title: StringLiteral, body: Block) -> Decl:
        return TestDecl(self.doc(span), title, body, span)


class DeclarationActions(PolicyActions, StorageActions, ProgramActions):
    pass


def actions_of(builder: Any) -> dict[str, Any]:
    """Action name -> method."""
    return {name[3:]: getattr(builder, name) for name in dir(builder) if name.startswith("do_")}
