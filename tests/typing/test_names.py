# SPDX-License-Identifier: GPL-2.0-only
"""The typed tree's files share one space of names (typed.py), so no two nodes have one name."""

import ast
from collections import Counter
from pathlib import Path

from scxdsl.compiler import build

TYPING = Path(__file__).parents[2] / "scxdsl" / "typing"


def test_no_two_nodes_have_one_name() -> None:
    files = sorted(TYPING.glob("typed_*.py"))
    names = Counter(n.name for f in files for n in ast.parse(f.read_text()).body if isinstance(n, ast.ClassDef))
    assert [n for n, count in names.items() if count > 1] == ["Test"]  # of patterns, only its kinds are used by name; and of the author


def test_an_optional_is_matched_and_compared_with_none() -> None:
    text = "scheduler s\nmap m: hash<u32, u64>[16]\nvar n: u64\non tick(p) { match m[3] { none => n = 1, 5 => n = 2, x => n = x } ; if m[4] == none { n = 3 } }"
    built = build(text, "s.scx")
    assert built.object is not None, [(d.code, d.message) for d in built.diagnostics]
