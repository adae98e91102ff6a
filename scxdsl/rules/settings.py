# SPDX-License-Identifier: GPL-2.0-only
"""How large the settings of the scheduler block may be.

Source: kernel/sched/ext.c, bpf_scx_init_member: a timeout over SCX_WATCHDOG_MAX_TIMEOUT is -E2BIG. The buffer of dispatch has an entry for each
task of a batch and is memory of one CPU (scx_enable: __alloc_percpu; from 7.1 scx_alloc_and_add_sched, beside other things), of which
there are at most PCPU_MIN_UNIT_SIZE bytes at once: -ENOMEM, and a warning in the kernel's log. Data: limits timeout_ms, batch_most.
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Edit, Help
from scxdsl.source.records import dataclass
from scxdsl.typing import typed


@dataclass(frozen=True)
class SettingTooLarge(Diagnostic):
    """The kernel looks after each runnable task at least every 30 s, and keeps the tasks that one `dispatch` inserts in a buffer
    that has room in one piece of per-CPU memory."""

    code = "E0419"
    title = "`{name}` is at most {most} on {kernels}"
    label = "the kernel does not attach the scheduler"
    bad = "scheduler s { batch: 800 }\n"
    good = "scheduler s { batch: 512 }\n"
    name: str
    most: str
    kernels: str

    def helps(self) -> Iterator[Help]:
        yield Help(f"{self.most} is the most", (Edit(self.span, self.most),))


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for name, limit, value, show in (
        ("timeout", "timeout_ms", policy.timeout_ms, lambda n: f"{n // 1000}s"),
        ("batch", "batch_most", policy.batch, str),
    ):
        if value is None:
            continue
        limits = target.facts.limit(limit).within(target.kernels)
        short = limits.where_is(lambda most, value=value: value > most)
        if short:
            least = min(most for most in limits.within(short).values())
            diagnostics.add(SettingTooLarge(policy.setting_spans[name], name, show(least), str(short)))
