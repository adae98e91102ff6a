# SPDX-License-Identifier: GPL-2.0-only
"""Random statements."""

from collections.abc import Callable

from . import owners, plain_data
from .expressions import Parts, call, expression, index, literal, match_enum
from .scope import BITS, SCALARS, SIGNED, Scope
from .tree import Node

_LOCALS = ("u64", "u64", "i64", "u32", "u8", "i16", "i32", "bool", "duration", "vtime", "time", "cpu")


def block(s: Scope, count: int, depth: int = 2, last: Callable[[], list[Node]] | None = None) -> Node:
    """`{ … }` with up to `count` random statements, then those of `last`."""
    with s.block():
        made = [statement(s, depth) for _ in range(s.r.randrange(count + 1))]
        if last is not None:
            made += last()
    parts: Parts = ["{\n"]
    for node in made:
        parts.append(Node("statement", [node, "\n"], ""))
    return Node("block", [*parts, "}"])


def statement(s: Scope, depth: int) -> Node:
    s.room -= 1
    makers = list(_SIMPLE)
    for topic in s.topics:
        makers += topic.simple
    if depth > 0 and s.room > 0:
        makers += _NESTED
        for topic in s.topics:
            makers += topic.nested
    for _ in range(8):
        made = s.r.choice(makers)(s, depth)
        if made is not None:
            return Node("one statement", made)
    return Node("one statement", _let(s, depth) or [])


def _let(s: Scope, depth: int) -> Parts | None:
    types = [*_LOCALS, *s.structs, *s.enums, "[u32; 4]", "[i64; 3]"]
    t = s.r.choice(types)
    name = s.fresh("v")
    mutable = s.r.random() < 0.6
    word = "let mut" if mutable else "let"
    if mutable and s.r.random() < 0.15 and t not in s.enums:
        s.names.append((name, t, True))
        return [f"{word} {name}: {t}"]
    value = expression(t, s)
    s.names.append((name, t, mutable))
    return [f"{word} {name}: {t} = " if s.r.random() < 0.5 or not (t in SCALARS) else f"{word} {name} = ", value]


def _let_tuple(s: Scope, depth: int) -> Parts | None:
    a, b = s.r.choice(_LOCALS), s.r.choice(_LOCALS)
    first, second = s.fresh("v"), s.fresh("v")
    if s.r.random() < 0.3 and s.callback == "select_cpu" and not s.quiet:
        value: str | Node = "select_cpu_dfl(p, prev, wake)"
        a, b = "cpu", "bool"
    else:
        value = Node("tuple", ["(", expression(a, s), ", ", expression(b, s), ")"])
    mutable = s.r.random() < 0.3
    s.names += [(first, a, mutable), (second, b, mutable)]
    return [f"let {'mut ' if mutable else ''}({first}, {second}) = ", value]


def _assign(s: Scope, depth: int) -> Parts | None:
    t = s.r.choice((*s.structs, "[u32; 4]", *s.enums))
    places = s.reach(t, write=True)
    if places and s.r.random() < 0.4:
        return [s.r.choice(places), " = ", expression(t, s)]
    scalars = s.writable()
    if not scalars:
        return None
    name, t = s.r.choice(scalars)
    return [name, " = ", expression(t, s)]


def _assign_element(s: Scope, depth: int) -> Parts | None:
    t = s.r.choice(("u32", "i64", "u64", "u8"))
    arrays = s.arrays(t, write=True)
    if not arrays:
        return None
    name, length = s.r.choice(arrays)
    op = s.r.choice(("=", "+=", "-=", "^=")) if t != "i64" else s.r.choice(("=", "+="))
    return [f"{name}[", index(length, s, 2), f"] {op} ", expression(t, s)]


def _update(s: Scope, depth: int) -> Parts | None:
    scalars = [row for row in s.writable() if row[1] not in ("bool", "cpu")]
    if not scalars:
        return None
    name, t = s.r.choice(scalars)
    if t in BITS and s.r.random() < 0.15:  # a function may change what is updated
        found = [f for f in s.functions if f.result == t]
        made = call(s.r.choice(found), s, 2) if found else None
        if made is not None:
            return [f"{name} {s.r.choice(('+=', '-=', '^='))} ", *made]
    if t in BITS:
        op = s.r.choice(("+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="))
        wide = "i64" if t in SIGNED else "u64"
        if op in ("<<=", ">>="):
            return [f"{name} {op} {s.r.randrange(1, 63)}"]
        number = literal(t, s)
        value: str | Node = expression(s.r.choice((t, wide)), s) if s.r.random() < 0.7 or number in ("0", "-0") else number
        return [f"{name} {op} ", value]
    op = s.r.choice(("+=", "-="))
    return [f"{name} {op} ", expression("duration", s)]


