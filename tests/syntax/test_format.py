# SPDX-License-Identifier: GPL-2.0-only
"""The formatter: one style, idempotent, no comment lost, the tree unchanged."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scramble import comments_of, scramble
from sentences import Sentence

from scxdsl.fuzz.generate import generate
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Source
from scxdsl.syntax.dump import dump
from scxdsl.syntax.format import format_source
from scxdsl.syntax.parser import parse

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "examples", ROOT / "stdlib", Path(__file__).parent / "forms")
POLICIES = sorted(path for folder in FOLDERS for path in folder.glob("*.scx"))
TEXTS = [path.read_text(encoding="utf-8") for path in POLICIES]


def tree(text: str) -> str:
    found = Diagnostics()
    result = dump(parse(Source("t.scx", text), found))
    assert not len(found), [item.message for item in found]
    return result


def fmt(text: str) -> str:
    return format_source(Source("t.scx", text))


def check_properties(text: str) -> str:
    done = fmt(text)
    assert tree(done) == tree(text)
    assert comments_of(done) == comments_of(text)
    assert fmt(done) == done
    assert done.endswith("\n") or not done
    assert not any(line != line.rstrip() for line in done.split("\n"))
    return done


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_policies_of_the_project_are_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert check_properties(text) == text


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_any_sentence_of_the_grammar(seed: int) -> None:
    check_properties(Sentence(seed, 24).text)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 2**32))
def test_other_blanks_and_line_breaks(text: str, seed: int) -> None:
    other = scramble(text, seed)
    assert tree(other) == tree(text)
    check_properties(other)


def test_a_text_with_errors_comes_back_as_it_is() -> None:
    assert fmt("on init( {\n  x\n") == "on init( {\n  x\n"


CASES = {
    "operators": ("const N=1+2*( 3-4 )<<5\n", "const N = 1 + 2 * (3 - 4) << 5\n"),
    "unary": ("const N = - 1 - -2 + ! x\n", "const N = -1 - -2 + !x\n"),
    "types": ("var m : [ u64 ;5 ]\nvar s: slot < Node > ?\n", "var m: [u64; 5]\nvar s: slot<Node>?\n"),
    "map": ("map m : hash < u32 ,u64 > [ 64 ]\n", "map m: hash<u32, u64>[64]\n"),
    "calls": ("on init() { q.insert( p,slice ,vtime:v ) }\n", "on init() { q.insert(p, slice, vtime: v) }\n"),
    "ranges": ("on init() { for i in 0..n { f(i) } }\n", "on init() { for i in 0 .. n { f(i) } }\n"),
    "patterns": (
        "fn f(w: u32) -> u32 {\n  match w { ..= 25=>0, 26 ..= 50 => 1, else=>2 }\n}\n",
        "fn f(w: u32) -> u32 {\n    match w { ..=25 => 0, 26..=50 => 1, else => 2 }\n}\n",
    ),
    "kernels": ("scheduler s{kernels:6.12 ..;timeout:5s}\n", "scheduler s { kernels: 6.12..; timeout: 5s }\n"),
    "one line stays": ("on init() {a();b()}\n", "on init() { a(); b() }\n"),
    "two statements of a long block part": ("on init() {\n  a(); b()\n}\n", "on init() {\n    a()\n    b()\n}\n"),
    "useless semicolons": ("on init() {\n  a();\n  return;\n}\n", "on init() {\n    a()\n    return\n}\n"),
    "a semicolon that takes the value away": (
        "fn f() -> u64 {\n  return 1; a();\n}\n",
        "fn f() -> u64 {\n    return 1\n    a();\n}\n",
    ),
    "else joins": (
        "on init() {\n  if a {\n b()\n }\n else\n {\n c() }\n}\n",
        "on init() {\n    if a {\n        b()\n    } else {\n        c()\n    }\n}\n",
    ),
    "empty lines": ("\n\nconst A = 1\n\n\n\nconst B = 2\n\n\n", "const A = 1\n\nconst B = 2\n"),
    "none behind a brace": ("on init() {\n\n  a()\n\n}\n", "on init() {\n    a()\n}\n"),
    "empty block": ("on init() {   }\n", "on init() {}\n"),
    "continuation": (
        "fn f() -> bool {\n  let a = b &&\n  c\n  a\n  && d\n}\n",
        "fn f() -> bool {\n    let a = b &&\n        c\n    a\n        && d\n}\n",
    ),
    "arguments on lines": (
        "on init() {\nf(a,\nb,\n)\n}\n",
        "on init() {\n    f(a,\n        b,\n    )\n}\n",
    ),
    "members on lines": (
        "on init() {\nlet m = p.cpus_allowed\n.first\n}\n",
        "on init() {\n    let m = p.cpus_allowed\n        .first\n}\n",
    ),
    "comments": (
        "// top\nconst A = 1 // one\nconst BC = 2   // two\n",
        "// top\nconst A = 1  // one\nconst BC = 2  // two\n",
    ),
    "comments under each other": (
        "const A = 1     // one\nconst BCD = 2   // two\n",
        "const A = 1     // one\nconst BCD = 2   // two\n",
    ),
    "bodies under each other": (
        "on running(p)            { a() }\non stopping(p, runnable) { b() }\n",
        "on running(p)            { a() }\non stopping(p, runnable) { b() }\n",
    ),
    "arms under each other": (
        "fn f(e: E) {\n  match e {\n   .a    => x(),\n   .long => y(),\n  }\n}\n",
        "fn f(e: E) {\n    match e {\n        .a    => x(),\n        .long => y(),\n    }\n}\n",
    ),
    "string kept": ('on init() { log  "a  {b+1}  c" }\n', 'on init() { log "a  {b+1}  c" }\n'),
    "hook target": ("hook tracepoint syscalls / sys_enter(a) { }\n", "hook tracepoint syscalls/sys_enter(a) {}\n"),
    "docs": ("///   One.\non init() {}\n", "///   One.\non init() {}\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_style(name: str) -> None:
    given_, wanted = CASES[name]
    assert fmt(given_) == wanted
    check_properties(given_)


def test_a_line_that_is_too_wide_opens_its_blocks() -> None:
    call = "very_long_name_of_a_function(with_arguments, that_are_long)"
    text = f"on init() {{ if condition {{ {call} }} else {{ {call} }} }}\n"
    assert fmt(text) == (
        f"on init() {{\n    if condition {{\n        {call}\n    }} else {{\n        {call}\n    }}\n}}\n"
    )


def test_a_match_that_is_too_wide_has_an_arm_a_line() -> None:
    arms = ", ".join(f"{i} => a_function_with_a_name({i})" for i in range(5))
    lines = fmt(f"fn f(n: u32) -> u32 {{\n    match n {{ {arms}, else => 0 }}\n}}\n").split("\n")
    assert lines[2] == "        0 => a_function_with_a_name(0),"
    assert lines[7] == "        else => 0"


_BLOCK = re.compile(r"^```scx\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", sorted((Path(__file__).parents[2] / "docs" / "language").glob("*.md")), ids=lambda path: path.stem)
def test_the_blocks_of_the_pages(page: Path) -> None:
    for found in _BLOCK.finditer(page.read_text()):
        check_properties(found[1] if re.search(r"^scheduler\b", found[1], re.MULTILINE) else "scheduler doc\n" + found[1])


@pytest.mark.parametrize("seed", range(40))
def test_generated_policies(seed: int) -> None:
    check_properties(str(generate(seed)))
