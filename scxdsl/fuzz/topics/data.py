# SPDX-License-Identifier: GPL-2.0-only
"""Constants and tables of them, optionals that are kept, references, tuples, patterns of all kinds."""

from ..expressions import expression, index, literal
from ..scope import BITS, SIGNED, UNSIGNED, Fn, Scope
from ..statements import block
from ..topic import Parts, Topic, declaration
from ..tree import Node

_KEPT = ("u64", "i32", "duration", "vtime", "bool", "cpu", "u8", "time")


def _types(s: Scope) -> list[Node]:
    out = []
    number, table = s.fresh("N"), s.fresh("N")
    size = s.r.randrange(2, 6)
    out.append(declaration(f"const {number} = {s.r.choice((str(size), '1 << 3', '20ms', '-7'))}"))
    of = s.r.choice(("u32", "i64", "u8"))
    low = "-3" if of == "i64" else "250"
    out.append(declaration(f"const {table}: [{of}; {size}] = [{', '.join(s.r.choice((low, '1', '7', '100')) for _ in range(size))}]"))
    s.globals.append((table, f"[{of}; {size}]", False))
    return out


def _declare(s: Scope) -> list[Node]:
    out = []
    for _ in range(s.r.randrange(1, 3)):
        name, t = s.fresh("n"), s.r.choice(_KEPT)
        s.cpu_fields.append((name, f"{t}?"))
        out.append(declaration(f"per cpu {{ {name}: {t}? }}"))
    if s.r.random() < 0.5:
        name, t = s.fresh("n"), s.r.choice(_KEPT)
        s.task_fields.append((name, f"{t}?"))
        out.append(declaration(f"per task {{ {name}: {t}? }}"))
    a, b = s.fresh("g"), s.fresh("g")
    t = s.r.choice(("u64", "i32", "vtime"))
    out.append(declaration(f"var {a}, {b}: {t} = {'5' if t in BITS else '0'}"))
    s.globals += [(a, t, True), (b, t, True)]
    pair = s.fresh("n")
    out.append(declaration(f"per cpu {{ {pair}: (u64, i32) }}"))
    s.made("pairs").append(f"this_cpu.{pair}")
    out.append(_pure(s))
    out.append(_pairs(s))
    return out


def _pure(s: Scope) -> Node:
    """A function of its arguments alone: it may be called with a lock held too."""
    name, result = s.fresh("fn"), s.r.choice(("u64", "i64", "u32", "bool", "vtime", "duration"))
    params = tuple((s.fresh("a"), s.r.choice((*UNSIGNED, *SIGNED, "bool", "vtime", "duration")), False) for _ in range(s.r.randrange(1, 4)))
    params += ((s.fresh("a"), "cpu", False), (s.fresh("a"), "time", False))
    kept = (s.globals, s.names, s.atomics, s.maps, s.functions, s.topics)
    s.globals, s.atomics, s.maps, s.topics = [], [], [], ()
    s.functions = [f for f in s.functions if f.quiet]
    s.callback, s.result, s.tasks, s.quiet = "", result, [], True
    with s.block():
        s.names = list(params)
        body = Node("block", ["{ ", expression(result, s, 4), " }"])
    s.globals, s.names, s.atomics, s.maps, s.functions, s.topics = kept
    s.quiet = False
    s.functions.append(Fn(name, params, result, quiet=True))
    return declaration(f"pure fn {name}({', '.join(f'{n}: {t}' for n, t, _ in params)}{s.r.choice(('', ','))}) -> {result} ", body, "\n")


def _pairs(s: Scope) -> Node:
    """A function that gives two values, or perhaps one."""
    name, maybe = s.fresh("fn"), s.r.random() < 0.5
    t = s.r.choice(("u64?", "cpu?", "duration?")) if maybe else "(u64, i32)"
    s.callback, s.result, s.tasks, s.room = "", t, [], 3
    a = s.fresh("a")
    with s.block():
        s.names.append((a, "u64", False))
        if maybe:
            body = Node("block", ["{ if ", expression("bool", s, 2), " { return none }\n", expression(t[:-1], s, 2), " }"])
        else:
            body = Node("block", ["{ (", expression("u64", s, 2), ", ", expression("i32", s, 2), ") }"])
    s.made("maybes" if maybe else "pair functions").append((name, t))
    return declaration(f"fn {name}({a}: u64) -> {t} ", body, "\n")


