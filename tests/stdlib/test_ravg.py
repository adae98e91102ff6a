# SPDX-License-Identifier: GPL-2.0-only
"""stdlib/ravg.scx: against a transcription of scheds/include/scx/ravg_impl.bpf.h, and against what an average over time is."""

import random

from .harness import Interpreted

MODULE = """\
use ravg
var r: ravg.Ravg
fn accumulate(next: u64, clock: time, half: duration) { ravg.accumulate(r, next, clock, half) }
fn read(clock: time, half: duration) -> u64 { ravg.read(r, clock, half) }
"""
ONE, U64 = 1 << 20, (1 << 64) - 1
FULL = [sum(ONE >> k for k in range(1, n + 2)) for n in range(20)]


class Ravg:
    """struct ravg_data. The original takes half lives and lengths of 32 bits (4.2 s), which are 64 here."""

    def __init__(self) -> None:
        self.val = self.val_at = self.old = self.cur = 0

    @staticmethod
    def _add(a: int, b: int) -> int:
        return U64 if (a + b) & U64 < a else a + b

    @staticmethod
    def _decay(v: int, shift: int) -> int:
        return 0 if shift >= 64 else v >> shift

    @staticmethod
    def _part(d: int, half: int) -> int:
        return ONE if d >= half else ((d << 20) + half - 1) // half

    def accumulate(self, new: int, now: int, half: int) -> None:
        now = max(now, self.val_at)
        turns = now // half - self.val_at // half
        if turns:
            self.old = self._add(self._decay(self.old, turns), self._decay(self.cur, turns))
            self.cur = 0
        if self.val:
            if turns:
                first = self._part(half - self.val_at % half, half)
                self.old = self._add(self.old, self.val * self._decay(first, turns) & U64)
                if turns > 1:
                    self.old = self._add(self.old, self.val * FULL[min(turns - 2, 19)] & U64)
                self.cur = (self.cur + self.val * self._part(now % half, half)) & U64
            else:
                self.cur = (self.cur + self.val * self._part(now - self.val_at, half)) & U64
        self.val, self.val_at = min(new, (1 << 44) - 1), now

    def read(self, now: int, half: int) -> int:
        t = Ravg()
        t.__dict__.update(self.__dict__)
        now = max(now, self.val_at)
        t.accumulate(0, now, half)
        elapsed = now % half
        if not elapsed:
            return t.old
        return ((t.old * (ONE - self._part(elapsed, half) // 2) >> 20) + t.cur // 2) & U64


def test_random_histories() -> None:
    module = Interpreted(MODULE)
    accumulate, read = module.function("accumulate"), module.function("read")
    r = random.Random(3)
    for _ in range(2_000):
        module.set("r", [0, 0, 0, 0])
        own, clock = Ravg(), r.getrandbits(r.randrange(1, 50))
        half = r.choice((1, 1000, 100_000_000, 1_000_000_000, r.randrange(1, 1 << 40)))
        for _ in range(8):
            clock = max(0, clock + r.choice((r.randrange(2 * half), r.randrange(half * 80), -r.randrange(half), half)))
            value = r.choice((0, 1, r.getrandbits(r.randrange(1, 46))))
            accumulate(value, clock, half)
            own.accumulate(value, clock, half)
            assert module.value("r") == [own.val, own.val_at, own.old, own.cur]
            later = clock + r.randrange(3 * half)
            assert read(later, half) == own.read(later, half)


def test_it_is_an_average_over_time() -> None:
    """A duty cycle much shorter than the half life reads as its share."""
    module = Interpreted(MODULE)
    accumulate, read = module.function("accumulate"), module.function("read")
    ms = 1_000_000
    for busy in (0, 10, 25, 50, 90, 100):
        module.set("r", [0, 0, 0, 0])
        for turn in range(1_000):
            accumulate(1, turn * 100 * ms, 1000 * ms)
            accumulate(0 if busy < 100 else 1, turn * 100 * ms + busy * ms, 1000 * ms)
        assert abs(read(100_000 * ms, 1000 * ms) / ONE - busy / 100) < 0.03
