# SPDX-License-Identifier: GPL-2.0-only
"""How much passes between a policy and user space at once.

Source: kernel/bpf/verifier.c, MAX_BPF_STACK: a message is copied to the stack of the program that takes it; the context of a command
is no larger than a page, which is what loaders hand on (docs/objects.md).
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.typing import typed
from scxdsl.typing.errors_programs import TooMuchData
from scxdsl.typing.sizes import size_of, struct_size
from scxdsl.typing.types import Nothing

COMMAND, MESSAGE = 4096, 256


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for command in policy.commands:
        types = [p.type for p in command.params] + ([] if isinstance(command.result, Nothing) else [command.result])
        size = struct_size(types)[0]
        if size > COMMAND:
            diagnostics.add(TooMuchData(command.span, "the parameters and the result", "take", size, COMMAND))
    for inbox in policy.inboxes:
        size = size_of(inbox.element)[0]
        if size > MESSAGE:
            diagnostics.add(TooMuchData(inbox.span, "a message", "takes", size, MESSAGE))
