# SPDX-License-Identifier: GPL-2.0-only
"""Policies that are deep in one way or another are compiled or refused by a diagnostic; none exhausts the compiler."""

import sys

import pytest

from scxdsl import compiler

HEAD = "scheduler s\nvar a: u64\non tick(p) { "


def chain(length: int) -> str:
    functions = "".join(f"fn f{i}() {{ f{i - 1}() }}\n" for i in range(1, length))
    return f"scheduler s\nvar a: u64\nfn f0() {{ a += 1 }}\n{functions}on tick(p) {{ f{length - 1}() }}\n"


DEEP = {
    "operators": lambda n: HEAD + "a = " + "~" * n + "a }\n",
    "sums": lambda n: HEAD + "a = " + "a + " * n + "a }\n",
    "else if": lambda n: HEAD + "if a > 1 { a = 1 } else " * n + "{ a = 2 } }\n",
    "and": lambda n: HEAD + "if " + "a > 1 && " * n + "a > 2 { a = 1 } }\n",
    "statements": lambda n: HEAD + "a = a + 1\n" * n + "}\n",
    "functions": chain,
}


@pytest.mark.parametrize("form", DEEP)
def test_hundreds_within_each_other_are_compiled(form: str) -> None:
    limit = sys.getrecursionlimit()
    built = compiler.build(DEEP[form](300))
    assert built.ok, built.diagnostics
    assert sys.getrecursionlimit() == limit


@pytest.mark.parametrize("form", ["operators", "sums", "and"])
def test_thousands_are_refused(form: str) -> None:
    built = compiler.build(DEEP[form](5000))
    assert not built.ok and [d.code for d in built.diagnostics] == ["E0133"]


def test_a_chain_of_functions_that_is_too_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_FRAMES", 1200)
    built = compiler.build(chain(400))
    assert not built.ok and [d.code for d in built.diagnostics] == ["E0902"]
