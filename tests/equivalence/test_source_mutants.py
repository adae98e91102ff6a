# SPDX-License-Identifier: GPL-2.0-only
"""Automatic mutants of the compiler are seen by the corpus; what is not seen changes nothing, for a reason that is written down."""

from collections import Counter
from collections.abc import Iterator

import pytest
from reached import corpus
from court import CAUGHT, REFUSED, SETTLED, Court
from fates import asked, identity, known
from source_mutants import all_mutants, in_place, sample

from scxdsl.codegen.module import emit
from scxdsl.compiler import check, lower
from scxdsl.guest import Guest

EVERY = 40  # of those that were caught, one of so many is tried on every run


@pytest.fixture(scope="module")
def court() -> Iterator[Court]:
    court = Court([])
    yield court
    court.backend.close()


def test_there_are_thousands() -> None:
    assert len(all_mutants()) > 2000


def test_the_code_comes_back() -> None:
    checked = check("scheduler s\nvar n: u64\non tick(p) { n += 1 }\n")
    right = emit(lower(checked))
    for mutant in sample(20, 1):
        try:
            with in_place(mutant):
                emit(lower(checked))
        except Exception:
            pass
        assert emit(lower(checked)) == right, mutant


def test_each_survivor_has_its_reason() -> None:
    rows = known().values()
    assert [row["id"] for row in rows if row["how"] not in SETTLED and not row["reason"]] == []
    assert all(row["tried"] <= 500 for row in rows)


def test_some_of_them_are_caught_again(court: Court) -> None:
    """By the example that caught them; those whose function has changed since are left to the sweep."""
    now = {identity(m): m for m in all_mutants()}
    rows = [row for id, row in known().items() if id in now and row["how"] in CAUGHT][::EVERY]
    examples = {e.name: e for e in corpus({row["example"] for row in rows})}
    rows = [row for row in rows if row["example"] in examples]
    fates = Counter(court.fate(lambda m=now[row["id"]]: in_place(m), [examples[row["example"]]], 60).how for row in rows)
    assert rows and sum(fates[how] for how in CAUGHT) == len(rows), fates


@pytest.mark.sweep
def test_all_of_them_are_caught_or_change_nothing() -> None:
    court, rows = Court(corpus()), known()
    missed = []
    for mutant in asked():
        fate = court.mutant(mutant, 60)
        row = rows.get(identity(mutant), {})
        if fate.how not in CAUGHT and row.get("how") != REFUSED and not row.get("reason"):
            missed.append((str(mutant), fate))
    assert not missed


@pytest.mark.sweep
@pytest.mark.guest
def test_a_kernel_refuses_what_the_engines_cannot_see() -> None:
    rows, now = known(), {identity(m): m for m in all_mutants()}
    asked = [(now[id], row) for id, row in rows.items() if id in now and row["how"] == REFUSED]
    court = Court(corpus({row["example"] for _, row in asked}))
    for e in court.examples:
        e.lines = {m.file: set(m.lines) for m, _ in asked}
    with Guest("6.18") as guest:
        assert [str(m) for m, _ in asked if court.on_kernel(m, guest.verify, "6.18") is None] == []
