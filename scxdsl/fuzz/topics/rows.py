# SPDX-License-Identifier: GPL-2.0-only
"""Rows: members of cores, caches, nodes, tables of the policy's own; queues, counters and histograms as members."""

from ..expressions import expression
from ..scope import SCALARS, Scope
from ..statements import block, otherwise
from ..topic import Parts, Topic, declaration
from ..tree import Node

KINDS = ("core", "llc", "node")


def _declare(s: Scope) -> list[Node]:
    out = []
    for kind in s.r.sample(KINDS, s.r.randrange(1, 3)):
        out.append(declaration(f"per {kind} {{ ", *_members(s, kind), " }"))
    name = s.fresh("d")
    capacity = s.r.choice((1, 2, 4, 9))
    count = s.r.choice(("", "", f" count {s.r.randrange(1, capacity + 1)}"))
    if s.r.random() < 0.2:
        limit = s.fresh("p")
        out.append(declaration(f"param {limit}: u32 = 1 in 1 ..= {capacity}"))
        s.globals.append((limit, "u32", False))
        count = f" count {limit}"
    out.append(declaration(f"table {name}[{capacity}]{count} {{ ", *_members(s, name), " }"))
    s.made("tables").append(name)
    if s.r.random() < 0.4:
        queue, kind = s.fresh("q"), s.r.choice(KINDS)
        s.made("indexed").append((queue, kind, s.r.random() < 0.5))
        out.append(declaration(f"dsq {queue}[{kind}]"))
    if s.r.random() < 0.4:  # state of tasks that names a row
        field = s.fresh("n")
        s.made("homes").append((field, name))
        s.made("rows").append("task")
        out.append(declaration(f"per task {{ {field}: {name}? }}"))
    return out


def _members(s: Scope, kind: str) -> list[str]:
    fields = [(s.fresh("n"), s.r.choice((*SCALARS, "[u32; 4]"))) for _ in range(s.r.randrange(1, 4))]
    s.made(f"fields of {kind}").extend(fields)
    out = []
    for n, t in fields:
        first = " = [1; 4]" if t == "[u32; 4]" and s.r.random() < 0.5 else " = 3" if t in ("u64", "u8") and s.r.random() < 0.5 else ""
        out.append(f"{n}: {t}{first}")
    for word, note in (("stat", "counters"), ("hist", "hists"), ("dsq", "queues")):
        if s.r.random() < 0.4:
            name = s.fresh("n")
            s.made(f"{note} of {kind}").append(name)
            out.append(f"{word} {name}")
    if s.r.random() < 0.4:
        name = s.fresh("n")
        s.made(f"atomics of {kind}").append((name, "u64"))
        out.append(f"atomic {name}: u64")
    return [s.r.choice(("; ", "\n")).join(out), s.r.choice(("", ";"))]


def _index(s: Scope, kind: str) -> str | None:
    """Something that names a row."""
    known = [n for n, t, _ in s.names if t == kind]
    if kind in KINDS and s.callback and not s.quiet:
        known += [f"this_cpu.{kind}"]
        known += [f"{n}.{kind}" for n, t, _ in s.names if t == "cpu"]
    return s.r.choice(known) if known else None


def _kinds(s: Scope) -> list[str]:
    return [k for k in (*KINDS, *s.made("tables")) if s.made(f"fields of {k}")]


def _field(t: str, s: Scope, depth: int) -> Parts | None:
    if not s.callback or s.quiet:
        return None
    kind = s.r.choice(_kinds(s))
    at, found = _index(s, kind), [n for n, of in s.made(f"fields of {kind}") if of == t]
    if at is None:
        return None
    atomics = [n for n, of in s.made(f"atomics of {kind}") if of == t]
    if atomics and s.r.random() < 0.4:
        return [f"{at}.{atomics[0]}.{s.r.choice(('add', 'swap', 'raise'))}(", expression(t, s, depth), ")"]
    if t == "u64" and s.r.random() < 0.2:
        return [f"{at}.index"] if s.r.random() < 0.5 else [f"({at} as u64)"]
    return [f"{at}.{s.r.choice(found)}"] if found else None


def _set(s: Scope, depth: int) -> Parts | None:
    if not s.callback or s.quiet:
        return None
    kind = s.r.choice(_kinds(s))
    at = _index(s, kind)
    if at is None:
        return None
    counters, hists = s.made(f"counters of {kind}"), s.made(f"hists of {kind}")
    if counters and s.r.random() < 0.3:
        return [f"{at}.{counters[0]} += 1"]
    if hists and s.r.random() < 0.3:
        return [f"{at}.{hists[0]}.add(", expression(s.r.choice(("u64", "duration")), s, 2), ")"]
    name, t = s.r.choice(s.made(f"fields of {kind}"))
    if t == "[u32; 4]":
        return [f"{at}.{name}[", expression("u64", s, 1), " % 4] = ", expression("u32", s, 1)]
    return [f"{at}.{name} = ", expression(t, s, 2)]


