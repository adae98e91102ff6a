# SPDX-License-Identifier: GPL-2.0-only
"""docs/language/promises.md tells the truth: each block that it names is there, compiles for the kernels or is refused with its code, and every kind
of declaration is among them. That real kernels take and run the accepted ones: test_promises_run.py."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest
from promises import PAGE, Block, NotFound, accepted, block, message, page, promises

from scxdsl.codegen.backend import Backend
from scxdsl.codegen.pipeline import build
from scxdsl.compiler import check, lower
from scxdsl.syntax import tree

KERNELS = ("6.12", "6.18", "7.3")
ROWS = [promise for rows in promises().values() for promise in rows]
REFUSED = list(dict.fromkeys(b for promise in ROWS for b in promise.refused))


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend() as running:
        yield running


def test_the_page_is_what_its_command_makes() -> None:
    assert PAGE.read_text() == page(), "python tests/language/promises.py --page"


@pytest.mark.parametrize("promise", ROWS, ids=lambda promise: promise.form)
def test_a_promise_has_blocks_of_both_kinds(promise) -> None:
    assert promise.accepted and promise.refused
    assert all(b.code is None for b in promise.accepted) and all(b.code for b in promise.refused)


@pytest.mark.parametrize("shown", accepted(), ids=lambda shown: f"{shown.page}: {shown.text.splitlines()[0]}")
def test_an_accepted_block_compiles_for_the_kernels(shown: Block, backend: Backend) -> None:
    checked = check(shown.policy, "doc.scx")
    assert checked.ok, [(d.code, d.message) for d in checked.diagnostics]
    assert set(KERNELS) <= {str(k) for k in checked.target.kernels}
    assert getattr(build(lower(checked), backend), "object", None)


@pytest.mark.parametrize("shown", REFUSED, ids=lambda shown: f"{shown.code}: {shown.text.splitlines()[0]}")
def test_a_refused_block_is_refused_with_its_code_and_a_message(shown: Block) -> None:
    assert not check(shown.policy, "doc.scx").ok and message(shown)


def declarations(node: object) -> Iterator[type]:
    """The classes of all declarations in a tree, members of blocks among them."""
    if isinstance(node, tuple | list):
        for part in node:
            yield from declarations(part)
    elif is_dataclass(node):
        if isinstance(node, tree.Decl):
            yield type(node)
        for field in fields(node):
            yield from declarations(getattr(node, field.name))


# No form of its own: a variant is a part of its enum.
PARTS = {tree.Variant}


def test_every_declaration_of_the_syntax_tree_is_promised() -> None:
    every = {c for c in tree.Decl.__subclasses__() if c.__name__ in vars(tree)} - PARTS
    assert {name for promise in ROWS for name in promise.nodes} == {c.__name__ for c in every if not c.__name__.startswith("Error")}


@pytest.mark.parametrize("promise", [p for p in ROWS if p.nodes], ids=lambda promise: promise.form)
def test_the_accepted_blocks_declare_what_the_promise_speaks_of(promise) -> None:
    found = {c.__name__ for b in promise.accepted for c in declarations(check(b.policy, "doc.scx").tree)}
    assert set(promise.nodes) <= found


@pytest.mark.parametrize("name", ["basics: no such text", "basics: on ", "E0303 basics: var seen: u64"])
def test_a_name_stands_for_one_block_of_its_kind(name: str) -> None:
    with pytest.raises(NotFound):
        block(name)
