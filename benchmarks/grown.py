# SPDX-License-Identifier: GPL-2.0-only
"""Policies of a wanted length, to see how the time of `check` grows with it.

A policy is many small subjects, as long ones are: each has a parameter, state, counters, a queue, functions that call each other, a struct, an
enum with `match`, a map, and a share of the callbacks. Nothing is copied that would be checked only once.
"""

_SUBJECT = """\
/// Subject {n}.
param slice{n}: duration = {slice}ms in 100us ..= 1s
param limit{n}: u32 = {n} in 0 ..= 10000
var clock{n}: vtime
var total{n}: u64
stat seen{n}, heavy{n}, full{n}
dsq queue{n}
map last{n}: hash<i32, Entry{n}>[256]

enum Kind{n} {{ light, pid(i32), heavy(weight: u32) }}

struct Entry{n} {{
    at: time
    runs: u64
    weight: u32
}}

fn kind{n}(p: task) -> Kind{n} {{
    if p.weight > limit{n} {{ return .heavy(weight: p.weight) }}
    if p.is_kthread {{ .pid(p.pid) }} else {{ .light }}
}}

fn budget{n}(w: u32, mut sum: u64) -> duration {{
    let mut d = slice{n} * 100 / max(w, 1)
    for i in 0 .. 4 {{
        if i == 3 && d > 5ms {{ break }}
        d += 100us * i
    }}
    sum += d / 1us
    return clamp(d, 100us, slice{n})
}}

fn note{n}(p: task) -> bool {{
    let known = last{n}[p.pid] ?? Entry{n}(at: now(), runs: 0, weight: p.weight)
    if !last{n}.put(p.pid, Entry{n}(at: now(), runs: known.runs + 1, weight: p.weight)) {{
        full{n} += 1
        return false
    }}
    seen{n} += 1
    return known.runs > 3
}}

fn place{n}(p: task, flags: enq_flags) {{
    let d = budget{n}(p.weight, total{n})
    let often = note{n}(p)
    match kind{n}(p) {{
        .light => queue{n}.insert(p, d, flags, vtime: max(p.vtime, clock{n} - slice{n}))
        .pid(_) => LOCAL.insert(p, d, flags)
        .heavy(w) => {{
            heavy{n} += 1
            if often && w > 200 {{ GLOBAL.insert(p, d, flags) }} else {{
                queue{n}.insert(p, d / 2, flags, vtime: p.vtime)
            }}
        }}
    }}
}}

fn ran{n}(p: task) {{
    clock{n} = max(clock{n}, p.vtime)
    p.runs{n} += 1
    this_cpu.time{n} += slice{n} - p.slice
}}
"""
_LINES = _SUBJECT.count("\n") - _SUBJECT.count("\n\n")


def policy(lines: int) -> str:
    """A policy of about that many lines that hold something else than comments."""
    count = max(1, round(lines / (_LINES + 7)))
    subjects = [_SUBJECT.format(n=n, slice=5 + n % 20) for n in range(count)]
    numbers = range(count)
    parts = [
        "scheduler grown\n",
        *subjects,
        "per task {\n" + "".join(f"    runs{n}: u64\n" for n in numbers) + "}\n",
        "per cpu {\n" + "".join(f"    time{n}: duration\n" for n in numbers) + "}\n",
        "on enqueue(p, flags) {\n    match p.pid % " + str(count) + " {\n"
        + "".join(f"        {n} => place{n}(p, flags)\n" for n in numbers) + "        else => GLOBAL.insert(p, SLICE, flags)\n    }\n}\n",
        "on dispatch(cpu, prev) {\n" + "".join(f"    if queue{n}.move_to_local() {{ return }}\n" for n in numbers) + "}\n",
        "on running(p) {\n" + "".join(f"    ran{n}(p)\n" for n in numbers) + "}\n",
        "on stopping(p, runnable) {\n" + "".join(f"    if limit{n} > 5 {{ p.vtime += (slice{n} - p.slice) * 100 / p.weight }}\n" for n in numbers) + "}\n",
    ]  # fmt: skip
    return "\n".join(parts)
