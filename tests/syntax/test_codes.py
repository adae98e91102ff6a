# SPDX-License-Identifier: GPL-2.0-only
"""Every error of the syntax is explained, and its examples show it: `bad` raises it alone, `good` raises nothing."""

import re

import pytest

from scxdsl.source.diagnostic import CATALOGUE, Diagnostic, Diagnostics
from scxdsl.source.render_text import render
from scxdsl.source.text import Source
from scxdsl.syntax import errors
from scxdsl.syntax.errors_habits import ReservedWord
from scxdsl.syntax.parser import parse
from scxdsl.syntax.table import table
from scxdsl.syntax.tokens import SOFT

MODULES = {module.__name__ for module in errors.MODULES}
CODES = sorted((code, cls) for code, cls in CATALOGUE.items() if cls.__module__ in MODULES)


def codes_in(text: str) -> list[str]:
    found = Diagnostics()
    parse(Source("example.scx", text), found)
    assert render(found) or not len(found)
    return [item.code for item in found]


def test_there_are_many() -> None:
    assert len(CODES) >= 30
    assert all(re.fullmatch(r"E01\d\d", code) for code, _ in CODES)


@pytest.mark.parametrize(("code", "cls"), CODES, ids=[code for code, _ in CODES])
def test_code(code: str, cls: type[Diagnostic]) -> None:
    assert cls.__doc__ and len(cls.__doc__.split()) >= 6
    assert cls.bad and cls.good and cls.bad != cls.good
    assert codes_in(cls.bad) == [code]
    assert codes_in(cls.good) == []


def test_the_list_of_reserved_words_is_complete() -> None:
    assert ReservedWord.__doc__ is not None
    listed = set(re.findall(r"\w+", ReservedWord.__doc__.split(":")[1].split(".")[0]))
    assert listed == {word for word in table().words if word.upper() not in SOFT}


@pytest.mark.parametrize("word", sorted(word for word in table().words if word.upper() in SOFT))
def test_other_words_may_be_names(word: str) -> None:
    members = f"per task {{\n    {word}: u32\n}}\n"
    body = f"    let {word} = {word}.{word}\n    {word} + f({word}: {word})\n"
    text = f"{members}fn {word}({word}: u64) -> u64 {{\n{body}}}\n"
    assert codes_in(text) == []


@pytest.mark.parametrize("word", sorted(table().words))
def test_any_word_may_stand_behind_a_dot(word: str) -> None:
    assert codes_in(f"on init() {{\n    c.kick(.{word})\n    p.{word} = 1\n}}\n") == []