def otherwise(s: Scope, depth: int) -> Node:
    """The block behind a loop. It counts as in the loop for what the verifier would follow in every turn."""
    kept, s.opaque["tree budget"] = s.opaque.get("tree budget", 0), 99
    made = block(s, 2, depth - 1)
    s.opaque["tree budget"] = kept
    return made


def _waits(s: Scope) -> bool:
    """With a lock held effects wait for its release, so none stands in a loop there."""
    return s.quiet and s.loops > 0


def _count(s: Scope, depth: int) -> Parts | None:
    if _waits(s):
        return None
    if not s.stats:
        return None
    return [f"{s.r.choice(s.stats)} += ", "1" if s.r.random() < 0.6 else expression("u64", s, 1)]


def _task(s: Scope, depth: int) -> Parts | None:
    if not s.tasks or s.callback in ("hook", "command") or _waits(s):  # only callbacks write to tasks
        return None
    p = s.r.choice(s.tasks)
    match s.r.randrange(2 if s.quiet else 4):
        case 0:
            return [f"{p}.slice = ", expression("duration", s)]
        case 1:
            return [f"{p}.vtime {s.r.choice(('=', '='))} ", expression("vtime", s)]
        case 2:
            return [f"{p}.vtime += ", expression("duration", s)]
    return [f"{p}.slice -= ", expression("duration", s)]


def _kick(s: Scope, depth: int) -> Parts | None:
    if _waits(s):
        return None
    if s.callback in ("dispatch", ""):  # a dispatch that kicks its own CPU never comes to rest
        return None
    flag = s.r.choice(("", ".idle", ".preempt"))
    return [expression("cpu", s, 1), f".kick({flag})"]


def _effect(s: Scope, depth: int) -> Parts | None:
    if _waits(s) or s.pure:
        return None
    if s.r.random() < 0.6 or s.quiet:
        return ["log \"v {", expression("u64", s, 1), "} {", expression("i64", s, 1), "} {", expression("bool", s, 1), "}\""]
    return ["let _ = ", expression("cpu", s, 1), ".claim()"]


def _store(s: Scope, depth: int) -> Parts | None:
    """Into a map."""
    if not s.maps or s.quiet:
        return None
    name, kind, key, value = s.r.choice(s.maps)
    if kind in ("queue", "stack"):
        return [f"let _ = {name}.push(", expression(value, s, 2), ")"]
    if s.r.random() < 0.5:
        return [f"{name}[", expression(key, s, 2), "] = ", expression(value, s, 2)]
    return [f"let _ = {name}.remove(", expression(key, s, 2), ")"]


def _histogram(s: Scope, depth: int) -> Parts | None:
    if _waits(s):
        return None
    return [f"{s.r.choice(s.hists)}.add(", expression(s.r.choice(("u64", "duration")), s, 2), ")"] if s.hists else None


def _timer(s: Scope, depth: int) -> Parts | None:
    if _waits(s):
        return None
    if not s.timers or not s.callback:
        return None
    name = s.r.choice(s.timers)
    if s.quiet and "." in name:
        return None
    if s.quiet:
        return s.r.choice(([f"if true {{ {name}.start(1ms) }}"], [f"{name}.stop()"]))
    if s.r.random() < 0.3:
        return [f"if !{name}.armed {{ {name}.start({s.r.choice(('1ms', '7ms'))}, pinned) }}"]
    return s.r.choice(([f"let _ = {name}.start({s.r.choice(('1ms', '7ms', '200us'))})"], [f"{name}.stop()"]))


def _error(s: Scope, depth: int) -> Parts | None:
    if s.r.random() > 0.25:
        return None
    return ["if ", expression("bool", s), " && ", expression("bool", s), " && ", expression("bool", s, 1), " { error \"gone {", expression("i32", s, 1), "} {", expression("duration", s, 1), "}\" }"]


def _return(s: Scope, depth: int) -> Parts | None:
    if s.r.random() > 0.3:
        return None
    value: Parts = [" ", expression(s.result, s, 2)] if s.result else []
    return ["if ", expression("bool", s, 2), " { return", *value, " }"]


def _call(s: Scope, depth: int) -> Parts | None:
    found = [f for f in s.functions if not f.result]
    return call(s.r.choice(found), s, 2) if found else None


def _leave_loop(s: Scope, depth: int) -> Parts | None:
    if s.loops <= 0:
        return None
    return ["if ", expression("bool", s, 2), f" {{ {s.r.choice(('break', 'continue'))} }}"]