def _open(s: Scope, depth: int) -> Parts | None:
    """A number becomes an index, where it names a row."""
    if not s.callback or s.quiet or s.loops >= 2:
        return None
    kind = s.r.choice((*_kinds(s), "cpu"))
    name = s.fresh("v")
    asked: Parts = [f"{kind}(", expression(s.r.choice(("u64", "i64", "u8")), s, 1), " % 5)"]
    if s.r.random() < 0.3:
        homes = [f"{p}.{f}" for p in s.tasks for f, of in s.made("homes") if of == kind]
        asked = [s.r.choice(homes)] if homes else asked
    with s.block():
        s.names.append((name, kind, False))
        parts: Parts = [f"if let {name} = ", *asked, " ", block(s, 3, depth - 1)]
    return [*parts, " else ", block(s, 2, depth - 1)] if s.r.random() < 0.4 else parts


def _home(s: Scope, depth: int) -> Parts | None:
    homes = [(f"{p}.{f}", of) for p in s.tasks for f, of in s.made("homes")]
    if not homes or s.quiet or not s.callback:
        return None
    place, of = s.r.choice(homes)
    known = [n for n, t, _ in s.names if t == of]
    if known and s.r.random() < 0.5:
        return [f"{place} = {s.r.choice(known)}"]
    return [f"{place} = {of}(", expression("u64", s, 1), " % 5)"] if s.r.random() < 0.8 else [f"{place} = none"]


def _walk(s: Scope, depth: int) -> Parts | None:
    if not s.callback or s.quiet or s.loops >= 2:
        return None
    kind = s.r.choice((*KINDS, *s.made("tables"), "cpus"))
    name, of = s.fresh("i"), "cpu" if kind == "cpus" else kind
    start: Parts = []
    if kind == "cpus" and s.r.random() < 0.6:
        start = [" from ", expression("cpu", s, 1)]
    s.loops += 1
    with s.block():
        s.names.append((name, of, False))
        parts: Parts = [f"for {name} in {kind}", *start, " ", block(s, 3, depth - 1)]
    s.loops -= 1
    return [*parts, " else ", otherwise(s, depth)] if s.r.random() < 0.4 else parts


def _queue(s: Scope, depth: int) -> Parts | None:
    """Queues of rows: what waits there, and moves from there."""
    if not s.callback or s.quiet:
        return None
    found = [f"{at}.{q}" for k in _kinds(s) for q in s.made(f"queues of {k}") if (at := _index(s, k))]
    found += [f"{q}[{at}]" for q, k, _ in s.made("indexed") if (at := _index(s, k))]
    if not found:
        return None
    queue = s.r.choice(found)
    if s.callback == "dispatch":
        return [f"if {queue}.move_to_local() {{ {'break' if s.loops else 'return'} }}"]
    return [f"log \"{{{queue}.len}}\""]


def inserts(s: Scope, p: str) -> Parts | None:
    """An insert into the queue of a row."""
    found = [(f"{at}.{q}", False) for k in _kinds(s) for q in s.made(f"queues of {k}") if k in KINDS and (at := _index(s, k))]
    found += [(f"{q}[{at}]", ordered) for q, k, ordered in s.made("indexed") if (at := _index(s, k))]
    if not found:
        return None
    queue, ordered = s.r.choice(found)
    return [f"{queue}.insert({p}, ", expression("duration", s, 1), *([", vtime: ", expression("vtime", s, 1)] if ordered else []), ")"]


def moves(s: Scope) -> list[str]:
    """Statements of dispatch that empty those queues."""
    out = []
    for k in KINDS:
        out += [f"for {(i := s.fresh('i'))} in {k} {{ if {i}.{q}.move_to_local() {{ return }} }}" for q in s.made(f"queues of {k}")]
    return out + [f"for {(i := s.fresh('i'))} in {k} {{ if {q}[{i}].move_to_local() {{ return }} }}" for q, k, _ in s.made("indexed")]


TOPIC = Topic(
    "rows", 0.35, declare=_declare, simple=(_set, _set, _home, _queue), nested=(_open, _open, _walk, _walk), any_type=(_field,),
)  # fmt: skip
