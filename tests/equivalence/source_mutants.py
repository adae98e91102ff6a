# SPDX-License-Identifier: GPL-2.0-only
"""Automatic mutants of lowering/ and codegen/: one change of the syntax tree of one function, put in its place while the program runs.

A function keeps its identity and gets other code, so whoever holds it, dispatch tables included, sees the change; so do functions that it
made when modules were imported. Which changes are asked about is a matter of a seed; what becomes of them: fates.py.
"""

import ast
import gc
import hashlib
import random
import types
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2] / "scxdsl"
_COMPARES = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
_OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.LShift: ast.RShift, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr}


@dataclass(frozen=True)
class Mutant:
    """`node` is the how-manieth place of change in the function; `code` a digest of the function, so that it is known when it is another
    one by now. `line` and `what` say where and what; `lines` are those of the statement. In an `annotation` nothing is done at run time."""

    file: str
    function: str
    start: int
    node: int
    line: int
    what: str
    lines: range
    annotation: bool
    code: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.what}"


class _Changer(ast.NodeVisitor):
    """Numbers the places of a function where something can be changed; changes the one that is wanted."""

    def __init__(self, wanted: int = -1) -> None:
        self.wanted, self.count, self.found = wanted, 0, []
        self._lines, self._annotation = range(0), False

    def _place(self, node: Any, what: str) -> bool:
        self.found.append((getattr(node, "lineno", self._lines.start), what, self._lines, self._annotation))
        self.count += 1
        return self.count - 1 == self.wanted

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.stmt):
            self._lines = _lines(node)
        match node:
            case ast.Compare(ops=[op]) if type(op) in _COMPARES:
                if self._place(node, f"{type(op).__name__} becomes {_COMPARES[type(op)].__name__}"):
                    node.ops = [_COMPARES[type(op)]()]
            case ast.BinOp(op=op) if type(op) in _OPERATORS:
                if self._place(node, f"{type(op).__name__} becomes {_OPERATORS[type(op)].__name__}"):
                    node.op = _OPERATORS[type(op)]()
            case ast.BoolOp(op=op):
                if self._place(node, "and is or" if isinstance(op, ast.And) else "or is and"):
                    node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            case ast.Constant(value=value) if type(value) is int:
                if self._place(node, f"{value} becomes {value + 1}"):
                    node.value = value + 1
            case ast.Constant(value=value) if type(value) is bool:
                if self._place(node, f"{value} becomes {not value}"):
                    node.value = not value
            case ast.If() | ast.IfExp():
                if self._place(node, "a condition is turned around"):
                    node.test = ast.UnaryOp(ast.Not(), node.test)
            case ast.Call(args=[first, second, *rest]) if not any(isinstance(a, ast.Starred) for a in node.args):
                if self._place(node, "two arguments change places"):
                    node.args = [*node.args[:-2], node.args[-1], node.args[-2]]
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                for i, statement in enumerate(block):
                    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                        outer, self._lines = self._lines, _lines(statement)
                        if self._place(statement, "a statement is dropped"):
                            # not only away: a function within another keeps its free variables, so that those which live already can change too
                            block[i] = ast.copy_location(ast.If(ast.Constant(False), [statement], []), statement)
                        self._lines = outer
        inside = self._lines
        for name, value in ast.iter_fields(node):
            outer, self._annotation = self._annotation, self._annotation or name in ("annotation", "returns")
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self._lines = inside
                    self.visit(child)
            self._annotation = outer


def _lines(node: ast.stmt) -> range:
    """The lines of a statement without those of its blocks."""
    inner = [b[0].lineno for b in (getattr(node, "body", None), getattr(node, "cases", None)) if isinstance(b, list) and b and hasattr(b[0], "lineno")]
    end = node.end_lineno or node.lineno
    return range(node.lineno, max(node.lineno + 1, min([end + 1, *inner])))


# What runs LLVM and changes no object; words of errors; what only tests of policies have.
NOT_ASKED = ("backend.py", "child.py", "process.py", "errors.py", "errors_depth.py", "unit_tests.py")


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{n.name}", n) for n in node.body if isinstance(n, ast.FunctionDef))


