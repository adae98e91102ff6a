# SPDX-License-Identifier: GPL-2.0-only
"""docs/rules.md has every rule, every code of theirs, and every kind of message of the verifier and of sched_ext."""

import importlib
import re
from pathlib import Path

from scxdsl.kernel.messages import rules
from scxdsl.rules import RULES
from scxdsl.source.diagnostic import Diagnostic
from scxdsl.typing.left_out import IN_TYPES

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()


def test_every_rule_has_its_row() -> None:
    rows = set(re.findall(r"^\| (\w+) \|", PAGE, re.MULTILINE))
    assert set(RULES) <= rows
    assert all(f"| {name}: " in PAGE for name in IN_TYPES)


def test_every_code_of_a_rule_is_there() -> None:
    for name in RULES:
        module = importlib.import_module(f"scxdsl.rules.{name}")
        codes = [v.code for v in vars(module).values() if isinstance(v, type) and issubclass(v, Diagnostic) and v.__module__ == module.__name__]
        assert [code for code in codes if code not in PAGE] == []


def test_every_rule_names_its_source() -> None:
    for name in RULES:
        text = importlib.import_module(f"scxdsl.rules.{name}").__doc__ or ""
        assert "Source: " in text, name


def test_every_kind_of_message_is_spoken_of() -> None:
    assert [name for name in rules() if name not in PAGE] == []
