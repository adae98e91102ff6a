# SPDX-License-Identifier: GPL-2.0-only
"""Whatever the text, the parser answers with a tree and findings, and with work that grows as the text does."""

import random
from pathlib import Path

import pytest
from effort import calls
from hypothesis import given, settings
from hypothesis import strategies as st
from sentences import Sentence, mutate

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.render_json import diagnostics_json
from scxdsl.source.render_text import render
from scxdsl.source.text import Source
from scxdsl.syntax.dump import dump
from scxdsl.syntax.format import format_source
from scxdsl.syntax.parser import MAX_HEIGHT, parse

ROOT = Path(__file__).parents[2]
SIMPLE = (ROOT / "examples" / "simple.scx").read_text(encoding="utf-8")
EVERYTHING = (Path(__file__).parent / "forms" / "everything.scx").read_text(encoding="utf-8")
GOLDEN = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parent / "golden").glob("*.scx"))]


def survive(text: str) -> Diagnostics:
    source, found = Source("t.scx", text), Diagnostics()
    tree = parse(source, found)
    dump(tree, spans=True)
    render(found.sorted())
    diagnostics_json(found)
    for item in found:
        assert 0 <= item.span.start <= item.span.end <= len(text)
        for label in item.labels():
            assert 0 <= label.span.start <= label.span.end <= len(text)
    if len(found):
        assert format_source(source) == text
    return found


@pytest.mark.parametrize("batch", range(20))
def test_mutations(batch: int) -> None:
    for seed in range(batch * 100, batch * 100 + 100):
        text = (SIMPLE, EVERYTHING, SIMPLE, random.Random(seed).choice(GOLDEN))[seed % 4]
        survive(mutate(text, seed))


@pytest.mark.sweep
@pytest.mark.parametrize("batch", range(100))
def test_many_mutations(batch: int) -> None:
    for seed in range(10_000 + batch * 200, 10_000 + batch * 200 + 200):
        survive(mutate((SIMPLE, EVERYTHING)[seed % 2], seed))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    survive(text)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_mutated_sentences_of_the_grammar(seed: int, other: int) -> None:
    survive(mutate(Sentence(seed, 16).text, other))


def test_bytes_that_are_no_text() -> None:
    rng = random.Random(1)
    for _ in range(20):
        survive(rng.randbytes(2000).decode("utf-8", errors="replace"))
        survive(rng.randbytes(2000).decode("latin-1"))


N = 5000
DEEP = {
    "parentheses": "const A = " + "(" * N + "1" + ")" * N,
    "open parentheses": "const A = " + "(" * N,
    "blocks": "on init() " + "{" * N + "}" * N,
    "ifs": "on init() { " + "if a { " * N + "}" * N + " }",
    "brackets": "var a: " + "[" * N + "u64" + "; 1]" * N,
    "nots": "const A = " + "!" * N + "a",
    "sums": "const A = 1" + " + 1" * N,
    "ands": "const A = a" + " && a" * N,
    "optionals": "var a: u64" + "?" * N,
    "members": "const A = a" + ".a" * N,
    "calls": "const A = a" + "()" * N,
    "coalesce": "const A = a" + " ?? a" * N,
    "else ifs": "fn f() { if a {}" + " else if a {}" * N + " }",
    "strings in strings": 'const A = "' + '{"' * N + '"}' * N + '"',
    "closers": "on init() { " + ")" * N,
    "mixed": "on init() { " + "({[" * N,
    "arrows": "on init() { a" + "->b" * N + " }",
    "steps": "on init() { a" + "++" * N + " }",
    "matches": "fn f() { " + "match a { else => " * N + "}" * N + " }",
}

MOST = 1000
"""Calls for a character; of what people write it takes 10 to 30, of nothing but errors 350 to 800."""


@pytest.mark.parametrize("name", DEEP)
def test_depth_has_an_end(name: str) -> None:
    text, answers = DEEP[name] + "\n", []
    assert calls(lambda: answers.append(survive(text))) < MOST * len(text)
    assert answers[0].has_errors
    assert len(answers[0]) <= 130


def test_what_is_not_too_deep_is_taken() -> None:
    deep = 190
    for text in ("(" * deep + "1" + ")" * deep, "1" + " + 1" * (MAX_HEIGHT - 10)):
        assert not len(survive(f"const A = {text}\n"))
    blocks = "on init() { " + "if a { " * deep + "}" * deep + " }\n"
    assert not len(survive(blocks))


def test_many_errors_at_the_end_of_a_huge_statement() -> None:
    text = "const A = [" + "1, " * 6000 + "a->b, " * 100 + "]\n"
    answers = []
    assert calls(lambda: answers.append(survive(text))) < MOST * len(text)
    assert answers[0].has_errors


def test_many_errors_end_the_run() -> None:
    assert len(survive("fn fn fn\n" * 5000)) <= 130


def work(text: str) -> int:
    return calls(lambda: parse(Source("t.scx", text), Diagnostics()))


def test_the_work_is_linear() -> None:
    for text in (SIMPLE, EVERYTHING):
        work(text)  # tables are read once
        assert work(text * 8) < 8.5 * work(text)


def test_a_recursive_walk_has_room() -> None:
    from scxdsl.syntax import tree
    from scxdsl.syntax.depth import deep_recursion

    def height(e: tree.Expr) -> int:
        return 1 + (max(height(e.left), height(e.right)) if isinstance(e, tree.Binary) else 0)

    made = parse(Source("t.scx", "const A = 1" + " + 1" * (MAX_HEIGHT - 10)), Diagnostics()).declarations[0]
    assert isinstance(made, tree.ConstDecl)
    with deep_recursion():
        assert height(made.value) == MAX_HEIGHT - 9
