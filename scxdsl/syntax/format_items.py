# SPDX-License-Identifier: GPL-2.0-only
"""What the formatter lays out: the tokens of a text with what they are for, and its comments between them."""

from dataclasses import dataclass, fields
from typing import Any

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Source, Span

from .lexer import tokenize
from .parser import Builder, Machine
from .table import table
from .tokens import Tokens
from .tree_base import Decl, Expr, Name, Node, Pattern, Stmt, TypeExpr
from .tree_declarations import KernelRange, Property
from .tree_expressions import Arm

OPENERS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = frozenset(OPENERS.values())


@dataclass
class Item:
    """A token, a whole string, or a comment. `partner` is the index of the matching bracket, `parent` that of the bracket
    around it (-1 at the top)."""

    text: str
    start: int
    end: int
    newlines: int  # between it and the item before
    comment: bool = False
    begins: bool = False  # a statement, declaration, member, variant or arm begins here
    arm: bool = False
    word: bool = False  # a name or keyword
    operand_end: bool = False  # a postfix may follow
    name: bool = False
    unary: bool = False
    tight: bool = False  # `<` and `>` of types, `..` of patterns and versions
    prefix_dot: bool = False
    useful: bool = True  # a `;` that changes the value of its block, or is needed on one line
    partner: int = -1
    parent: int = -1
    has_comment: bool = False  # of a bracket: a comment stands within


class Roles(Builder):
    """Notes, while the tree is built, what tokens are for; all by their offsets."""

    def __init__(self, tokens: Tokens, diagnostics: Diagnostics) -> None:
        super().__init__(tokens, diagnostics)
        self.begins: set[int] = set()
        self.arms: set[int] = set()
        self.value_ends: set[int] = set()
        self.names: set[int] = set()
        self.unary: set[int] = set()
        self.prefix_dots: set[int] = set()
        self.tight: list[Span] = []  # all < > .. in here are tight

    def do_name(self, span: Span) -> Name:
        self.names.add(span.start)
        return super().do_name(span)

    def do_expr_statement(self, span: Span, value: Expr) -> Stmt:
        self.begins.add(span.start)
        self.value_ends.add(span.end)
        return super().do_expr_statement(span, value)

    def do_unary_op(self, span: Span) -> Span:
        self.unary.add(span.start)
        return span

    def do_negative(self, span: Span, value: Expr) -> Expr:
        self.unary.add(span.start)
        return super().do_negative(span, value)

    def do_dot_name(self, span: Span, name: Name) -> Expr:
        self.prefix_dots.add(span.start)
        return super().do_dot_name(span, name)

    def do_variant_pattern(self, span: Span, name: Name, payload: Any) -> Pattern:
        self.prefix_dots.add(span.start)
        return super().do_variant_pattern(span, name, payload)

    def do_generic_type(self, span: Span, name: Name, arguments: list[TypeExpr]) -> TypeExpr:
        self.tight.append(span)
        return super().do_generic_type(span, name, arguments)

    def do_map(self, span: Span, name: Name, indices: Any, kind: Name, arguments: Any, capacity: Expr) -> Decl:
        self.tight.append(Span(self.source, kind.span.start, capacity.span.start))
        return super().do_map(span, name, indices, kind, arguments, capacity)

    def do_options(self, span: Span, options: list[Pattern]) -> Pattern:
        self.tight.append(span)
        return super().do_options(span, options)

    def do_property_kernels(self, span: Span, kernels: KernelRange) -> Any:
        self.tight.append(span)
        return super().do_property_kernels(span, kernels)

    def do_bounded_array_type(self, span: Span, element: TypeExpr, length: Expr) -> TypeExpr:
        self.tight.append(Span(self.source, element.span.end, length.span.start))
        return super().do_bounded_array_type(span, element, length)

    def note(self, declarations: list[Any]) -> None:
        """Where statements, declarations and arms begin."""
        todo: list[Any] = list(declarations)
        while todo:
            item = todo.pop()
            if isinstance(item, Stmt | Decl | Property):
                self.begins.add(item.span.start)
            elif isinstance(item, Arm):
                self.begins.add(item.span.start)
                self.arms.add(item.span.start)
            for field in fields(item):
                value = getattr(item, field.name)
                if isinstance(value, Node):
                    todo.append(value)
                elif isinstance(value, tuple):
                    todo += [part for part in value if isinstance(part, Node)]


def items_of(source: Source) -> list[Item] | None:
    """The items of a text in order; None where it has syntax errors."""
    diagnostics = Diagnostics()
    tokens = tokenize(source, diagnostics)
    if tokens is None:
        return None
    machine = Machine(tokens, diagnostics)
    roles = Roles(tokens, diagnostics)
    machine.use(roles)
    declarations = machine.run()
    if len(diagnostics):
        return None
    roles.note(declarations)
    items = _tokens(tokens, roles)
    items += [
        Item(source.text[start:end].rstrip(), start, end, 0, comment=True) for start, end in tokens.comments
    ]
    items.sort(key=lambda item: item.start)
    end = 0
    for item in items:
        item.newlines = source.text.count("\n", end, item.start)
        end = item.end
    _match(items)
    _mark_tight(items, roles.tight)
    return items


def _tokens(tokens: Tokens, roles: Roles) -> list[Item]:
    names, out = table().terminals, []
    text, words = tokens.source.text, table().words
    depth = string_start = 0
    for kind, start, end in zip(tokens.kinds, tokens.starts, tokens.ends, strict=True):
        terminal = names[kind]
        if terminal == "_QUOTE":
            if depth == 0:
                string_start = start
            depth += 1
            continue
        if terminal == "_UNQUOTE":
            depth -= 1
            if depth == 0:
                out.append(Item(text[string_start:end], string_start, end, 0, operand_end=True))
            continue
        if depth or terminal in ("_NL", "$END"):
            continue
        value = text[start:end]
        is_name = start in roles.names
        word = terminal == "NAME" or value in words
        out.append(
            Item(
                value,
                start,
                end,
                0,
                begins=start in roles.begins,
                arm=start in roles.arms,
                word=word,
                name=is_name,
                operand_end=is_name
                or value in (")", "]", "}", "?", "INF", "true", "false", "none")
                or terminal in ("INT", "DURATION", "VERSION"),
                unary=start in roles.unary,
                prefix_dot=start in roles.prefix_dots,
                useful=value != ";" or bool(out) and out[-1].end in roles.value_ends,
            )
        )
    return out


def _match(items: list[Item]) -> None:
    stack: list[int] = []
    for i, item in enumerate(items):
        item.parent = stack[-1] if stack else -1
        if item.comment:
            for opener in stack:
                items[opener].has_comment = True
        elif item.text in OPENERS:
            stack.append(i)
        elif item.text in CLOSERS:
            opener = stack.pop()
            item.parent = stack[-1] if stack else -1
            item.partner, items[opener].partner = opener, i


def _mark_tight(items: list[Item], spans: list[Span]) -> None:
    """Spans may lie within each other; both lists are walked once."""
    depth: dict[int, int] = {}
    for span in spans:
        depth[span.start] = depth.get(span.start, 0) + 1
        depth[span.end] = depth.get(span.end, 0) - 1
    edges = sorted(depth)
    at = level = 0
    for item in items:
        while at < len(edges) and edges[at] <= item.start:
            level += depth[edges[at]]
            at += 1
        item.tight = level > 0 and item.text in ("<", ">", "..", "..=")
