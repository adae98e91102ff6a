# SPDX-License-Identifier: GPL-2.0-only
"""The grammar has no conflict, and the table that ships is made from it."""

import re
import subprocess
import sys
from pathlib import Path

from scxdsl.syntax.make_table import GRAMMAR_PATH, analyse, render
from scxdsl.syntax.table import TABLE_PATH, table
from scxdsl.syntax.tokens import SOFT


def test_lark_takes_the_grammar_as_strict_lalr() -> None:
    analyse(GRAMMAR_PATH.read_text())  # raises GrammarError at any conflict


def test_the_table_is_current() -> None:
    assert Path(TABLE_PATH).read_text() == render(GRAMMAR_PATH.read_text()), "run python -m scxdsl.syntax.make_table"


def test_words_that_may_be_names_are_those_of_the_grammar() -> None:
    rule = re.search(r"^name: NAME\n((?:    .*\n)+)", GRAMMAR_PATH.read_text(), re.M)
    assert rule is not None
    words = re.findall(r'"(\w+)"', rule[1])
    assert {word.upper() for word in words} == SOFT


def test_every_rule_has_an_action() -> None:
    from scxdsl.syntax.build_declarations import actions_of
    from scxdsl.syntax.parser import Builder

    actions = set(actions_of(Builder))
    wanted = {rule.action for rule in table().rules if rule.action and not rule.action.startswith("_")}
    assert wanted - actions == set()


def test_parsing_does_not_import_lark() -> None:
    code = "import sys; from scxdsl.syntax.parser import parse; import scxdsl.syntax.format; print('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
