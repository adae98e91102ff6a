# SPDX-License-Identifier: GPL-2.0-only
"""What every policy does without saying: parameters are checked and queues made before its own `init`; its state goes
into the debug dump."""

from scxdsl.typing import typed

from .context import Context, Stop
from .kernel_calls import DSQ_SHIFT

M64 = (1 << 64) - 1


class Refused(Stop):
    """`init` ends with the kernel's own error number."""

    def __init__(self, error: int) -> None:
        self.error = error


def init(c: Context) -> None:
    """Raises Stop where a parameter is out of its range, Refused where the kernel could not make a queue."""
    for p, value in zip(c.policy.params, c.state.params, strict=True):
        if p.low is not None and value < p.low or p.high is not None and value > p.high:
            raise c.stop(p.span, f"parameter {p.name} is out of range: {value & M64}")
    for dsq in c.policy.dsqs:
        for i in range(dsq.count or 1):
            error = c.kernel.create_dsq(dsq.number << DSQ_SHIFT | i, -1)
            if error:
                c.kernel.error(f"{c.where(dsq.span)}: the kernel could not create the queue {dsq.name} ({error})")
                raise Refused(error)


def dump(c: Context) -> None:
    """A line for each number that is a variable, and for each queue."""
    for g, value in zip(c.policy.globals, c.state.globals, strict=True):
        if not g.percpu and isinstance(value, int):
            c.kernel.dump(f"{g.name}={int(value)}\n")
    for dsq in c.policy.dsqs:
        if dsq.count is None:
            c.kernel.dump(f"{dsq.name}.len={c.kernel.dsq_nr_queued(dsq.number << DSQ_SHIFT)}\n")


__all__ = ["Refused", "dump", "init", "typed"]