def _tuples(s: Scope, depth: int) -> Parts | None:
    pair = s.made("pairs")[0]
    functions = [n for n, _ in s.made("pair functions")]
    value: Parts = ["(", expression("u64", s, 2), ", ", expression("i32", s, 2), s.r.choice((")", ",)"))]
    if functions and not s.quiet and s.r.random() < 0.5:
        value = [f"{s.r.choice(functions)}(", expression("u64", s, 1), ")"]
    if s.r.random() < 0.4 and s.callback:
        return [f"{pair} = ", *value]
    a, b = s.reach("u64", write=True), s.reach("i32", write=True)
    if a and b and s.r.random() < 0.7:
        return [f"({s.r.choice(a)}, {s.r.choice([*b, '_'])}) = ", *value]
    if s.quiet:
        return None
    if s.r.random() < 0.3:
        a, b, first, second = s.fresh("v"), s.fresh("v"), expression("u64", s, 1), expression("i32", s, 1)
        s.names += [(a, "u64", False), (b, "i32", False)]
        return [f"let (({a}, _), {b}) = ((", first, ", true), ", second, ")"]
    return [f"let (_, {(n := s.fresh('v'))}) = ", *value, f"\nlog \"{{{n}}}\""]


def _reference(s: Scope, depth: int) -> Parts | None:
    t = s.r.choice(("u32", "u64", "i64", *s.structs))
    found: list[Parts] = [[f"{name}[", index(length, s, 1), "]"] for name, length in s.arrays(t, write=True)]
    found += [[p] for p in s.reach(t, write=True) if "." in p and "?" not in p]
    if not found:
        return None
    name = s.fresh("v")
    parts = s.r.choice(found)
    s.names.append((name, t, True))
    return [f"let mut {name} = ref ", *parts]


def _several(s: Scope, depth: int) -> Parts | None:
    a, b, t = s.fresh("v"), s.fresh("v"), s.r.choice(("u64", "i32", "bool"))
    first: Parts = [" = ", expression(t, s, 1)] if s.r.random() < 0.5 else []
    s.names += [(a, t, True), (b, t, True)]
    return [f"let mut {a}, {b}: {t}", *first]


def _none(t: str, s: Scope, depth: int) -> Parts | None:
    known = [p for k in _KEPT for p in s.reach(f"{k}?")]
    return [f"({s.r.choice(known)} {s.r.choice(('==', '!='))} none)"] if known and t == "bool" else None


def _maybe(s: Scope, t: str) -> Parts:
    """An optional of that type."""
    functions = [n for n, of in s.made("maybes") if of == t and not s.quiet]
    if functions and s.r.random() < 0.5:
        return [f"{s.r.choice(functions)}(", expression("u64", s, 1), ")"]
    places = s.reach(t)
    return [s.r.choice(places)] if places else [expression(t, s, 1)]


def _optional(s: Scope, depth: int) -> Parts | None:
    """Opened in each way."""
    known = [t for t in (f"{k}?" for k in _KEPT) if s.reach(t) or any(of == t for _, of in s.made("maybes"))]
    if not known:
        return None
    t = s.r.choice(known)
    asked, name = _maybe(s, t), s.fresh("v")
    if asked == ["none"] or isinstance(asked[0], Node):
        return None
    match s.r.randrange(4):
        case 0:
            places = s.reach(t, write=True)
            return [f"{s.r.choice(places)} = ", *(["none"] if s.r.random() < 0.3 else [expression(t[:-1], s, 2)])] if places else None
        case 1:
            with s.block():
                s.names.append((name, t[:-1], False))
                body = block(s, 2, depth - 1)
            return ["match ", *asked, " {\nnone => ", block(s, 2, depth - 1), f"\n{name} => ", body, s.r.choice(("\n}", " }"))]
        case 2 if not s.result and s.callback not in ("enqueue", "dispatch", "select_cpu") and s.loops == 0:
            s.names.append((name, t[:-1], False))
            shown = s.r.choice(("", "mut ")) if s.r.random() < 0.3 else ""
            return [f"let {shown}{name}{s.r.choice(('', f': {t[:-1]}'))} = ", *asked, " else { return }"]
        case _:
            other = s.fresh("v")
            with s.block():
                s.names += [(name, t[:-1], False), (other, t[:-1], False)]
                body = block(s, 2, depth - 1)
            middle: Parts = [" && ", expression("bool", s, 1)] if s.r.random() < 0.5 else []
            second = _maybe(s, t)
            if second == ["none"] or isinstance(second[0], Node):
                return None
            return [f"if let {name} = ", *asked, *middle, f" && let {other} = ", *second, " ", body]


