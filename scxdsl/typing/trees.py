# SPDX-License-Identifier: GPL-2.0-only
"""`tree` declarations and what can be done with trees."""

from collections.abc import Callable

from scxdsl.syntax import tree

from . import owners, typed
from .checker import Checker, broken, declare, expression
from .convert import fit, settle
from .errors_trees import BadTree, NotOnTrees
from .errors_types import WrongArguments
from .maps import _PLAIN
from .state import MEMBERS, rows_of
from .type_names import constant_number, resolve
from .typed import Keeps, Relation
from .types import BROKEN, SLOT, TIME, U64, VTIME, Broken, IntType, Optional, StructType, Type, UnitType, widened
from .walk import walk

MOST_NODES = 65535
_OF_FIELDS = (
    typed.Read,
    typed.LocalPlace,
    typed.ParamPlace,
    typed.FieldPlace,
    typed.Literal,
    typed.Binary,
    typed.Compare,
    typed.Extreme,
    typed.Convert,
    typed.Logical,
    typed.Not,
    typed.IfValue,
    typed.BlockValue,
)
_LIMITS = {
    tree.BinaryOp.LT: (Keeps.MIN, Relation.LT),
    tree.BinaryOp.LE: (Keeps.MIN, Relation.LE),
    tree.BinaryOp.GT: (Keeps.MAX, Relation.GT),
    tree.BinaryOp.GE: (Keeps.MAX, Relation.GE),
}


@declare.register
def _(node: tree.TreeDecl, c: Checker) -> None:
    made = made_of(node, c)
    if made is not None and c.names.declare(node.name, made):
        c.policy.trees.append(made)


def _member(node: tree.TreeDecl, rows: typed.Rows, c: Checker) -> None:
    made = made_of(node, c)
    if made is not None:
        made.rows = rows
        rows.trees.append(made)
        c.policy.trees.append(made)


MEMBERS[tree.TreeDecl] = _member


def made_of(node: tree.TreeDecl, c: Checker) -> typed.Tree | None:
    """The tree of a declaration, which is entered nowhere yet."""
    element = owners.forbidden(resolve(node.element, c), node.element.span, "a tree", c)
    capacity = constant_number(node.capacity, c, "the capacity of a tree")
    if capacity is not None and not 1 <= capacity <= MOST_NODES:
        c.report(BadTree(node.capacity.span, f"a tree holds 1 to {MOST_NODES} nodes", "out of range"))
    if not isinstance(element, StructType):
        if not isinstance(element, Broken):
            c.report(BadTree(node.element.span, f"the nodes of a tree are structs, not {element}", "declare a `struct` for them"))
        return None
    if not all(isinstance(f.type, _PLAIN) for f in element.fields):
        c.report(BadTree(node.element.span, f"a {element} cannot lie in a tree", "holds more than plain data"))
        return None
    key = _of_node(node.key, element, False, c)
    out = typed.Tree(node.name.text, element, key, capacity or 1, node.name.span)
    for kept in node.keeping:
        if kept.function.text not in set(Keeps):
            c.report(BadTree(kept.function.span, f"a tree cannot keep `{kept.function.text}`", "min, max or sum"))
            continue
        how = Keeps(kept.function.text)
        argument = _of_node(kept.argument, element, how is Keeps.SUM, c)
        if kept.name.text in ("len", *(k.name for k in out.kept)):
            c.report(BadTree(kept.name.span, f"`{kept.name.text}` names something of this tree already", "another name"))
        out.kept.append(typed.Kept(kept.name.text, kept.name.span, how, argument, argument.value.type))
    return out


def _of_node(node: tree.Expr, element: StructType, summed: bool, outer: Checker) -> typed.OfNode:
    """An expression in which the fields of a node are names. In a sum, moments (time, vtime) are plain numbers."""
    c = outer.inside()
    fields = {}
    for f in element.fields:
        t = U64 if summed and f.type in (TIME, VTIME) else f.type
        fields[f.name] = c.locals.blocks[-1][f.name] = typed.Variable(f.name, t, node.span)
    value = settle(expression(node, c))
    if isinstance(value.type, IntType) and value.type.bits < 64:
        value = typed.Convert(span=value.span, type=widened(value.type), value=value)
    if not isinstance(value.type, IntType | UnitType | Broken):
        outer.report(BadTree(node.span, f"a tree cannot order or sum values of type {value.type}", "a number or unit expected"))
    bad = next((n for n in walk(value) if not isinstance(n, _OF_FIELDS)), None)
    if bad is not None:
        outer.report(BadTree(bad.span, "this is no matter of the node alone", "only fields, parameters and constants"))
    return typed.OfNode(value, fields)


