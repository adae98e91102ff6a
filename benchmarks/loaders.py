# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel tree's user-space halves do before and after they load an object: constants, sizes, inner maps.

Each here does what its scheduler needs to run as its own loader would run it, with that loader's defaults.
"""

import struct
from collections.abc import Callable, Mapping

from scxdsl.guest import Guest
from scxdsl.guest.link import Link
from scxdsl.kernel.facts import Facts
from scxdsl.objects import Object

BPF_MAP_TYPE_QUEUE = 22
SLICE = 20_000_000  # SCX_SLICE_DFL in ns

# Before the load: (link, object, CPUs). After it: (link).
Before = Callable[[Link, Object, int], None]
After = Callable[[Link], None]


def enums(guest: Guest, obj: Object) -> None:
    """All of their loaders write the running kernel's values into `__SCX_NAME`."""
    facts = Facts.load()
    series = facts.set_of(guest.kernel.series)
    for g in obj.globals:
        constant = facts.constant(g.name[2:]) if g.name.startswith("__SCX_") else None
        value = constant.values.within(series).newest if constant else None
        if value is not None:
            guest.link.patch(g.section, g.offset, (value % (1 << 64)).to_bytes(8, "little")[: g.size])


def constants(link: Link, obj: Object, values: Mapping[str, int]) -> None:
    """Writes numbers into globals by name; KeyError where the object has none of that name."""
    known = {g.name: g for g in obj.globals}
    for name, value in values.items():
        g = known[name]
        link.patch(g.section, g.offset, value.to_bytes(g.size, "little"))


def central(link: Link, obj: Object, cpus: int) -> None:
    constants(link, obj, {"central_cpu": 0, "nr_cpu_ids": cpus, "slice_ns": SLICE})
    link.resize(".data.cpu_gimme_task", value=cpus)
    link.resize(".data.cpu_started_at", value=8 * cpus)


def flatcg(link: Link, obj: Object, cpus: int) -> None:
    constants(link, obj, {"nr_cpus": cpus, "cgrp_slice_ns": SLICE})


def qmap(link: Link, obj: Object, cpus: int) -> None:
    constants(link, obj, {"slice_ns": SLICE})


def pair(link: Link, obj: Object, cpus: int) -> None:
    """CPU i and CPU i + n / 2 are a pair."""
    constants(link, obj, {"nr_cpu_ids": cpus, "pair_batch_dur_ns": SLICE})
    link.resize("pair_ctx", entries=cpus // 2)
    half = cpus // 2
    arrays = {"pair_cpu": [(i + half) % cpus for i in range(cpus)], "pair_id": [i % half for i in range(cpus)],
              "in_pair_idx": [i // half for i in range(cpus)]}  # fmt: skip
    for name, numbers in arrays.items():
        link.resize(f".rodata.{name}", value=4 * cpus)
        link.patch(f".rodata.{name}", 0, struct.pack(f"<{cpus}I", *numbers))


BEFORE: dict[str, Before] = {"central": central, "flatcg": flatcg, "qmap": qmap, "pair": pair}
def pair_queues(link: Link) -> None:
    """A queue of 4096 pids for each of 4096 cgroups."""
    link.fill("cgrp_q_arr", BPF_MAP_TYPE_QUEUE, 0, 4, 4096)


AFTER: dict[str, After] = {"pair": pair_queues}


def of_original(name: str) -> tuple[Before | None, After | None]:
    """What its own loader does before and after the load, where it does anything."""
    return BEFORE.get(name), AFTER.get(name)

