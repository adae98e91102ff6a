# SPDX-License-Identifier: GPL-2.0-only
"""The front door of typing: from the tree to the typed tree."""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.library import Loader, standard
from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import access, calls, control, data, endings, literals, locks, maps, match, operators, owners, params, statements, trees, typed  # noqa: F401  (they register their nodes)
from .callbacks import callback
from .checker import Checker, declare
from .commands import command_body
from .declarations import function_body
from .errors_declarations import NoScheduler, Recursion
from .errors_trees import Unguarded
from .hooks import hook
from .ignored import count_failures
from .modules import Modules, link
from .scheduler import properties
from .scope import Locals, Names
from .state import members
from .timers import member_bodies, timer_body
from .unit_tests import test_body

# Names that values of other declarations may need come first.
_EARLY = (tree.SchedulerDecl, tree.ConstDecl, tree.EnumDecl, tree.StructDecl, tree.TableDecl)


def check(
    policy: tree.Policy, target: Target, diagnostics: Diagnostics, load: Loader = standard, module: bool = False, tests: bool = False
) -> typed.Policy:
    """The typed policy. It is complete only where no error was reported. `load` finds modules; with `module` the file may be one
    itself; with `tests` the policy has what its tests use of modules, too."""
    source = policy.span.source
    out = typed.Policy(source=source, name="", span=Span(source, 0, 0))
    names = Names(diagnostics)
    modules = Modules.of(policy, load, _file)
    c = Checker(diagnostics, target, out, names, Locals(diagnostics, names), modules=modules)
    _file(policy, c)
    if policy.scheduler is None:
        out.name = "module"
        if not module and (policy.declarations or not diagnostics.has_errors):  # a text that is too deep has no tree at all
            diagnostics.add(NoScheduler(Span(source, 0, 0)))
    if not diagnostics.has_errors:
        link(out, modules, tests)
        count_failures(out)
    return out


def _file(policy: tree.Policy, c: Checker) -> None:
    """One file: the policy, or a module of it."""
    diagnostics, out, names = c.diagnostics, c.policy, c.names
    for declaration in policy.declarations:
        if isinstance(declaration, tree.UseDecl):
            declare(declaration, c)
    early = [d for d in policy.declarations if isinstance(d, _EARLY)]
    late = [d for d in policy.declarations if not isinstance(d, (*_EARLY, tree.UseDecl))]
    c.pending.update({d.name.text: d for d in early if isinstance(d, tree.StructDecl | tree.EnumDecl | tree.TableDecl)})
    c.later.update(d.name.text for d in late if isinstance(d, tree.VarDecl | tree.ParamDecl | tree.StatDecl))
    for declaration in early:
        declare(declaration, c)
    c.later.clear()
    for declaration in late:
        declare(declaration, c)
    for declaration in [*late, *early]:
        if isinstance(declaration, tree.PerDecl | tree.TableDecl):
            members(declaration, c)
    for declaration in [*late, *early]:
        if isinstance(declaration, tree.PerDecl | tree.TableDecl):
            locks.guards_of_members(declaration, c)
    for declaration in late:
        if isinstance(declaration, tree.LockDecl):
            lock = names.known.get(declaration.name.text)
            if isinstance(lock, typed.Lock) and lock.span == declaration.name.span:
                locks.guards(declaration, lock, c)
    for t in out.trees:
        if t.lock is None:
            diagnostics.add(Unguarded(t.span, t.name))
    if policy.scheduler is not None:
        properties(policy.scheduler, c)
    for declaration in policy.declarations:
        if isinstance(declaration, tree.FnDecl):
            function = names.known.get(declaration.name.text)
            if isinstance(function, typed.Function) and function.span == declaration.name.span:
                locks.under_of(declaration, function, c)
                function_body(declaration, function, c)
    for declaration in policy.declarations:
        if isinstance(declaration, tree.TimerDecl):
            timer = names.known.get(declaration.name.text)
            if isinstance(timer, typed.Timer) and timer.span == declaration.name.span:
                timer_body(declaration, timer, c)
        elif isinstance(declaration, tree.PerDecl | tree.TableDecl):
            member_bodies(declaration, c)
    for declaration in policy.declarations:
        if isinstance(declaration, tree.CallbackDecl):
            callback(declaration, c)
    for declaration in policy.declarations:
        if isinstance(declaration, tree.HookDecl):
            hook(declaration, c)
    for declaration in policy.declarations:
        if isinstance(declaration, tree.CommandDecl):
            command = names.known.get(declaration.name.text)
            if isinstance(command, typed.Command) and command.span == declaration.name.span:
                command_body(declaration, command, c)
    for declaration in policy.declarations:
        if isinstance(declaration, tree.TestDecl):
            test_body(declaration, c)
    _recursion(c)


def _recursion(c: Checker) -> None:
    """Reports each circle of calls once, where it closes."""
    done: set[typed.Function] = set()

    def visit(function: typed.Function, path: list[typed.Function]) -> None:
        if function in done:
            return
        for callee, span in c.calls.get(function, []):
            if callee in (chain := [*path, function]):
                names = [f.name for f in chain[chain.index(callee) :]] + [callee.name]
                c.report(Recursion(span, callee.name, " → ".join(f"`{n}`" for n in names)))
            else:
                visit(callee, [*path, function])
        done.add(function)

    for function in c.policy.functions:
        visit(function, [])