def tree_named(node: tree.Expr, c: Checker) -> tuple[typed.Tree, typed.Expr | None] | None:
    """The tree that an expression names, and of whose row."""
    match node:
        case tree.NameExpr(name=name) if c.locals.find(name.text) is None:
            found = c.names.known.get(name.text)
            return (found, None) if isinstance(found, typed.Tree) else None
        case tree.Member(object=object, name=name) if any(rows.tree(name.text) for rows in c.policy.rows.values()):
            base = expression(object, c)
            rows = rows_of(base.type, c)
            of_row = rows.tree(name.text) if rows else None
            return None if of_row is None else (of_row, base)
    return None


def member(node: tree.Member, t: typed.Tree, base: typed.Expr | None, c: Checker) -> typed.Expr:
    """`t.len`, `t.wv`."""
    name = node.name.text
    if name == "len":
        return typed.TreeLen(span=node.span, type=U64, tree=t, base=base)
    kept = next((k for k in t.kept if k.name == name), None)
    if kept is None:
        known = ", ".join(["len", *(k.name for k in t.kept)])
        c.report(NotOnTrees(node.name.span, f"the tree `{t.name}` keeps no `{name}`", f"it has {known}"))
        return broken(node.span)
    type: Type = kept.type if kept.how is Keeps.SUM or kept.type == BROKEN else Optional(kept.type)
    return typed.TreeKept(span=node.span, type=type, tree=t, base=base, kept=kept)


def method(node: tree.Call, member: tree.Member, t: typed.Tree, base: typed.Expr | None, c: Checker) -> typed.Expr:
    """`t.insert(n)`, `t.pop(v <= x)`, …"""
    name = member.name.text
    how = _METHODS.get(name)
    if how is None:
        c.report(NotOnTrees(member.name.span, f"a tree has no `{name}`", "insert, remove, first, pop, len"))
        return broken(node.span)
    least, most, signature, make = how
    if not least <= len(node.arguments) <= most or any(a.name for a in node.arguments):
        c.report(WrongArguments(node.span, f"`{name}` takes other arguments", name, signature, t.span))
        return broken(node.span)
    return make(node, t, base, c)


def _insert(node: tree.Call, t: typed.Tree, base: typed.Expr | None, c: Checker) -> typed.Expr:
    value = fit(expression(node.arguments[0].value, c, t.element), t.element, c, t.span, f"because it holds {t.element}")
    return typed.TreeInsert(span=node.span, type=Optional(SLOT), tree=t, base=base, value=value)


def _remove(node: tree.Call, t: typed.Tree, base: typed.Expr | None, c: Checker) -> typed.Expr:
    slot = fit(expression(node.arguments[0].value, c, SLOT), SLOT, c)
    return typed.TreeRemove(span=node.span, type=Optional(t.element), tree=t, base=base, slot=slot)


def _first(pop: bool) -> Callable[[tree.Call, typed.Tree, typed.Expr | None, Checker], typed.Expr]:
    def make(node: tree.Call, t: typed.Tree, base: typed.Expr | None, c: Checker) -> typed.Expr:
        kept, relation, bound = None, None, None
        if node.arguments:
            found = _limit(node.arguments[0].value, t, c)
            if found is None:
                return broken(node.span)
            kept, relation, bound = found
        return typed.TreeFirst(
            span=node.span, type=Optional(t.element), tree=t, base=base, pop=pop, kept=kept, relation=relation, bound=bound
        )

    return make


def _limit(node: tree.Expr, t: typed.Tree, c: Checker) -> tuple[typed.Kept, Relation, typed.Expr] | None:
    """`v <= x`, where the minimum of v is kept."""
    if not isinstance(node, tree.Binary) or node.op not in _LIMITS:
        c.report(NotOnTrees(node.span, "a limit is a comparison by <, <=, > or >=", "as in `pop(v <= x)`"))
        return None
    how, relation = _LIMITS[node.op]
    words = _squeezed(node.left)
    kept = next((k for k in t.kept if k.how is how and words in (k.name, _squeezed(k.argument.value))), None)
    if kept is None:
        problem = f"the tree `{t.name}` does not keep the {how} of `{node.left.span.text}`"
        c.report(NotOnTrees(node.left.span, problem, f"declare it: `keeping name = {how}({node.left.span.text})`"))
        return None
    bound = fit(expression(node.right, c, kept.type), kept.type, c, kept.span, f"because this is {kept.type}")
    return kept, relation, bound


def _squeezed(node: tree.Expr | typed.Expr) -> str:
    return "".join(node.span.text.split())


_METHODS = {
    "insert": (1, 1, "(node)", _insert),
    "remove": (1, 1, "(slot)", _remove),
    "first": (0, 1, "() or (v <= x)", _first(pop=False)),
    "pop": (0, 1, "() or (v <= x)", _first(pop=True)),
}
