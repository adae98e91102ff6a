# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl explain`, and that it knows every code of the compiler."""

import re
from pathlib import Path

import scxdsl as package
from scxdsl.cli.catalogue import catalogue
from scxdsl.source.diagnostic import Severity

from .conftest import Run
from .shapes import EXPLAIN, fits

SOURCES = Path(package.__file__).parent


def test_every_code_that_a_source_declares_is_known() -> None:
    declared = {code for file in SOURCES.rglob("*.py") for code in re.findall(r'^    code = "([EW]\d{4})"$', file.read_text(), re.MULTILINE)}
    assert declared and set(catalogue()) == declared


def test_letters_tell_the_severity() -> None:
    assert all((code[0] == "W") == (kind.severity is Severity.WARNING) for code, kind in catalogue().items())


def test_one_code(scxdsl: Run) -> None:
    done = scxdsl("explain", "e0301")
    assert done.status == 0 and done.out.startswith("error[E0301]\n\nA value must have the type")
    assert "Refused:\n\n    scheduler s\n" in done.out and "Accepted:\n\n    scheduler s\n" in done.out


def test_without_a_code_all_are_listed_with_a_line_each(scxdsl: Run) -> None:
    lines = scxdsl("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == list(catalogue())
    assert all(len(line.split()) >= 5 for line in lines)


def test_json(scxdsl: Run) -> None:
    done = scxdsl("explain", "--format", "json")
    fits(done.json, EXPLAIN)
    assert [c["code"] for c in done.json["codes"]] == list(catalogue())
    assert all(len(c["explanation"].split()) >= 8 for c in done.json["codes"])


def test_an_unknown_code(scxdsl: Run) -> None:
    done = scxdsl("explain", "E0300")
    assert (done.status, done.out) == (2, "") and "no diagnostic has the code E0300; did you mean E03" in done.err
