# SPDX-License-Identifier: GPL-2.0-only
"""Random expressions of a wanted type, as text."""

from collections.abc import Callable

from .scope import BITS, SCALARS, SIGNED, UNITS, UNSIGNED, Scope
from .tree import Node

_EDGES = (0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1)
_TIMES = ("0ns", "1ns", "7ns", "100us", "3ms", "20ms", "1s", "INF", "SLICE")
_SIMPLEST = {"bool": "true", "duration": "1ns", "time": "now()", "vtime": "0ns as vtime", "cpu": "this_cpu"}


def simplest(t: str, s: Scope) -> str | None:
    """The shortest expression of a type; None where there is none without context."""
    if t in BITS:
        return f"(1 as {t})"
    if (s.quiet or s.pure) and t in ("time", "cpu"):
        return s.reach(t)[0]
    if t in _SIMPLEST:
        return f"({_SIMPLEST[t]})" if " " in _SIMPLEST[t] else _SIMPLEST[t]
    if t.endswith("?"):
        return "none"
    return None


def expression(t: str, s: Scope, depth: int = 3) -> Node:
    """Of exactly type `t`, safe to stand anywhere an operand may."""
    parts = _choose(t, s, depth)
    return Node(f"expression {t}", parts, simplest(t, s))


Parts = list[str | Node]


def _choose(t: str, s: Scope, depth: int) -> Parts:
    places = s.reach(t)
    if depth <= 0 or s.r.random() < 0.15:
        if places and s.r.random() < 0.7:
            return [s.r.choice(places)]
        return _leaf(t, s)
    any_type = (_if,) if t in s.enums else _ANY  # `.variant` must stand where its type is known
    makers: list[Callable[[str, Scope, int], Parts | None]] = [_leaf_maker, *_OF.get(_family(t, s), ()), *any_type]
    for topic in s.topics:
        makers += topic.of.get(_family(t, s), ())
        if any_type is _ANY and not t.endswith("?"):
            makers += topic.any_type
    for _ in range(6):
        made = s.r.choice(makers)(t, s, depth - 1)
        if made is not None:
            return made
    return [s.r.choice(places)] if places and s.r.random() < 0.5 else _leaf(t, s)


def _family(t: str, s: Scope) -> str:
    if t in UNSIGNED:
        return "unsigned"
    if t in SIGNED:
        return "signed"
    if t.endswith("?"):
        return "optional"
    return "struct" if t in s.structs else "enum" if t in s.enums else "array" if t.startswith("[") else t


def _leaf_maker(t: str, s: Scope, depth: int) -> Parts | None:
    places = s.reach(t)
    return [s.r.choice(places)] if places else None


def literal(t: str, s: Scope) -> str:
    """A bare number that fits the type."""
    bits = BITS[t]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if t in SIGNED else (0, (1 << bits) - 1)
    value = s.r.choice(_EDGES) if s.r.random() < 0.8 else s.r.getrandbits(s.r.choice((4, 8, 16, 32, 64)))
    if t in SIGNED and s.r.random() < 0.4:
        value = -value
    return str(min(max(value, low + (t in SIGNED)), high))


def _leaf(t: str, s: Scope) -> Parts:
    r = s.r
    if t in BITS:
        return [f"({literal(t, s)} as {t})"]
    if t == "bool":
        return [r.choice(("true", "false"))]
    if t == "duration":
        return [r.choice(_TIMES)]
    if (s.quiet or s.pure) and t in ("time", "cpu"):
        return [r.choice(s.reach(t))]
    if t == "time":
        return ["now()"]
    if t == "vtime":
        return [f"{r.choice(s.tasks)}.vtime"] if s.tasks and r.random() < 0.7 else [f"({literal('u64', s)} as vtime)"]
    if t == "cpu":
        return ["this_cpu"]
    if t.endswith("?"):
        return ["none"]
    if t in s.structs:
        fields = [(name, expression(of, s, 0)) for name, of in s.structs[t]]
        r.shuffle(fields)
        if r.random() < 0.2:  # what is left out has its default
            del fields[r.randrange(len(fields)) :]
        parts: Parts = [f"{t}("]
        for i, (name, value) in enumerate(fields):
            parts += [", " if i else "", f"{name}: ", value]
        return [*parts, ")"]
    if t in s.enums:
        name, payload = r.choice(s.enums[t])
        return _variant(s, name, [expression(p, s, 0) for p in payload])
    of, length = t[1:-1].split("; ")
    if r.random() < 0.3:
        return ["[", expression(of, s, 0), f"; {length}]"]
    parts = ["["]
    for i in range(int(length)):
        parts += [", " if i else "", expression(of, s, 0)]
    return [*parts, "]"]


