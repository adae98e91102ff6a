# SPDX-License-Identifier: GPL-2.0-only
"""stdlib/pelt.scx against the transcription of the kernel's arithmetic in pelt.py, bit for bit: sequences of random updates of a task's
averages and of a queue's, interpreted and compiled."""

import random
import struct
from collections.abc import Iterator

import pytest

from . import pelt
from .harness import Compiled, Interpreted

LENGTH = 6  # updates of a sequence
MODULE = """\
use pelt
struct Step { clock: time; number: u64; weight: u64; runnable: bool; running: bool; queue: bool }
var steps: [Step; 6]
var avgs: [pelt.Avg; 6]
var ended: [bool; 6]
fn sequence() {
    let mut a: pelt.Avg
    for i in 0 .. 6 {
        let s = steps[i]
        if s.queue {
            ended[i] = pelt.update_queue(a, s.clock, s.weight, s.number, s.running)
        } else {
            ended[i] = pelt.update(a, s.clock, s.weight, s.runnable, s.running)
        }
        avgs[i] = a
    }
}
"""
POLICY = "scheduler h\n" + MODULE + "on cpu_offline(cpu) { sequence() }\n"
Step = tuple[int, int, int, bool, bool, bool]  # clock, number, weight, runnable, running, queue


def interval(r: random.Random) -> int:
    """Mostly some ms, but every order of magnitude, edges of units and periods, clocks that go back, years."""
    kind = r.random()
    if kind < 0.5:
        return r.randrange(20_000_000)
    if kind < 0.7:
        return r.randrange(-2, 3) + 1024 * r.choice((1, 1023, 1024, 1025, 1024 * 32, 1024 * 33, 1024 * 2016, 1024 * 2017))
    if kind < 0.75:
        return -r.randrange(10_000_000)
    return r.getrandbits(r.randrange(1, 58))


def sequences(count: int, seed: int) -> Iterator[list[Step]]:
    r = random.Random(seed)
    for _ in range(count):
        clock = r.choice((0, 0, 1 << 40, (1 << 64) - (1 << 24), r.getrandbits(64)))
        queue = r.random() < 0.3
        out: list[Step] = []
        for _ in range(LENGTH):
            clock = (clock + interval(r)) & pelt.U64
            weight = r.choice((2, 15, 1024, 88761, r.randrange(2, 262_144)))
            if queue:
                weight = r.choice((0, weight, r.randrange(1 << 24)))
            runnable = r.random() < 0.7
            out.append((clock, r.randrange(200), weight, runnable, runnable and r.random() < 0.6, queue))
        yield out


def expected(steps: list[Step]) -> list[tuple[tuple[int, ...], bool]]:
    sa, out = pelt.SchedAvg(), []
    for clock, number, weight, runnable, running, queue in steps:
        if queue:
            ended = pelt.update_cfs_rq(clock, sa, weight, number, running)
        else:
            ended = pelt.update_se(clock, sa, weight, runnable, running)
        out.append((sa.fields(), ended))
    return out


class Interpreter:
    def __init__(self) -> None:
        self._module = Interpreted(MODULE)
        self._sequence = self._module.function("sequence")

    def __call__(self, steps: list[Step]) -> list[tuple[tuple[int, ...], bool]]:
        self._module.set("steps", [list(s) for s in steps])
        self._sequence()
        return [(tuple(a), e) for a, e in zip(self._module.value("avgs"), self._module.value("ended"), strict=True)]


class Machine:
    """The order of the fields in memory is that of the declarations."""

    _STEP = struct.Struct("<QQQ???5x")
    _AVG = struct.Struct("<QQQIIQQQ")

    def __init__(self) -> None:
        self._compiled = Compiled(POLICY)

    def __call__(self, steps: list[Step]) -> list[tuple[tuple[int, ...], bool]]:
        self._compiled.data("steps")[:] = b"".join(self._STEP.pack(*s) for s in steps)
        self._compiled.run()
        avgs = self._AVG.iter_unpack(bytes(self._compiled.data("avgs")))
        return [(a, bool(e)) for a, e in zip(avgs, self._compiled.data("ended"), strict=True)]


@pytest.fixture(scope="module", params=[Interpreter, Machine], ids=["interpreted", "compiled"])
def engine(request: pytest.FixtureRequest):
    return request.param()


def compare(engine, count: int, seed: int) -> None:
    for number, steps in enumerate(sequences(count, seed)):
        assert engine(steps) == expected(steps), f"sequence {number} of seed {seed}: {steps}"


def test_random_sequences(engine) -> None:
    compare(engine, 5_000, seed=1)


@pytest.mark.sweep
def test_a_hundred_thousand_random_sequences(engine) -> None:
    compare(engine, 100_000, seed=2)


def test_the_sequences_reach_every_branch() -> None:
    """The comparison is worth what its inputs are: periods end and do not, sums decay to nothing, clocks go back, all wraps occur."""
    seen = set()
    for steps in sequences(5_000, seed=1):
        last = 0
        for (clock, *_rest), (fields, ended) in zip(steps, expected(steps), strict=True):
            delta = (clock - last) & pelt.U64
            last = fields[0]
            seen.add("ended" if ended else "back" if delta >> 63 else "unit" if delta < 1024 else "period")
            seen |= {"over" for _ in range(delta >> 63 == 0 and delta >> 20 > 2016)}
            seen |= {"sums" for _ in range(all(fields))}
    assert seen == {"ended", "back", "unit", "period", "over", "sums"}


def test_the_table_is_the_kernels() -> None:
    assert [hex(x) for x in pelt.INV[:3]] == ["0xffffffff", "0xfa83b2da", "0xf5257d14"] and pelt.INV[31] == 0x82CD8698
