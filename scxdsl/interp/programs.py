# SPDX-License-Identifier: GPL-2.0-only
"""Hooks and commands: what the kernel's tracepoints and user space run."""

from collections.abc import Callable
from typing import Any

from scxdsl.kernel.facts import Facts
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.sizes import offsets, struct_size

from .context import Context, Failed, Stop
from .state import index_exists
from .statements import body
from .wire import Malformed, decode, encode

_EINVAL = -22


def hooks(policy: typed.Policy, c: Context, series: str) -> dict[str, list[Callable[[tuple[Any, ...]], None]]]:
    """What runs at each tracepoint: the hooks whose parameter is set, where this kernel has their target. Functions that are entered
    and left are no part of the model."""
    out: dict[str, list[Callable[[tuple[Any, ...]], None]]] = {}
    for hook in policy.hooks:
        switched_on = hook.condition is None or c.state.params[policy.params.index(hook.condition)]
        target = Facts.load().tracepoint(hook.target) if hook.kind == "tp_btf" else None
        if switched_on and target is not None and series in target.where:
            out.setdefault(hook.target, []).append(_hook(hook, c))
    return out


def _hook(hook: typed.Hook, outer: Context) -> Callable[[tuple[Any, ...]], None]:
    c = outer.inside()
    c.callback = "hook"
    rooms = [c.room(p) for p in hook.params]
    run = body(hook.body, c)
    size = len(c.rooms)

    def call(args: tuple[Any, ...]) -> None:
        frame = [None] * size
        for room, place in zip(rooms, hook.places, strict=True):
            frame[room] = args[place]
        try:
            run(frame)
        except Stop:
            return

    return call


def context_size(command: typed.Command) -> int:
    """Bytes of the struct that a command runs on."""
    types = [p.type for p in command.params]
    return struct_size(types if isinstance(command.result, lang.Nothing) else [*types, command.result])[0]


def command(command: typed.Command, outer: Context) -> Callable[[bytes], tuple[int, bytes]]:
    """A command as what turns a context into a status and the context afterwards."""
    assert command.body is not None
    c = outer.inside()
    c.callback = "command"
    rooms = [c.room(p) for p in command.params]
    run = body(command.body, c)
    size = len(c.rooms)
    gives = not isinstance(command.result, lang.Nothing)
    types = [p.type for p in command.params] + ([command.result] if gives else [])
    places, whole = offsets(types), context_size(command)

    def call(context: bytes) -> tuple[int, bytes]:
        frame: list[Any] = [None] * size
        try:
            for room, p, at in zip(rooms, command.params, places, strict=False):
                frame[room] = decode(context[at:], p.type, lambda kind, i: index_exists(kind, i, c))
            result = run(frame)
        except (Malformed, Stop):
            return _EINVAL, context
        except Failed as failed:
            return failed.number, context
        if not gives:
            return 0, context
        data = encode(result, command.result)
        return 0, (context[: places[-1]] + data).ljust(whole, b"\0")

    return call
