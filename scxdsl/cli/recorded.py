# SPDX-License-Identifier: GPL-2.0-only
"""`guest run --record`: what came of a recorded run, as the file that `scxdsl replay` follows."""

from argparse import Namespace

from scxdsl import objects
from scxdsl.fuzz.records import KernelRecord
from scxdsl.guest import Kernel, Run
from scxdsl.objects.layout import unpack

from .faults import CannotRecord
from .guest_common import Task, kernels_of


def recordable(args: Namespace, task: Task) -> None:
    """Raises CannotRecord where there is no policy to follow, or several kernels for one file."""
    if task.item.built is None:
        raise CannotRecord("an object has no policy to follow; give the .scx file")
    if len(list(kernels_of(args, task))) != 1:
        raise CannotRecord("one kernel at a time")


def recorded(kernel: Kernel, task: Task, values: dict[str, bytes], done: Run, args: Namespace) -> KernelRecord:
    assert task.item.source is not None
    params = {p.name: unpack(p.layout, values[p.name]) for p in objects.parameters(task.obj) if p.name in values}
    source = task.item.source
    return KernelRecord(source.path, source.text, done.kernel, kernel.series, args.cpus.cpus, params, done.lost, done.record)
