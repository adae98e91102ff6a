# SPDX-License-Identifier: GPL-2.0-only
"""Start a policy from a template: NAME.scx, a scheduler that is fair by weight, to be changed."""

import os
from argparse import ArgumentParser, Namespace

from .faults import DONE, BadPolicyName, Exists
from .files import put_text, write_file
from .printing import say

TEMPLATE = """\
/// {name}: every task gets CPU time in proportion to its weight.
scheduler {name} {{
    timeout: 5s        // the kernel takes over when a task waits longer than that
    kernels: 6.12..
}}

/// What a task may run before others get their turn; `--set slice=5ms` changes it at load.
param slice: duration = 20ms in 100us ..= 1s

dsq shared             // one queue for all CPUs
var vtime_now: vtime   // how far the task that ran last has come
stat direct, queued    // `scxdsl guest run` shows them

// A task wakes up: choose a CPU for it, and put it there at once if that CPU is idle.
on select_cpu(p, prev, wake) {{
    let (cpu, idle) = select_cpu_dfl(p, prev, wake)
    if idle {{
        direct += 1
        LOCAL.insert(p, slice)
    }}
    return cpu
}}

// A task is ready and has no CPU: let it wait, those that ran least first.
on enqueue(p, flags) {{
    queued += 1
    // who slept long may have saved up one slice, no more
    shared.insert(p, slice, flags, vtime: max(p.vtime, vtime_now - slice))
}}

// A CPU has nothing to run.
on dispatch(cpu, prev) {{ shared.move_to_local() }}

on running(p) {{ vtime_now = max(vtime_now, p.vtime) }}

// What was used of the slice is charged; a task of twice the weight pays half.
on stopping(p, runnable) {{ p.vtime += (slice - p.slice) * 100 / p.weight }}

on enable(p) {{ p.vtime = vtime_now }}
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the scheduler's name")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write; NAME.scx without it, - for stdout")


def run(args: Namespace) -> int:
    name = args.name.removesuffix(".scx")
    text = template(name)
    path = args.output or f"{name}.scx"
    if path == "-":
        put_text(text)
        return DONE
    if os.path.lexists(path):
        raise Exists(path)
    write_file(path, text.encode())
    say(f"wrote {path}; try `scxdsl check {path}` and `scxdsl guest run {path}`")
    return DONE


def template(name: str) -> str:
    """The text of a new policy. Raises BadPolicyName."""
    text = TEMPLATE.format(name=name)
    from scxdsl.compiler import check

    # whatever the language says of names counts, words of its own and characters alike
    if not name.isidentifier() or not check(text).ok:
        raise BadPolicyName(name)
    return text
