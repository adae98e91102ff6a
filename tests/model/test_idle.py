# SPDX-License-Identifier: GPL-2.0-only
"""Idle CPUs and the default choice (kernel/sched/ext.c and ext_idle.c)."""

import pytest

from scxdsl.model import Model, Topology, events, idle
from scxdsl.model.topology import bits


def model(series: str = "6.18", cpus: int = 4, smt: int = 2, llcs: int = 1) -> Model:
    m = Model(series, Topology.of(cpus, smt, llcs))
    m.idle_cpus = m.idle_cores = m.topology.all
    return m


def test_topology() -> None:
    t = Topology.of(8, smt=2, llcs=2, nodes=2)
    assert t.cores == (0, 0, 1, 1, 2, 2, 3, 3) and t.llcs == (0, 0, 0, 0, 1, 1, 1, 1) and t.nodes == t.llcs
    assert bits(t.core_mask(3)) == [2, 3] and t.smt and not Topology.of(4).smt


def test_claiming_a_thread_breaks_its_core() -> None:
    m = model()
    assert idle.claim(m, 2) and not idle.claim(m, 2)
    assert bits(m.idle_cpus) == [0, 1, 3] and bits(m.idle_cores) == [0, 1]


@pytest.mark.parametrize("series", ["6.12", "6.18", "7.3"])
def test_a_whole_core_before_the_previous_cpu(series: str) -> None:
    m = model(series)
    p = events.add_task(m, "a", cpu=1)
    idle.claim(m, 0)
    assert idle.select_default(m, p, 1, 0) == (2, True)


def test_near_the_previous_cpu_first() -> None:
    m = model(cpus=8, smt=1, llcs=2)
    p = events.add_task(m, "a", cpu=5)
    idle.claim(m, 5)
    assert idle.select_default(m, p, 5, 0) == (4, True)


def test_nothing_idle_leaves_it_where_it_was() -> None:
    m = model()
    m.idle_cpus = m.idle_cores = 0
    p = events.add_task(m, "a", cpu=3)
    assert idle.select_default(m, p, 3, 0) == (3, False)


def test_affinity_is_kept() -> None:
    m = model(cpus=4, smt=1)
    p = events.add_task(m, "a", cpus=0b0100, cpu=2)
    idle.claim(m, 2)
    assert idle.select_default(m, p, 2, 0) == (2, False)


def test_choices_spread() -> None:
    m = model(cpus=4, smt=1)
    assert [idle.any_distributed(m, 0b1111) for _ in range(5)] == [1, 2, 3, 0, 1]
    assert idle.any_distributed(m, 0) == -1