@cache
def all_mutants() -> tuple[Mutant, ...]:
    """Every one there is, in the order of the files."""
    out = []
    for path in sorted((*(ROOT / "lowering").glob("*.py"), *(ROOT / "codegen").glob("*.py"))):
        if path.name in NOT_ASKED and path.parent.name + "/" + path.name != "lowering/errors.py":
            continue
        for title, function in _functions(ast.parse(path.read_text())):
            changer = _Changer()
            changer.visit(deepcopy(function))
            name, code = str(path.relative_to(ROOT)), hashlib.sha256(ast.dump(function).encode()).hexdigest()[:10]
            out += [Mutant(name, title, function.lineno, i, *found, code) for i, found in enumerate(changer.found)]  # fmt: skip
    return tuple(out)


def sample(count: int, seed: int) -> list[Mutant]:
    """So many: one of each file, the others of all. None is in an annotation."""
    r = random.Random(seed)
    by_file = defaultdict(list)
    for m in all_mutants():
        by_file[m.file].append(m)
    first = [r.choice(found) for found in by_file.values()]
    others = [m for m in r.sample(all_mutants(), 2 * count) if m not in first]
    return [m for m in [*first, *others] if not m.annotation][:count]


@contextmanager
def in_place(mutant: Mutant) -> Iterator[None]:
    """While it is entered, the function has the changed code."""
    changes = _changes(mutant)
    old = [(f, f.__code__, f.__defaults__, f.__kwdefaults__) for f, *_ in changes]
    try:
        for f, code, defaults, named in changes:
            f.__code__, f.__defaults__, f.__kwdefaults__ = code, defaults, named
        yield
    finally:
        for f, code, defaults, named in old:
            f.__code__, f.__defaults__, f.__kwdefaults__ = code, defaults, named


@lru_cache(maxsize=2)
def _changes(mutant: Mutant) -> list[tuple[types.FunctionType, types.CodeType, Any, Any]]:
    """The functions that become others, with their new code and default values."""
    path = ROOT / mutant.file
    tree = ast.parse(path.read_text())
    function = next(f for _, f in _functions(tree) if f.lineno == mutant.start)
    _Changer(mutant.node).visit(function)
    module = compile(ast.fix_missing_locations(tree), str(path), "exec")
    first = min([function.lineno, *(d.lineno for d in function.decorator_list)])
    new = next(c for c in _codes(module) if c.co_name == function.name and c.co_firstlineno == first)
    live = [f for f in _living()[str(path)] if f.__code__.co_firstlineno == first and f.__code__.co_name == function.name]
    changed = {id(a): b for f in live for a, b in _pairs(f.__code__, new)}
    return [
        (f, changed[id(f.__code__)], *(_defaults(function, f) if f in live else (f.__defaults__, f.__kwdefaults__)))
        for f in _living()[str(path)]
        if id(f.__code__) in changed
    ]


def _defaults(function: ast.FunctionDef, f: types.FunctionType) -> tuple[tuple[Any, ...] | None, dict[str, Any] | None]:
    """The default values of a changed function's parameters, written anew."""

    def value(node: ast.expr) -> Any:
        return eval(compile(ast.fix_missing_locations(ast.Expression(node)), f.__code__.co_filename, "eval"), f.__globals__)

    named = {a.arg: value(d) for a, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d is not None}
    return tuple(value(d) for d in function.args.defaults) or None, named or None


@cache
def _living() -> dict[str, list[types.FunctionType]]:
    """The functions of lowering/ and codegen/ by file, found once: later there may be millions of other objects to look through."""
    import scxdsl.codegen.pipeline
    import scxdsl.lowering.module  # noqa: F401

    out = defaultdict(list)
    for f in gc.get_objects():
        if isinstance(f, types.FunctionType) and f.__code__.co_filename.startswith(str(ROOT)):
            out[f.__code__.co_filename].append(f)
    return out


def _pairs(old: types.CodeType, new: types.CodeType) -> Iterator[tuple[types.CodeType, types.CodeType]]:
    """A function's code and what is nested in it, with what stands in its place; only where all is the same but for the change."""
    yield old, new
    inner = [[c for c in code.co_consts if isinstance(c, types.CodeType)] for code in (old, new)]
    if len(inner[0]) == len(inner[1]):
        for a, b in zip(*inner, strict=True):
            if a.co_freevars == b.co_freevars:
                yield from _pairs(a, b)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)
