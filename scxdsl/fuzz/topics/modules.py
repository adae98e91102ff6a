# SPDX-License-Identifier: GPL-2.0-only
"""The standard library, its functions called with anything."""

from ..expressions import expression
from ..scope import Scope
from ..topic import Parts, Topic, declaration
from ..tree import Node

# Module -> function -> types of its arguments, and of its result.
_PLAIN: dict[str, dict[str, tuple[tuple[str, ...], str]]] = {
    "bits": {n: (("u64",), "u64") for n in ("length", "log2", "rank", "sqrt", "ones")} | {"halved": (("u64", "u64"), "u64")},
    "ewma": {
        "mix": (("u64", "u64", "u64"), "u64"), "mix_time": (("duration", "duration", "u64"), "duration"),
        "rate": (("u64", "duration", "duration", "u64"), "u64"),
    },
    "mul": {
        "high": (("u64", "u64"), "u64"), "shr": (("u64", "u64", "u64"), "u64"), "shr32": (("u64", "u64", "u64"), "u64"),
        "div": (("u64", "u64", "u64"), "u64"),
    },
    "vtime": {
        "charged": (("vtime", "duration", "u64"), "vtime"), "capped": (("vtime", "vtime", "duration"), "vtime"),
        "within": (("vtime", "vtime", "duration", "duration"), "vtime"), "lead": (("vtime", "vtime"), "u64"),
    },
    "weight": {
        "of_nice": (("i64",), "u64"), "to_ext": (("u64",), "u64"), "from_ext": (("u64",), "u64"),
        "inverse": (("duration", "u64"), "duration"), "share": (("duration", "u64"), "duration"),
    },
    "pelt": {"decay": (("u64", "u64"), "u64")},
    "tasks": {n: (("task",), "bool") for n in ("kthread", "pinned", "cpu_kthread", "confined")},
}  # fmt: skip


def _types(s: Scope) -> list[Node]:
    out = []
    for module in s.r.sample([*_PLAIN, "ravg"], s.r.randrange(1, 4)):
        name = s.fresh("m") if s.r.random() < 0.3 else module
        s.made("modules").append((module, name))
        out.append(declaration(f"use {module}{f' as {name}' if name != module else ''}"))
    if s.r.random() < 0.3:
        other = s.r.random() < 0.5
        s.made("modules").append(("shares", "sh" if other else "shares"))
        out.append(declaration(f"use \"fuzz/shares.scx\"{' as sh' if other else ''}"))
    return out


def _declare(s: Scope) -> list[Node]:
    out = []
    for module, name in s.made("modules"):
        if module in ("pelt", "ravg"):
            place = s.fresh("g")
            s.made(module).append((name, place))
            out.append(declaration(f"var {place}: {name}.{'Avg' if module == 'pelt' else 'Ravg'}"))
    return out


def _call(t: str, s: Scope, depth: int) -> Parts | None:
    if s.quiet or not s.callback:
        return None
    found: list[tuple[str, tuple[str, ...]]] = [
        (f"{name}.{f}", args) for module, name in s.made("modules") for f, (args, result) in _PLAIN.get(module, {}).items() if result == t
    ]
    if t == "u64":
        found += [(f"{name}.charge", ("u64", "u32")) for module, name in s.made("modules") if module == "shares"]
    if not found:
        return None
    f, args = s.r.choice(found)
    if "task" in args:
        return [f"{f}({s.r.choice(s.tasks)})"] if s.tasks else None
    parts: Parts = [f"{f}("]
    for i, arg in enumerate(args):
        parts += [", " if i else "", expression(arg, s, min(depth, 1))]
    return [*parts, ")"]


def _track(s: Scope, depth: int) -> Parts | None:
    if s.quiet or not s.callback or s.loops:
        return None
    if s.made("pelt") and s.r.random() < 0.5:
        name, place = s.r.choice(s.made("pelt"))
        return [f"if {name}.update({place}, ", expression("time", s, 1), ", ", expression("u64", s, 1), ", ", expression("bool", s, 1), ", ",
                expression("bool", s, 1), f") {{ log \"{{{place}.load}} {{{place}.util}}\" }}"]  # fmt: skip
    if s.made("ravg"):
        name, place = s.r.choice(s.made("ravg"))
        if s.r.random() < 0.4:
            return [f"log \"{{{name}.read({place}, ", expression("time", s, 1), ", 1s)}\""]
        return [f"{name}.accumulate({place}, ", expression("u64", s, 1), ", ", expression("time", s, 1), ", 1s)"]
    return None


TOPIC = Topic(
    "modules", 0.25, types=_types, declare=_declare, simple=(_track,),
    of={k: (_call, _call) for k in ("unsigned", "bool", "vtime", "duration")},
)  # fmt: skip

TEXT = """// What a policy brings with itself.
const SCALE: u64 = 100
var charged: u64
struct Share { of: u64; weight: u32 }
fn charge(used: u64, weight: u32) -> u64 {
    charged += 1
    used * SCALE / weight
}
"""
"""fuzz/shares.scx, as generated policies find it."""