def _variant(s: Scope, name: str, payload: list[Node]) -> Parts:
    parts: Parts = [f".{name}"]  # its type is that of the place where it stands
    if payload:
        names = [f"x{i}: " if name in s.made("named payloads") else "" for i in range(len(payload))]
        parts.append("(")
        for i, value in enumerate(payload):
            parts += [", " if i else "", names[i], value]
        parts.append(s.r.choice((")", ")", ",)")))
    return parts


# ---- numbers


def _operand(t: str, s: Scope, depth: int) -> Node:
    """An operand that widens to the 64 bits of `t`'s sign."""
    width = s.r.choice(SIGNED if t in SIGNED else UNSIGNED)
    return expression(width, s, depth)


def _binary_64(t: str, s: Scope, depth: int) -> Node:
    wide = "i64" if t in SIGNED else "u64"
    op = s.r.choice(("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "+", "-"))
    left = _operand(t, s, depth)
    if op in ("<<", ">>"):
        right: str | Node = str(s.r.randrange(64)) if s.r.random() < 0.5 else expression("u64" if wide == "u64" else wide, s, depth)
    elif s.r.random() < 0.25:
        number = literal(wide, s)
        right = number if number not in ("0", "-0") else "3"
    else:
        right = _operand(t, s, depth)
    return Node(f"expression {wide}", ["(", left, f" {op} ", right, ")"], f"(1 as {wide})")


def _arithmetic(t: str, s: Scope, depth: int) -> Parts | None:
    inner = _binary_64(t, s, depth)
    return [inner] if BITS[t] == 64 else ["(", inner, f" as {t})"]


def _cast(t: str, s: Scope, depth: int) -> Parts | None:
    source = s.r.choice([x for x in (*UNSIGNED, *SIGNED, *(UNITS if t in UNITS else (*UNITS, "bool", "cpu"))) if x != t])
    return ["(", expression(source, s, depth), f" as {t})"]


def _extreme(t: str, s: Scope, depth: int) -> Parts | None:
    name = s.r.choice(("max", "min"))
    if s.r.random() < 0.2:
        return ["clamp(", expression(t, s, depth), ", ", expression(t, s, depth), ", ", expression(t, s, depth), ")"]
    return [f"{name}(", expression(t, s, depth), ", ", expression(t, s, depth), ")"]


def _of_task(t: str, s: Scope, depth: int) -> Parts | None:
    known = {"u32": ("weight",), "i32": ("pid", "tgid"), "i64": ("nice",), "u64": ("flags", "nr_cpus_allowed"), "duration": ("slice",),
             "vtime": ("vtime",), "cpu": ("cpu",), "bool": ("is_kthread", "queued", "running")}.get(t)  # fmt: skip
    if s.quiet and known:
        known = tuple(k for k in known if k not in ("cpu", "running"))
    if not known or not s.tasks:
        return None
    return [f"{s.r.choice(s.tasks)}.{s.r.choice(known)}"]


def _length(t: str, s: Scope, depth: int) -> Parts | None:
    queues = [*s.fifo, *s.ordered]
    if t != "u64" or not queues or s.quiet:
        return None
    return [f"{s.r.choice(queues)}.len"] if s.r.random() < 0.8 else ["nr_cpus"]


def _element(t: str, s: Scope, depth: int) -> Parts | None:
    arrays = s.arrays(t)
    if not arrays:
        return None
    name, length = s.r.choice(arrays)
    return [f"{name}[", index(length, s, depth), "]"]


def index(length: int, s: Scope, depth: int) -> Node:
    """An index that is nearly always in range."""
    value = expression("u64", s, depth)
    queues = [*s.fifo, *s.ordered]
    if s.callback and not s.quiet and s.r.random() < 0.15:  # something that is seen when it is evaluated
        asked = f"{s.r.choice(queues)}.len" if queues and s.r.random() < 0.5 else "(now() as u64)"
        return Node("index", [f"({asked} % {length})"], "0")
    if s.r.random() < 0.9:
        return Node("index", ["(", value, f" % {length})"], "0")
    return Node("index", ["(", value, " & 7)"], "0")


def _duration_ratio(t: str, s: Scope, depth: int) -> Parts | None:
    if t == "u64":
        return ["(", expression("duration", s, depth), " / ", expression("duration", s, depth), ")"]
    if t == "i64":
        return ["(", expression("vtime", s, depth), " - ", expression("vtime", s, depth), ")"]
    return None


def _invert(t: str, s: Scope, depth: int) -> Parts | None:
    if t == "i64":
        return ["(-", expression(t, s, depth), ")"]
    return ["(~", expression(t, s, depth), ")"] if t == "u64" else None


# ---- units


def _duration(t: str, s: Scope, depth: int) -> Parts | None:
    d, n = expression("duration", s, depth), expression(s.r.choice(UNSIGNED), s, depth)
    match s.r.randrange(6):
        case 0:
            return ["(", d, s.r.choice((" + ", " - ", " % ")), expression("duration", s, depth), ")"]
        case 1:
            return ["(", d, s.r.choice((" * ", " / ")), n, ")"]
        case 2:
            return ["(", n, " * ", d, ")"]
        case 3:
            return ["(", expression("time", s, depth), " - ", expression("time", s, depth), ")"]
        case 4:
            return ["(", d, s.r.choice((" << ", " >> ")), str(s.r.randrange(1, 40)), ")"]
    return ["(", expression("time", s, depth), " % ", d, ")"]


def _time(t: str, s: Scope, depth: int) -> Parts | None:
    return ["(", expression("time", s, depth), s.r.choice((" + ", " - ")), expression("duration", s, depth), ")"]


def _vtime(t: str, s: Scope, depth: int) -> Parts | None:
    by = s.r.choice(("duration", "duration", "u64", "u32", "i64"))
    return ["(", expression("vtime", s, depth), s.r.choice((" + ", " - ")), expression(by, s, depth), ")"]


# ---- truth


def _comparison(t: str, s: Scope, depth: int) -> Parts | None:
    of = s.r.choice((*UNSIGNED, *SIGNED, "duration", "time", "vtime", "vtime", "cpu", "bool"))
    op = s.r.choice(("==", "!=", "<", "<=", ">", ">=") if of not in ("cpu", "bool") else ("==", "!="))
    left = expression(of, s, depth)
    other = expression(s.r.choice(SIGNED if of in SIGNED else UNSIGNED), s, depth) if of in BITS and s.r.random() < 0.4 else expression(of, s, depth)
    return ["(", left, f" {op} ", other, ")"]


def _logic(t: str, s: Scope, depth: int) -> Parts | None:
    return ["(", expression("bool", s, depth), s.r.choice((" && ", " || ")), expression("bool", s, depth), ")"]


def _not(t: str, s: Scope, depth: int) -> Parts | None:
    return ["(!", expression("bool", s, depth), ")"]


def _has(t: str, s: Scope, depth: int) -> Parts | None:
    if s.callback == "enqueue":
        return [f"(flags has .{s.r.choice(('wakeup', 'last', 'reenq', 'head'))})"]
    if s.callback == "select_cpu":
        return [f"(wake has .{s.r.choice(('sync', 'fork', 'ttwu'))})"]
    return None


# ---- any type


def _if(t: str, s: Scope, depth: int) -> Parts | None:
    return ["(if ", expression("bool", s, depth), " { ", expression(t, s, depth), " } else { ", expression(t, s, depth), " })"]


def _block(t: str, s: Scope, depth: int) -> Parts | None:
    if s.loops < 0:
        return None
    name, of = s.fresh("v"), s.r.choice(("u64", "i64", "duration", "vtime", "u16", "i32", "bool"))
    first = expression(of, s, depth)
    with s.block():
        s.names.append((name, of, False))
        value = expression(t, s, depth)
    return ["{ let ", name, " = ", first, "; ", value, " }"]


def _call(t: str, s: Scope, depth: int) -> Parts | None:
    found = [f for f in s.functions if f.result == t]
    return call(s.r.choice(found), s, depth) if found else None


def call(f, s: Scope, depth: int) -> Parts | None:
    """A call of a function of the policy; None where no place suits a `mut` parameter, or the lock is not the one held."""
    if f.under and (f.under != s.held or s.loops) or s.quiet and not (f.quiet or f.under):
        return None
    parts: Parts = [f"{f.name}("]
    used: set[str] = set()
    for i, (_, t, mut) in enumerate(f.params):
        parts.append(", " if i else "")
        if mut:
            places = [p for p in s.reach(t, write=True) if p.split(".")[0].split("[")[0] not in used and not p.startswith("p.")]
            if not places:
                return None
            chosen = s.r.choice(places)
            used.add(chosen.split(".")[0].split("[")[0])
            parts.append(chosen)
        else:
            parts.append(expression(t, s, depth))
    return [*parts, ")"]


def _tuple_item(t: str, s: Scope, depth: int) -> Parts | None:
    other = s.r.choice(("u64", "bool", "vtime"))
    return ["(", expression(t, s, depth), ", ", expression(other, s, depth), ").0"]


def _coalesce(t: str, s: Scope, depth: int) -> Parts | None:
    arrays = s.arrays(t)
    if not arrays or s.r.random() < 0.3:
        places = s.reach(f"{t}?")
        return ["(", s.r.choice(places), " ?? ", expression(t, s, depth), ")"] if places else None
    name, _ = s.r.choice(arrays)
    return ["(", f"{name}.get(", expression("u64", s, depth), ") ?? ", expression(t, s, depth), ")"]


def _stored(t: str, s: Scope, depth: int) -> Parts | None:
    """What a map holds, or something else where it holds nothing."""
    found = [m for m in s.maps if m[3] == t]
    if not found or s.quiet:
        return None
    name, kind, key, _ = s.r.choice(found)
    if kind in ("queue", "stack"):
        return [f"({name}.{s.r.choice(('pop', 'peek'))}() ?? ", expression(t, s, depth), ")"]
    return [f"({name}[", expression(key, s, depth), "] ?? ", expression(t, s, depth), ")"]


def _changed(t: str, s: Scope, depth: int) -> Parts | None:
    """An atomic operation, which gives the old value."""
    found = [name for name, of in s.atomics if of == t]
    if not found:
        return None
    name, a = s.r.choice(found), expression(t, s, depth)
    if s.r.random() < 0.25:
        return [f"{name}.cas(", a, ", ", expression(t, s, depth), ")"]
    return [f"{name}.{s.r.choice(('swap', 'raise') if t == 'vtime' else ('add', 'swap', 'raise'))}(", a, ")"]


def _of_map(t: str, s: Scope, depth: int) -> Parts | None:
    """A truth that changes a map, or asks it."""
    if t != "bool" or not s.maps or s.quiet:
        return None
    name, kind, key, value = s.r.choice(s.maps)
    if kind in ("queue", "stack"):
        return [f"{name}.push(", expression(value, s, depth), ")"]
    k = expression(key, s, depth)
    return s.r.choice((
        ["(", k, f" in {name})"], [f"{name}.remove(", k, ")"], [f"{name}.put(", k, ", ", expression(value, s, depth), ")"],
        [f"{name}.add(", k, ", ", expression(value, s, depth), ")"],
    ))  # fmt: skip


def _mask(t: str, s: Scope, depth: int) -> Parts | None:
    """Questions about sets of CPUs."""
    if not s.callback or s.quiet:
        return None
    sets = ["online", "possible", "idle_cpus", *(f"{p}.cpus_allowed" for p in s.tasks)]
    a, b = s.r.choice(sets), s.r.choice(sets)
    if t == "u64":
        return [f"{a}.len"]
    if t == "bool":
        return s.r.choice(([f"{a}.empty"], [f"{a}.intersects({b})"], [f"{a}.subset_of({b})"], ["(", expression("cpu", s, depth), f" in {a})"]))
    if t == "cpu":
        return ["(", f"{a}.{s.r.choice(('first', 'any'))} ?? ", expression("cpu", s, depth), ")"]
    return None


def _match(t: str, s: Scope, depth: int) -> Parts | None:
    """`match` on a number, or on a variant."""
    if s.enums and s.r.random() < 0.5:
        return match_enum(s, depth, lambda: expression(t, s, depth))
    of = s.r.choice((*UNSIGNED, *SIGNED))
    parts: Parts = ["(match ", expression(of, s, depth), " { "]
    low = int(literal(of, s))
    seen = {low}
    parts += [f"{low} => ", expression(t, s, depth), ", "]
    if s.r.random() < 0.5:
        first, last = sorted((int(literal(of, s)), int(literal(of, s))))
        if first not in seen and first < last:
            parts += [f"{first} ..= {last} => ", expression(t, s, depth), ", "]
    return [*parts, "else => ", expression(t, s, depth), " })"]


def match_enum(s: Scope, depth: int, body: Callable[[], "Node"]) -> Parts:
    t = s.r.choice(list(s.enums))
    name = s.fresh("v")
    subject: Parts = [f"{{ let {name}: {t} = ", expression(t, s, depth), f"; {name} }}"]
    places = s.reach(t)
    parts: Parts = ["(match ", *([s.r.choice(places)] if places else subject), " { "]
    variants = list(s.enums[t])
    named = s.made("named payloads")
    kept = variants if s.r.random() < 0.6 else variants[:1]
    for name, payload in kept:
        with s.block():
            names = [s.fresh("m") for _ in payload]
            s.names += [(n, of, False) for n, of in zip(names, payload, strict=True)]
            shown = [f"x{i}: {n}" if name in named and s.r.random() < 0.7 else n for i, n in enumerate(names)]
            head = f".{name}({', '.join(shown)}{s.r.choice(('', '', ','))})" if names else f".{name}"
            parts += [f"{head} => ", body(), ", "]
    if len(kept) < len(variants):
        parts += ["else => ", body(), " "]
    return [*parts, "})"]


# ---- optionals and aggregates


def _some(t: str, s: Scope, depth: int) -> Parts | None:
    of = t[:-1]
    arrays = s.arrays(of)
    if arrays and s.r.random() < 0.6:
        return [f"{s.r.choice(arrays)[0]}.get(", expression("u64", s, depth), ")"]
    return [expression(of, s, depth)] if of in SCALARS and s.r.random() < 0.7 else None


def _aggregate(t: str, s: Scope, depth: int) -> Parts | None:
    return _leaf(t, s)


_NUMBER = (_arithmetic, _arithmetic, _arithmetic, _cast, _extreme, _of_task, _length, _duration_ratio, _invert, _mask)
_OF: dict[str, tuple[Callable[[str, Scope, int], Parts | None], ...]] = {
    "unsigned": _NUMBER,
    "signed": _NUMBER,
    "duration": (_duration, _duration, _extreme, _of_task, _cast),
    "time": (_time, _time, _extreme),
    "vtime": (_vtime, _vtime, _extreme, _of_task, _cast),
    "bool": (_comparison, _comparison, _comparison, _logic, _logic, _not, _of_task, _has, _of_map, _mask),
    "cpu": (_of_task, _mask),
    "optional": (_some,),
    "struct": (_aggregate,),
    "enum": (_aggregate,),
    "array": (_aggregate,),
}
_ANY = (_if, _block, _call, _element, _tuple_item, _coalesce, _match, _stored, _changed)
