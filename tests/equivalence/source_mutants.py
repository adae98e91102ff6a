# SPDX-License-Identifier: GPL-2.0-only
"""Automatic mutants of lowering/ and codegen/: one change of the syntax tree of one function, put in its place while the program runs.

A function keeps its identity and gets other code, so whoever holds it, dispatch tables included, sees the change. A mutant is caught
where it raises, where LLVM refuses what it makes, or where the engines then disagree; what leaves the LLVM text of every policy as it
was is told apart from what changes the text and is not seen.
"""

import ast
import gc
import random
import types
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planting import _builds, _right

from scxdsl.codegen.backend import BackendError
from scxdsl.codegen.module import emit
from scxdsl.codegen.pipeline import build
from scxdsl.compiler import lower
from scxdsl.fuzz.compare import Subject
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.script import generate as generate_script
from scxdsl.objects import read

ROOT = Path(__file__).parents[2] / "scxdsl"
_COMPARES = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
_OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.LShift: ast.RShift, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr}


@dataclass(frozen=True)
class Mutant:
    """`line` and `what` say where and what; `node` is the how-manieth place of change in the function at `start`."""

    file: str
    start: int
    node: int
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.what}"


class _Changer(ast.NodeVisitor):
    """Numbers the places of a function where something can be changed; changes the one that is wanted."""

    def __init__(self, wanted: int = -1) -> None:
        self.wanted, self.count, self.found = wanted, 0, []

    def _place(self, node: Any, what: str) -> bool:
        self.found.append((getattr(node, "lineno", 0), what))
        self.count += 1
        return self.count - 1 == self.wanted

    def visit(self, node: ast.AST) -> Any:
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
                    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and self._place(statement, "a statement is dropped"):
                        block[i] = ast.Pass()
        self.generic_visit(node)


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from (n for n in node.body if isinstance(n, ast.FunctionDef))


def all_mutants() -> list[Mutant]:
    """Every one there is, in the order of the files."""
    out = []
    for path in sorted((*(ROOT / "lowering").glob("*.py"), *(ROOT / "codegen").glob("*.py"))):
        if path.name in ("backend.py", "child.py", "process.py", "errors.py", "errors_depth.py", "unit_tests.py"):
            continue  # what runs LLVM, words of errors, and what is only in tests
        for function in _functions(ast.parse(path.read_text())):
            changer = _Changer()
            changer.visit(deepcopy(function))
            name = str(path.relative_to(ROOT))
            out += [Mutant(name, function.lineno, i, line, what) for i, (line, what) in enumerate(changer.found)]
    return out


def sample(count: int, seed: int) -> list[Mutant]:
    return random.Random(seed).sample(all_mutants(), count)


@contextmanager
def in_place(mutant: Mutant) -> Iterator[None]:
    """While it is entered, the function has the changed code."""
    path = ROOT / mutant.file
    tree = ast.parse(path.read_text())
    function = next(f for f in _functions(tree) if f.lineno == mutant.start)
    _Changer(mutant.node).visit(function)
    module = compile(ast.fix_missing_locations(tree), str(path), "exec")
    first = min([function.lineno, *(d.lineno for d in function.decorator_list)])
    new = next(c for c in _codes(module) if c.co_name == function.name and c.co_firstlineno == first)
    live = [f for f in gc.get_objects() if isinstance(f, types.FunctionType) and f.__code__.co_filename == str(path)
            and f.__code__.co_firstlineno == first and f.__code__.co_name == function.name]  # fmt: skip
    old = [f.__code__ for f in live]
    try:
        for f in live:
            f.__code__ = new
        yield
    finally:
        for f, code in zip(live, old, strict=True):
            f.__code__ = code


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


@dataclass(frozen=True)
class Fate:
    """`how`: "raises", "refused" (by LLVM), "differs", "not seen" (the text changes, the engines agree) or "no change"."""

    how: str
    example: int


def fate(mutant: Mutant, maker: Maker, policies: int) -> Fate:
    """What becomes of a mutant within so many generated policies."""
    changed = False
    for seed in range(policies):
        found = _right(seed)
        if found is None:
            continue
        checked, text, right = found
        if not _builds(seed, checked, maker):
            continue
        try:
            with in_place(mutant):
                module = lower(checked)
                if emit(module) == right:
                    continue
                made = build(module, maker._backend)
        except Exception:
            return Fate("raises", seed + 1)
        if isinstance(made, BackendError):
            return Fate("refused", seed + 1)
        changed = True
        subject = Subject(text, checked.policy, read(made.object), tuple(s for s in ("6.12", "6.18", "7.3") if s in checked.target.kernels))
        for i, series in enumerate(subject.kernels):
            try:
                if subject.compare(generate_script(seed * 1000 + i, 25, exchange=subject.exchanges), series) is not None:
                    return Fate("differs", seed + 1)
            except Exception:
                return Fate("differs", seed + 1)
    return Fate("not seen" if changed else "no change", policies)
