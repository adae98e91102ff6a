# SPDX-License-Identifier: GPL-2.0-only
"""Loads, weights and shares."""

import pytest

from scxdsl.guest.load import LOADS, nice_of, results, scx_weight, shares
from scxdsl.guest.protocol import Role, WorkerReading


def test_weights_are_the_kernels():
    assert [scx_weight(n) for n in (-20, -5, 0, 5, 19)] == [8668, 305, 100, 33, 1]


@pytest.mark.parametrize(("weight", "nice"), [(100, 0), (300, -5), (1, 19), (10000, -20)])
def test_a_weight_is_made_by_the_nearest_nice(weight, nice):
    assert nice_of(weight) == nice


@pytest.mark.parametrize("name", LOADS)
@pytest.mark.parametrize("cpus", [1, 2, 8])
def test_every_load_names_cpus_that_exist(name, cpus):
    assert all(worker.cpu < cpus for worker in LOADS[name](cpus))


def test_the_mix_has_more_to_run_than_cpus_and_every_kind_of_wakeup():
    roles = [worker.role for worker in LOADS["mix"](4)]
    assert roles.count(Role.SPIN) == 4
    assert {Role.SLEEP, Role.PIPE, Role.FORK, Role.AFFINITY} <= set(roles)


def reading(nice: int, cpu_time: int, rounds: int) -> WorkerReading:
    return WorkerReading(Role.SPIN, 1, nice, cpu_time, rounds, True)


def test_shares_are_of_what_was_used_between_the_readings():
    before = [reading(0, 5_000_000_000, 5), reading(-5, 0, 0)]
    after = [reading(0, 6_000_000_000, 7), reading(-5, 3_000_000_000, 9)]
    workers = results(before, after)
    assert [(w.weight, w.cpu_time, w.rounds, w.share) for w in workers] == [(100, 1.0, 2, 0.25), (305, 3.0, 9, 0.75)]


def test_no_time_at_all_gives_no_shares():
    assert [w.share for w in results([reading(0, 1, 1)], [reading(0, 1, 1)])] == [0.0]


def test_pinned_spinners_get_the_weights_asked_for():
    assert [(w.cpu, w.nice) for w in shares((100, 300), cpu=3)] == [(3, 0), (3, -5)]
