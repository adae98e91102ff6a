# SPDX-License-Identifier: GPL-2.0-only
"""Modules: `use pelt`, `use "lib/mine.scx" as m`, and the names that are reached through them.

A module is a file without `scheduler`. It is checked as a whole, in a space of names of its own, before the file that uses it;
each file once, however many use it. What its declarations become in the object bears the module's name in front.
"""

import posixpath
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from scxdsl.source.library import SUFFIX, Loader
from scxdsl.source.library import names as standard_names
from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span
from scxdsl.syntax import tree
from scxdsl.syntax.parser import parse

from . import typed
from .checker import Checker, broken, declare, expression, place
from .errors_modules import ModuleCycle, ModuleName, NoModule, NotInModule, NotThroughModule
from .errors_names import close_to
from .scope import Declaration, Locals, Module, Names
from .types import BROKEN, Type
from .walk import Node, walk

# What a module may hold, beside itself other modules.
_ALLOWED = (tree.ConstDecl, tree.StructDecl, tree.EnumDecl, tree.FnDecl, tree.VarDecl, tree.ParamDecl, tree.StatDecl, tree.DsqDecl)
_ALLOWED += (tree.UseDecl, tree.TestDecl)


@dataclass
class Modules:
    """The modules of one compilation. `check` checks one file; `taken` are the top-level names of the policy."""

    load: Loader
    check: Callable[[tree.Policy, Checker], None]
    taken: set[str]
    loaded: dict[str, Module | None] = field(default_factory=dict)
    opening: list[tuple[str, str]] = field(default_factory=list)  # keys and what the author calls them, outermost first

    @classmethod
    def of(cls, policy: tree.Policy, load: Loader, check: Callable[[tree.Policy, Checker], None]) -> "Modules":
        """For the modules of a policy, none loaded yet."""
        path = policy.span.source.path
        declared = {name.text for d in policy.declarations if isinstance(name := getattr(d, "name", None), tree.Name)}
        return cls(load, check, declared, opening=[(posixpath.normpath(path.replace("\\", "/")), posixpath.basename(path))])

    def prefix(self, name: str) -> str:
        """The module's name in front of its declarations, such that no name of the policy begins so."""
        taken = self.taken | {m.prefix for m in self.loaded.values() if m is not None}
        while name in taken or any(other.startswith(name + "_") for other in taken):
            name += "_"
        return name


@declare.register
def _(node: tree.UseDecl, c: Checker) -> None:
    found = _of_library(node.module, c) if node.module is not None else _of_file(node, c)
    if found is None:
        return
    key, title, name = found
    module = _opened(key, title, node, c)
    if module is None:  # reported; names that are looked for in it are not reported once more
        module = Module(name.text, name.span, "", Names(c.diagnostics), typed.Policy(source=c.policy.source, name="", span=name.span), missing=True)
    c.names.declare(node.alias or name, module)


def _of_library(name: tree.Name, c: Checker) -> tuple[str, str, tree.Name]:
    return name.text, name.text, name


def _of_file(node: tree.UseDecl, c: Checker) -> tuple[str, str, tree.Name] | None:
    assert node.path is not None
    written = node.path.plain or ""
    if not written.endswith(SUFFIX):
        c.report(ModuleName(node.path.span, f"the path of a module ends in `{SUFFIX}`", 'a module of the standard library is named without quotes: `use pelt`'))
        return None
    base = posixpath.basename(written).removesuffix(SUFFIX)
    if node.alias is None and not (base.isascii() and base.isidentifier()):
        c.report(ModuleName(node.path.span, f"`{base}` cannot be a name", f'give it one: `use "{written}" as part`'))
        return None
    key = posixpath.normpath(posixpath.join(posixpath.dirname(c.policy.source.path.replace("\\", "/")), written))
    return key, written, tree.Name(base, node.path.span)


def _opened(key: str, title: str, node: tree.UseDecl, c: Checker) -> Module | None:
    """The module behind a key, checked now or before; reports and gives None where there is none."""
    modules = c.modules
    assert modules is not None
    span = (node.module or node.path or node).span
    keys = [k for k, _ in modules.opening]
    if key in keys:
        circle = [t for _, t in modules.opening[keys.index(key) :]] + [title]
        c.report(ModuleCycle(span, title, " → ".join(f"`{t}`" for t in circle)))
        return None
    if key in modules.loaded:
        return modules.loaded[key]
    modules.loaded[key] = None
    source = modules.load(key)
    if source is None:
        known = tuple(standard_names())
        c.report(NoModule(span, title, node.path is not None, close_to(title, known), known))
        return None
    name = posixpath.basename(key).removesuffix(SUFFIX)
    prefix = modules.prefix("".join(x if x.isalnum() and x.isascii() else "_" for x in name))
    policy = typed.Policy(source=source, name="", span=Span(source, 0, 0))
    names = Names(c.diagnostics)
    inner = Checker(c.diagnostics, c.target, policy, names, Locals(c.diagnostics, names), modules=modules, prefix=prefix + ".")
    modules.opening.append((key, title))
    parsed = parse(source, c.diagnostics)
    modules.check(_parts(parsed, span, c), inner)
    modules.opening.pop()
    made = modules.loaded[key] = Module(name, span, prefix, names, policy)
    return made


