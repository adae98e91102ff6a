# SPDX-License-Identifier: GPL-2.0-only
"""Kernel functions that answer only to a scheduler with a certain flag, or only to one without it.

Source: kernel/sched/ext_idle.c, validate_node and check_builtin_idle_enabled ("per-node idle tracking is disabled", "… is enabled");
kernel/sched/ext.c, scx_bpf_tid_to_task. Each ends the running scheduler. Which functions: the conditions of the kernel facts.
"""

from collections.abc import Iterable

from scxdsl.kernel.forms import families
from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Help
from scxdsl.source.records import dataclass
from scxdsl.typing import typed

from .uses import uses

# Rule of the facts -> the flag, and whether it must be set.
_RULES = {"per_node": ("SCX_OPS_BUILTIN_IDLE_PER_NODE", True), "not_per_node": ("SCX_OPS_BUILTIN_IDLE_PER_NODE", False),
          "tid_flag": ("SCX_OPS_TID_TO_TASK", True)}  # fmt: skip


@dataclass(frozen=True)
class AsksForFlag(Diagnostic):
    """With the flag `.builtin_idle_per_node` the kernel keeps idle CPUs node by node: then only questions about one node
    (`n.idle_cpus`) are answered, and without it only those about the whole machine (`idle_cpus`, `idle_cpu(m)`). Likewise a task is found by
    its tid only with `.tid_to_task`. Any other question ends the scheduler when it is asked."""

    code = "E0520"
    title = "{words} is answered only {how} the flag `{flag}`"
    label = "ends the scheduler"
    bad = "scheduler s { kernels: 6.16.. }\nvar n: u64\non tick(p) { n = this_cpu.node.idle_cpus.len }\n"
    good = "scheduler s { kernels: 6.16..; flags: .builtin_idle_per_node }\nvar n: u64\non tick(p) { n = this_cpu.node.idle_cpus.len }\n"
    words: str
    flag: str
    how: str  # "with" or "without"

    def helps(self) -> Iterable[Help]:
        yield Help(f"add `flags: {self.flag}` to the scheduler block" if self.how == "with" else "ask about a node: `this_cpu.node.idle_cpus`")


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    always = {f.constant for f in policy.flags if f.condition is None}
    ever = {f.constant for f in policy.flags}
    for _, body in policy.programs():
        for use in uses(body, target.kernels, target.facts):
            if use.constant:
                continue
            for rule in {c.rule for name in families()[use.family].names for c in target.facts.conditions(name)} & set(_RULES):
                flag, needed = _RULES[rule]
                if flag not in always if needed else flag in ever:
                    words = f"`{use.span.text}`"
                    diagnostics.add(AsksForFlag(use.span, words, "." + flag.removeprefix("SCX_OPS_").lower(), "with" if needed else "without"))
