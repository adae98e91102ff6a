# SPDX-License-Identifier: GPL-2.0-only
"""`cancel()` takes back the last insert of this dispatch.

Source: kernel/sched/ext.c, scx_bpf_dispatch_cancel: "dispatch buffer underflow" ends the scheduler. Data: condition slots. Seen where the
callback, with all functions that it calls, inserts nothing at all.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics
from scxdsl.source.records import dataclass
from scxdsl.typing import typed
from scxdsl.typing.walk import walk_all


@dataclass(frozen=True)
class NothingToCancel(Diagnostic):
    """`cancel` takes back the last insert that this call of `dispatch` made; where it made none the kernel ends the scheduler."""

    code = "E0516"
    title = "nothing is inserted here that could be taken back: the kernel ends the scheduler"
    label = "takes back an insert"
    help = "insert first, then `cancel()` where the insert turns out to be wrong"
    bad = "scheduler s\ndsq q\non dispatch(cpu, prev) {\n    q.move_to_local()\n    cancel()\n}\n"
    good = (
        "scheduler s\ndsq q\non dispatch(cpu, prev) {\n    if let t = prev {\n        q.insert(t)\n"
        "        if t.weight > 100 { cancel() }\n    }\n}\n"
    )


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    callback = policy.callback("dispatch")
    if callback is None:
        return
    calls = [node for node in walk_all(callback.body) if isinstance(node, typed.KernelCall)]
    if not any(call.operation.key == "dsq.insert" or call.operation.name.startswith("scx_bpf_d") for call in calls):
        for call in calls:
            if call.operation.name == "cancel":
                diagnostics.add(NothingToCancel(call.span))