def _parts(parsed: tree.Policy, used: Span, c: Checker) -> tree.Policy:
    """What of a file may stand in a module; all else is reported."""
    allowed = []
    for d in parsed.declarations:
        if isinstance(d, _ALLOWED):
            allowed.append(d)
        else:
            at = d.name.span if isinstance(d, tree.CallbackDecl | tree.SchedulerDecl) else d.span
            c.report(NotInModule(at, _WORDS.get(type(d).__name__, "this"), used))
    return tree.Policy(tuple(allowed), parsed.span)


_WORDS = {
    "SchedulerDecl": "`scheduler`",
    "CallbackDecl": "a callback",
    "PerDecl": "a `per` block",
    "TableDecl": "a table",
    "MapDecl": "a map",
    "TreeDecl": "a tree",
    "LockDecl": "a lock",
    "TimerDecl": "a timer",
    "RingDecl": "a ring",
    "InboxDecl": "an inbox",
    "HistDecl": "a histogram",
    "HookDecl": "a hook",
    "CommandDecl": "a command",
}


def link(policy: typed.Policy, modules: Modules, tests: bool) -> None:
    """Moves what the policy uses of its modules into it: everything that its programs and functions reach, and its tests too where
    they are wanted. The rest of a module leaves no trace in the object."""
    found = [m for m in modules.loaded.values() if m is not None]
    policy.sources = [m.policy.source for m in found]
    owners: dict[Any, Module] = {d: m for m in found for part in _PARTS for d in getattr(m.policy, part)}
    if not owners:
        return
    used: dict[Any, None] = {}
    waiting: list[Node] = [body for _, body in policy.programs()]
    waiting += [f.body for f in policy.functions if f.body is not None]
    waiting += [t.body for t in policy.tests] if tests else []
    while waiting:
        for node in walk(waiting.pop()):
            for f in fields(node):
                one = getattr(node, f.name)
                if one.__class__ in _KINDS and one in owners and one not in used:
                    used[one] = None
                    if isinstance(one, typed.Function) and one.body is not None:
                        waiting.append(one.body)
    for m in found:
        for part in _PARTS:
            for d in getattr(m.policy, part):
                if d in used:
                    d.name = f"{m.prefix}.{d.name}" if isinstance(d, typed.Function) else f"{m.prefix}_{d.name}"
                    if isinstance(d, typed.Dsq):
                        d.number = len(policy.dsqs)
                    getattr(policy, part).append(d)


_PARTS = ("functions", "tables", "globals", "params", "stats", "dsqs")
_KINDS = (typed.Function, typed.Table, typed.Global, typed.Param, typed.Stat, typed.Dsq)


# ---- names of a module


def _module(node: tree.Expr, c: Checker) -> Module | None:
    if isinstance(node, tree.NameExpr) and c.locals.find(node.name.text) is None:
        found = c.names.known.get(node.name.text)
        return found if isinstance(found, Module) else None
    return None


def _find(module: Module, name: tree.Name, c: Checker) -> Declaration | None:
    found = module.names.known.get(name.text)
    if found is not None and not isinstance(found, Module):
        return found
    if not module.missing:
        own = [n for n, d in module.names.known.items() if not isinstance(d, Module)]
        c.report(NotThroughModule(name.span, module.name, name.text, close_to(name.text, own)))
    return None


def _view(module: Module, c: Checker) -> Checker:
    """The surroundings in which a bare name means what the module declares."""
    view = c.inside(names=module.names, policy=module.policy)
    view.locals = Locals(c.diagnostics, module.names)
    return view


def declared(node: tree.Member, c: Checker) -> tuple[Declaration | None] | None:
    """What `m.N` names, reported where that is nothing; None where `m` is no module."""
    module = _module(node.object, c)
    return None if module is None else (_find(module, node.name, c),)


def value_of(node: tree.Member, c: Checker, expected: Type | None) -> typed.Expr | None:
    """The value of `m.N`; None where `m` is no module."""
    module = _module(node.object, c)
    if module is None:
        return None
    if _find(module, node.name, c) is None:
        return broken(node.span)
    return expression(tree.NameExpr(node.name, node.span), _view(module, c), expected)


def place_of(node: tree.Member, c: Checker) -> tuple[typed.Place | None] | None:
    """The place that `m.N` is, if it is one; None where `m` is no module."""
    module = _module(node.object, c)
    if module is None:
        return None
    if _find(module, node.name, c) is None:
        return (typed.LocalPlace(span=node.span, type=BROKEN, variable=typed.Variable("", BROKEN, node.span)),)
    return (place(tree.NameExpr(node.name, node.span), _view(module, c)),)


def type_of(node: tree.NamedType, c: Checker) -> Type:
    """`m.T`; reports and gives BROKEN where there is none."""
    assert node.module is not None
    known = standard_names()
    module = c.names.known.get(node.module.text)
    if not isinstance(module, Module):
        c.report(NoModule(node.module.span, node.module.text, False, close_to(node.module.text, known), tuple(known)))
        return BROKEN
    if node.name.text in module.policy.types:
        return module.policy.types[node.name.text]
    if not module.missing:
        c.report(NotThroughModule(node.name.span, module.name, node.name.text, close_to(node.name.text, module.policy.types)))
    return BROKEN
