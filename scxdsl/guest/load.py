# SPDX-License-Identifier: GPL-2.0-only
"""Loads for a guest: named mixes of workers, and what came of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .link import WorkerSpec
from .protocol import Role, WorkerReading

# Weights of the nice values -20 to 19 (kernel/sched/core.c: sched_prio_to_weight).
NICE_WEIGHT = (
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
    1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
)  # fmt: skip


def scx_weight(nice: int) -> int:
    """p->scx.weight of a nice value: 100 at nice 0 (kernel/sched/sched.h: sched_weight_to_cgroup, rounded to nearest)."""
    return max(1, min((NICE_WEIGHT[nice + 20] * 100 + 512) // 1024, 10000))


def nice_of(weight: int) -> int:
    """The nice value whose weight is nearest: 0 for 100, -5 (305) for 300."""
    return min(range(-20, 20), key=lambda nice: (abs(scx_weight(nice) - weight), abs(nice)))


def mix(cpus: int) -> list[WorkerSpec]:
    """A little of everything: more runnable tasks than CPUs, sleepers, pipes, forks, moves between CPUs, changes of weight."""
    return [
        *(WorkerSpec(Role.SPIN) for _ in range(cpus)),
        *(WorkerSpec(Role.SLEEP, argument=us) for us in (300, 1000, 5000)),
        WorkerSpec(Role.PIPE),
        WorkerSpec(Role.FORK),
        WorkerSpec(Role.AFFINITY),
        WorkerSpec(Role.YIELD),
        WorkerSpec(Role.RENICE),
    ]


def spin(cpus: int) -> list[WorkerSpec]:
    """Two spinners per CPU, not pinned."""
    return [WorkerSpec(Role.SPIN) for _ in range(2 * cpus)]


def storm(cpus: int) -> list[WorkerSpec]:
    """Fork storms, sixteen children at a time, one storm per CPU and one more."""
    return [WorkerSpec(Role.STORM, argument=16) for _ in range(cpus + 1)]


def shares(weights: Iterable[int], cpu: int = 0) -> list[WorkerSpec]:
    """Spinners on one CPU, each with the nice value whose weight is nearest to the one asked for."""
    return [WorkerSpec(Role.SPIN, cpu=cpu, nice=nice_of(weight)) for weight in weights]


def fair(cpus: int) -> list[WorkerSpec]:
    """Two spinners of weight 100 and two of 300 on one CPU, to see in what shares a policy gives it to them.

    With one of each no policy that only queues can give 1:3: a task whose slice is over is queued after `dispatch` has chosen the
    next one (kernel/sched/ext.c: balance_one before put_prev_task_scx), so two tasks take turns, whatever their weights.
    """
    return shares((100, 300, 100, 300), cpu=cpus - 1)


@dataclass(frozen=True)
class Group:
    """A cgroup of a load: its path below the cgroup root, and its weight (cpu.weight, 1 to 10000)."""

    path: str
    weight: int = 100


def nested(cpus: int) -> list[WorkerSpec]:
    """Spinners in nested cgroups (NESTED), a CPU's worth in each, a task that goes to and fro, and groups that come and go."""
    crowd = [WorkerSpec(Role.SPIN, cgroup=group) for group in ("light", "heavy/small", "heavy/large") for _ in range(cpus)]
    return [*crowd, WorkerSpec(Role.SLEEP, argument=1000, cgroup="light"), WorkerSpec(Role.PIPE, cgroup="heavy/small"),
            WorkerSpec(Role.MOVE, cgroup="light"), WorkerSpec(Role.GROUPS, cgroup="heavy")]  # fmt: skip


# Of the machine light is due 1/3, heavy/small 1/6, heavy/large 1/2.
NESTED = (Group("light", 100), Group("heavy", 200), Group("heavy/small", 100), Group("heavy/large", 300))


def hotplug(cpus: int) -> list[WorkerSpec]:
    """The mix while the last CPU goes and comes back, every second or so, and two tasks that were pinned to it before it went. The kernel
    ends a policy without cpu_online and cpu_offline."""
    pinned = [WorkerSpec(Role.SPIN, cpu=cpus - 1) for _ in range(2)]
    return [*mix(cpus), *pinned, WorkerSpec(Role.HOTPLUG, cpu=cpus - 1, argument=500)]


LOADS: dict[str, Callable[[int], list[WorkerSpec]]] = {
    "mix": mix,
    "spin": spin,
    "storm": storm,
    "shares": fair,
    "groups": nested,
    "hotplug": hotplug,
    "idle": lambda cpus: [],
}
GROUPS: dict[str, tuple[Group, ...]] = {"groups": NESTED}  # of the loads that have any


@dataclass(frozen=True)
class Worker:
    """What one worker got while the policy was attached. `share`: of the CPU time of all workers."""

    role: str
    cpu: int | None
    nice: int
    weight: int
    cpu_time: float  # seconds
    rounds: int
    share: float


def results(before: Iterable[WorkerReading], after: Iterable[WorkerReading]) -> tuple[Worker, ...]:
    """Differences of two readings of the same workers."""
    pairs = list(zip(before, after, strict=True))
    total = sum(b.cpu_time - a.cpu_time for a, b in pairs)
    return tuple(
        Worker(
            b.role.name.lower(), b.cpu if b.cpu >= 0 else None, b.nice, scx_weight(b.nice), (b.cpu_time - a.cpu_time) / 1e9,
            b.rounds - a.rounds, (b.cpu_time - a.cpu_time) / total if total else 0.0,
        )
        for a, b in pairs
    )  # fmt: skip
