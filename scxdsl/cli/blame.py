# SPDX-License-Identifier: GPL-2.0-only
"""Where in the policy the cause of an ejection lies that the kernel found only after the callback had returned.

An insert into an unknown queue is such a one: the kernel keeps the queue's number and looks it up when the callback is over
(kernel/sched/ext.c: mark_direct_dispatch, direct_dispatch, flush_dispatch_buf), so its stack trace has no line of ours. But queues that
a policy declares always exist, so the number stems from a conversion.
"""

import re

from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.types import DsqType
from scxdsl.typing.walk import walk

_UNKNOWN_QUEUE = re.compile(r"non-existent DSQ 0x([0-9a-f]+)")


def suspects(policy: typed.Policy, message: str) -> tuple[Span, ...]:
    """The places that can have brought the kernel to say `message`; empty where nothing is known of it."""
    found = _UNKNOWN_QUEUE.search(message)
    if not found:
        return ()
    number = int(found[1], 16)
    sure, likely = [], []
    for body in policy.bodies():
        for node in walk(body):
            if isinstance(node, typed.Convert) and isinstance(node.type, DsqType):
                if not isinstance(node.value, typed.Literal):
                    likely.append(node.span)
                elif node.value.value == number:
                    sure.append(node.span)
    return tuple(sure or likely)