def _owner(s: Scope, depth: int) -> Parts | None:
    return owners.keep(s, depth)


# ---- nested


def _opened_owner(s: Scope, depth: int) -> Parts | None:
    return owners.opened(s, depth, block)


def _if(s: Scope, depth: int) -> Parts | None:
    parts: Parts = ["if ", expression("bool", s), " ", block(s, 3, depth - 1)]
    while s.r.random() < 0.3:
        parts += [" else if ", expression("bool", s), " ", block(s, 2, depth - 1)]
    if s.r.random() < 0.5:
        parts += [" else ", block(s, 3, depth - 1)]
    return parts


def _if_let(s: Scope, depth: int) -> Parts | None:
    t = s.r.choice(("u32", "i64", "u64"))
    arrays = s.arrays(t)
    if not arrays:
        return None
    name = s.fresh("o")
    parts: Parts = ["if "]
    if s.r.random() < 0.4:
        parts += [expression("bool", s), " && "]
    parts += [f"let {name} = {s.r.choice(arrays)[0]}.get(", expression("u64", s, 2), ")"]
    with s.block():
        s.names.append((name, t, False))
        if s.r.random() < 0.4:
            parts += [" && ", expression("bool", s)]
        parts += [" ", block(s, 3, depth - 1)]
    if s.r.random() < 0.5:
        parts += [" else ", block(s, 2, depth - 1)]
    return parts


def _loop(s: Scope, depth: int) -> Parts | None:
    if s.loops >= 2:
        return None
    s.loops += 1
    name = s.fresh("i")
    with s.block():
        match 0 if s.quiet else s.r.randrange(5):
            case 0:
                t = s.r.choice(("u64", "i64"))
                low = s.r.randrange(-3 if t == "i64" else 0, 4)
                head: Parts = [f"for {name} in {low} {s.r.choice(('..', '..='))} {max(0, low + s.r.randrange(-1, 6))} "]
                s.names.append((name, "i64" if low < 0 else "u64", False))
                if low < 0:
                    head = [f"for {name} in ({low} as i64) .. {s.r.randrange(1, 5)} "]
            case 1:
                head = [f"for {name} in 0 .. (", expression("u64", s, 2), f" % {s.r.randrange(1, 9)}) "]
                s.names.append((name, "u64", False))
            case 2:
                head = [f"repeat {s.r.randrange(5)} " if s.r.random() < 0.5 else "repeat ("]
                if head == ["repeat ("]:
                    head += [expression("u64", s, 2), f" % {s.r.randrange(1, 7)}) "]
            case 3:
                head = ["while ", expression("bool", s), f" max {s.r.randrange(1, 7)} "]
            case _:
                arrays = [(n, of) for of in ("u32", "i64") for n, _ in s.arrays(of)]
                if not arrays:
                    s.loops -= 1
                    return None
                array, of = s.r.choice(arrays)
                head = [f"for {name} in {array} "]
                s.names.append((name, of, False))
        parts: Parts = [*head, block(s, 4, depth - 1)]
    s.loops -= 1
    if s.r.random() < 0.25:
        parts += [" else ", otherwise(s, depth)]
    return parts


def _machine_loop(s: Scope, depth: int) -> Parts | None:
    """Over CPUs, tasks of a queue, or sets."""
    if s.loops >= 2 or not s.callback or s.quiet:
        return None
    s.loops += 1
    name, kind = s.fresh("i"), s.r.choice(("cpus", "online", "possible", "idle_cpus"))
    with s.block():
        s.names.append((name, "cpu", False))
        parts: Parts = [f"for {name} in {kind} ", block(s, 3, depth - 1)]
    s.loops -= 1
    return parts


def _match(s: Scope, depth: int) -> Parts | None:
    if not s.enums:
        return None
    return match_enum(s, 2, lambda: block(s, 2, depth - 1))


def _ask(s: Scope, depth: int) -> Parts | None:
    return plain_data.ask(s, depth, block)


def _walk(s: Scope, depth: int) -> Parts | None:
    return plain_data.walk(s, depth, block)


def _opened_variant(s: Scope, depth: int) -> Parts | None:
    return plain_data.opened(s, depth, block)


_SIMPLE = (_let, _let, _let_tuple, _assign, _assign, _assign_element, _update, _update, _count, _task, _kick, _effect, _error, _return, _call, _leave_loop, _store, _histogram, _timer, _owner, _owner, plain_data.change, plain_data.nested)
_NESTED = [_if, _if, _if_let, _loop, _loop, _match, _machine_loop, _opened_owner, _ask, _walk, _opened_variant]
