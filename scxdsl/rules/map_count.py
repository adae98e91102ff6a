# SPDX-License-Identifier: GPL-2.0-only
"""How many maps a program may use.

Source: kernel/bpf/verifier.c, __add_used_map: "The total number of maps per program has reached the limit of 64". Data: limit maps.
Each map, ring, timer, lock and tree of the policy is one, each kind of rows up to two, and some are always there: variables that start with zero and
others, parameters, counters, histograms.
"""

from dataclasses import fields

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.walk import Node, walk_all

_DERIVED = ""  # the init that the policy does not write itself
_ALWAYS = 8  # .rodata, .data, .bss, counters, histograms, and room for what the compiler adds
_MAPS = (typed.MapObject, typed.Ring, typed.Timer, typed.Lock, typed.Tree)


@dataclass(frozen=True)
class TooManyMaps(Diagnostic):
    """One program uses at most 64 maps. Each `map`, `ring`, `timer`, `lock` and `tree` that a callback comes to is one, through all
    functions that it calls, and so is each kind of thing with members of the policy's; the others are kept for variables and counters. Timers
    with `every` are all started in the derived init."""

    code = "E0612"
    title = "`{program}` uses {count} maps, timers, locks and trees: the kernel takes {most} in one program"
    label = "{where}"
    help = "put what belongs together into one: a `table` of rows, one map of structs, one lock for several variables"
    bad = "scheduler s\n" + "".join(f"timer t{i} every 1s {{ }}\n" for i in range(60))
    good = "scheduler s\nstat a, b\ntimer t every 1s {\n    a += 1\n    b += 1\n}\n"
    program: str
    count: int
    most: int
    where: str = "this program"


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    most = min(target.facts.limit("maps").within(target.kernels).values()) - _ALWAYS
    started = {t.name for t in policy.timers if t.every is not None}
    programs: list[tuple[str, Span, set[object]]] = [(c.name, c.name_span, _used(c.body)) for c in policy.callbacks]
    programs += [(t.name, t.span, _used(t.body)) for t in policy.timers if t.body is not None]
    if "init" not in {name for name, _, _ in programs} and started:
        spans = [t.span for t in policy.timers if t.every is not None]
        programs.append((_DERIVED, spans[min(most, len(spans) - 1)], set()))
    for name, span, used in programs:
        count = len(used | started) if name in ("init", _DERIVED) else len(used)
        if count > most:
            words = ("init", count, most, "the timer that is one too many") if name == _DERIVED else (name, count, most)
            diagnostics.add(TooManyMaps(span, *words))


def _used(body: Node) -> set[object]:
    """Names of all that is a map of its own."""
    used: set[object] = set()
    for node in walk_all(body):
        if isinstance(node, typed.StatePlace):
            used |= {(node.rows.kind, 0), (node.rows.kind, 1)}
        for f in fields(node):
            value = getattr(node, f.name)
            if isinstance(value, typed.LockUse):
                value = value.lock
            if isinstance(value, _MAPS):
                used.add(value.name if getattr(value, "rows", None) is None else (value.rows.kind, value.name))
        lock = getattr(getattr(node, "declaration", None), "lock", None)
        if lock is not None:
            used.add(lock.name)
    return used