def _while_let(s: Scope, depth: int) -> Parts | None:
    queues = [(n, v) for n, kind, _, v in s.maps if kind in ("queue", "stack")]
    if s.quiet or s.loops >= 2 or not queues:
        return None
    queue, t = s.r.choice(queues)
    name = s.fresh("v")
    s.loops += 1
    with s.block():
        s.names.append((name, t, False))
        parts: Parts = [f"while let {name} = {queue}.pop() max {s.r.randrange(1, 5)} ", block(s, 2, depth - 1)]
    s.loops -= 1
    return parts


def _patterns(t: str, s: Scope, depth: int) -> Parts | None:
    """Numbers, ranges of each kind, alternatives, tuples."""
    of = s.r.choice((*UNSIGNED, *SIGNED))
    value = lambda: expression(t, s, depth)  # noqa: E731
    if s.r.random() < 0.25:
        a, b = s.fresh("v"), s.fresh("v")
        parts: Parts = ["(match (", expression("u8", s, depth), ", ", expression("bool", s, depth), f") {{ (3, true{s.r.choice(('', ','))}) => ", value()]
        with s.block():
            s.names.append((a, "u8", False))
            parts += [f", ({a}, false) => ", value()]
        return [*parts, s.r.choice((", else => ", ", _ => ")), value(), f"{s.r.choice(('', ','))} }})"]
    if s.r.random() < 0.15:
        return ["(match ", expression("duration", s, depth), " { ..= 1ms => ", value(), ", 2ms | 3ms => ", value(), ", else => ", value(), " })"]
    subject = expression(of, s, depth)
    numbers = sorted({int(literal(of, s)) for _ in range(4)})
    if len(numbers) < 4:
        return None
    a, b, c, d = map(str, numbers)
    least = -(1 << BITS[of] - 1) if of in SIGNED else 0
    if numbers[0] == least:
        return None  # nothing is below
    arms = [[f"..{s.r.choice(('', '='))}{a} => ", value()], [f"{b} .. {c} => ", value()], [f"{d} .. => ", value()], [f"{c} | {b} => ", value()]]
    chosen = s.r.sample(arms, s.r.randrange(1, 5))
    parts = ["(match ", subject, " { "]
    for arm in chosen:
        parts += [*arm, ", "]
    return [*parts, "else => ", value(), " })"]


def _of_call(t: str, s: Scope, depth: int) -> Parts | None:
    """A field of what a call gives, an element of what is no place."""
    if s.r.random() < 0.5 and not s.quiet:
        from ..expressions import call

        found = [(f, n) for f in s.functions if f.result in s.structs and not f.under for n, of in s.structs[f.result] if of == t]
        if found:
            f, field = s.r.choice(found)
            made = call(f, s, depth)
            return [*made, f".{field}"] if made is not None else None
    if t in ("u32", "i64", "u64") and s.r.random() < 0.4:
        array = {"u32": "[u32; 4]", "i64": "[i64; 3]", "u64": "[u64; 2]"}[t]
        return ["(if ", expression("bool", s, depth), " { ", expression(array, s, 0), " } else { ", expression(array, s, 0), " })[", index(2, s, depth), "]"]
    if t in ("u64", "i32") and s.callback and not s.quiet and s.r.random() < 0.3:
        return [f"{s.made('pairs')[0]}.{0 if t == 'u64' else 1}"]
    if t in BITS:
        return ["{ let ", (n := s.fresh("v")), f": [{t}; 2] = [", expression(t, s, depth), ", ", expression(t, s, depth), s.r.choice(("]", ",]")), f"; {n}[", index(2, s, depth), "] }"]
    return None


TOPIC = Topic(
    "data", 0.5, types=_types, declare=_declare, simple=(_tuples, _reference, _several), nested=(_optional, _optional, _optional, _while_let),
    any_type=(_patterns, _of_call), of={"bool": (_none,)},
)  # fmt: skip
