# SPDX-License-Identifier: GPL-2.0-only
"""Places of scratch memory that are claimed: what happens where all are taken, on the machine and on kernels."""

from typing import Any

import pytest

from scxdsl.codegen.pipeline import Built
from scxdsl.compiler import build, check, lower
from scxdsl.fitting.fit import fit
from scxdsl.machine.on_model import Bytecode
from scxdsl.model import Model
from scxdsl.model.attach import attach
from scxdsl.objects import read
from scxdsl.rewriting import claims, scratch

TEXT = """scheduler pool
var out: u64
fn large(from: u64) -> u64 {
    let mut a: [u64; 100]
    for i in 0..100 { a[i] = i + from }
    let mut sum: u64
    for x in a { sum += x }
    sum
}
timer beat every 10ms { out = large(out) }
on init() { out = large(1) }
"""
SAID = "no scratch memory is left"


def attached(taken: int) -> tuple[Any, Bytecode]:
    """The policy with so many of init's places taken before; how it ended, and the program."""
    built = build(TEXT)
    assert built.ok and {r.function: r.claims for r in built.rewritings} == {"init": claims.PLACES, "timer beat": claims.PLACES}
    found: list[Bytecode] = []

    def make(ops: Any) -> Bytecode:
        found.append(Bytecode(read(built.object), ops))
        pool: Any = found[0].machine.maps["scratch_init"]
        for place in range(taken):
            pool.put(place, (1).to_bytes(8, "little") + bytes(len(pool.get(place)) - 8))
        return found[0]

    m = Model("6.18")
    attach(m, make)
    return m.exit, found[0]


def test_the_last_place_is_found_and_given_back() -> None:
    end, program = attached(claims.PLACES - 1)
    pool: Any = program.machine.maps["scratch_init"]
    assert end is None and program.value("out") == sum(range(1, 101))
    assert [int.from_bytes(pool.get(i)[:8], "little") for i in range(claims.PLACES)] == [1] * (claims.PLACES - 1) + [0]


def test_where_none_is_left_it_is_an_error() -> None:
    end, program = attached(claims.PLACES)
    assert SAID in end.msg and program.value("out") == 0


@pytest.mark.guest
def test_kernels_end_the_scheduler_where_none_is_left(guest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a compiler that makes one place and does not give it back: the timer's second turn finds none."""
    monkeypatch.setattr(claims, "PLACES", 1)
    monkeypatch.setattr(scratch, "give_back", lambda function, entry: None)
    made = fit(lambda deepest: lower(check(TEXT), deepest=deepest)).built
    assert isinstance(made, Built)
    run = guest.run(made.object, seconds=2, load="mix")
    assert run.attached and run.ejected and run.exit is not None and SAID in run.exit.message, run
