# SPDX-License-Identifier: GPL-2.0-only
"""Whole well-typed policies from a seed: declarations, functions, callbacks. A generated policy schedules its tasks in some
way; whether that is wise does not matter, as both engines must agree on what it does."""

import random

from . import exchange, large, owners, plain_data, seldom
from .callbacks import callbacks, clauses
from .expressions import expression, simplest
from .scope import SCALARS, Fn, Scope
from .statements import block, statement
from .topic import declaration
from .topics import TOPICS
from .tree import Node

def generate(seed: int) -> Node:
    """A policy as a tree; its text is `str` of it."""
    r = random.Random(seed)
    s = Scope(r)
    seldom.begin(s, seed)
    s.topics = tuple(t for t in TOPICS if r.random() < t.share)
    makers = (structs, enums, _types_of_topics, _params, _variables, _plain_data, _queues, _state, owners.declared, _of_topics, functions, lambda s: large.declarations(s, seed), _timers,
              _late)  # fmt: skip
    made = [node for make in makers for node in make(s)]
    head = f"scheduler generated{clauses(s)}\n\n"
    made += callbacks(s)
    s.topics = ()  # of what topics add much may not stand in programs beside the callbacks
    made += exchange.declarations(s, seed)
    made += seldom.declarations(s)
    return Node("policy", [head, *(part for node in made for part in (node, "\n")), r.choice(("", "", ";\n"))])


def _plain_data(s: Scope) -> list[Node]:
    return [declaration(d) for d in plain_data.declarations(s)]


def _types_of_topics(s: Scope) -> list[Node]:
    return [node for topic in s.topics for node in topic.types(s)]


def _of_topics(s: Scope) -> list[Node]:
    return [node for topic in s.topics for node in topic.declare(s)]


def _late(s: Scope) -> list[Node]:
    return [node for topic in s.topics for node in topic.late(s)]


def structs(s: Scope) -> list[Node]:
    out = []
    for _ in range(s.r.choice((0, 1, 1, 2))):
        name = s.fresh("S")
        few = s.r.sample(SCALARS, 2)  # so that some fields have one type
        types = [*few, *few, *SCALARS, "[u32; 4]", *s.structs]
        fields = tuple((s.fresh("f"), s.r.choice(types)) for _ in range(s.r.randrange(1, 5)))
        out.append(declaration(f"struct {name} {{ {', '.join(f'{n}: {t}' for n, t in fields)} }}"))
        s.structs[name] = fields
    return out


def enums(s: Scope) -> list[Node]:
    if s.r.random() < 0.6:
        return []
    name = s.fresh("E")
    variants = tuple(
        (s.fresh("k"), tuple(s.r.choice(("u64", "i32", "bool", "vtime", "u8")) for _ in range(s.r.choice((0, 0, 1, 2)))))
        for _ in range(s.r.randrange(2, 4))
    )
    s.enums[name] = variants
    shown = ", ".join(f"{n}({', '.join(p)})" if p else n for n, p in variants)
    return [declaration(f"enum {name} {{ {shown} }}")]


def _params(s: Scope) -> list[Node]:
    out = []
    choices = {
        "duration": ("5ms", "20ms", "100us"), "u64": ("0", "7", "18446744073709551615"), "u32": ("3", "4294967295"),
        "bool": ("true", "false"), "i64": ("-5", "9"), "u8": ("200", "0"), "i16": ("-300", "44"),
    }  # fmt: skip
    for _ in range(s.r.randrange(4)):
        t = s.r.choice(list(choices))
        name = s.fresh("p")
        limits = " in 1us ..= 1s" if t == "duration" and s.r.random() < 0.5 else ""
        out.append(declaration(f"param {name}: {t} = {s.r.choice(choices[t])}{limits}"))
        s.globals.append((name, t, False))
        s.made("parameters").append(name)
    return out


def _variables(s: Scope) -> list[Node]:
    out = []
    firsts = {"u64": ("0", "1000"), "i64": ("-1", "5"), "u8": ("255",), "duration": ("2ms",), "bool": ("true",), "i32": ("-7",)}
    for _ in range(s.r.randrange(1, 6)):
        t = s.r.choice(("u64", "u64", "i64", "u32", "u16", "u8", "i32", "i8", "bool", "duration", "vtime", "time"))
        name, how = s.fresh("g"), s.r.random()
        first = f" = {s.r.choice(firsts[t])}" if t in firsts and s.r.random() < 0.5 else ""
        storage = "percpu " if how < 0.15 and not first else "atomic " if how < 0.3 and t in ("u64", "u32") else ""
        out.append(declaration(f"{storage}var {name}: {t}{first}"))
        s.globals.append((name, t, storage != "atomic "))
        if storage == "atomic ":
            s.stats.append(name)  # it can be counted up like a counter
    for _ in range(s.r.choice((1, 1, 2)) if s.structs else 0):
        t = s.r.choice(list(s.structs))
        name = s.fresh("g")
        out.append(declaration(f"var {name}: {t}"))
        s.globals.append((name, t, True))
    if s.r.random() < 0.4:
        t = s.r.choice(("[u32; 4]", "[i64; 3]", "[u8; 5]", "[u64; 2]"))
        name = s.fresh("g")
        out.append(declaration(f"var {name}: {t}"))
        s.globals.append((name, t, True))
    names = [s.fresh("c") for _ in range(s.r.randrange(3))]
    if names:
        out.append(declaration(f"stat {', '.join(names)}"))
        s.stats += names
    return out


def _queues(s: Scope) -> list[Node]:
    out = []
    for _ in range(s.r.randrange(1, 4)):
        name = s.fresh("q")
        ordered = s.r.random() < 0.5
        if s.r.random() < 0.25:
            count, second = s.r.randrange(2, 5), s.r.choice((0, 0, 2, 3))
            out.append(declaration(f"dsq {name}[{count}]{f'[{second}]' if second else ''}"))
            rows = [f"{name}[{i}]{f'[{second - 1}]' if second else ''}" for i in range(count)]
            (s.ordered if ordered else s.fifo).extend(rows)
        else:
            out.append(declaration(f"dsq {name}"))
            (s.ordered if ordered else s.fifo).append(name)
    return out


def _state(s: Scope) -> list[Node]:
    """Members of tasks and CPUs, maps, histograms, atomics that give their old value."""
    out = []
    for kind, fields in (("task", s.task_fields), ("cpu", s.cpu_fields)):
        if s.r.random() < 0.5:
            fields += [(s.fresh("n"), s.r.choice(SCALARS)) for _ in range(s.r.randrange(1, 4))]
            out.append(declaration(f"per {kind} {{ {'; '.join(f'{n}: {t}' for n, t in fields)} }}"))
    for _ in range(s.r.choice((0, 0, 1, 2))):
        name, kind = s.fresh("m"), s.r.choice(("hash", "lru", "array", "queue", "stack"))
        key, value = s.r.choice(("u64", "u32", "i32", "u8")), s.r.choice(("u64", "i32", "duration", "vtime", "u8", "bool"))
        size, count = s.r.choice((1, 2, 4, 16)), s.r.choice((0, 0, 1, 2, 3, 7))
        row = f"[{count}]" if count else ""
        if kind in ("queue", "stack"):
            out.append(declaration(f"map {name}{row}: {kind}<{value}>[{size}]"))
        elif kind == "array":
            key = "u64"
            out.append(declaration(f"map {name}{row}: array<{value}>[{size}]"))
        else:
            out.append(declaration(f"map {name}{row}: {kind}<{key}, {value}>[{size}]"))
        numbers = [str(i) for i in range(min(count, 2))] + [f"{g} % {count}" for g, t, _ in s.globals if count and t in ("u64", "u32")][:2]
        s.maps += [(f"{name}[{i}]", kind, key, value) for i in numbers] if count else [(name, kind, key, value)]
    if s.r.random() < 0.3:
        name = s.fresh("h")
        s.hists.append(name)
        out.append(declaration(f"hist {name}"))
    for _ in range(s.r.choice((0, 0, 1))):
        name, t = s.fresh("x"), s.r.choice(("u64", "i64", "u32", "i32", "vtime"))
        s.atomics.append((name, t))
        out.append(declaration(f"atomic var {name}: {t}"))
    return out


def _timers(s: Scope) -> list[Node]:
    if s.r.random() < 0.7:
        return []
    name = s.fresh("t")
    every = f" every {s.r.choice(('3ms', '10ms', '500us'))}" if s.r.random() < 0.5 else ""
    s.callback, s.result, s.tasks, s.room = "timer", "", [], 8
    body = block(s, 4)
    if s.r.random() < 0.3:  # of each CPU
        s.timers.append(f"this_cpu.{name}")
        return [declaration(f"per cpu {{ timer {name}{every} ", body, " }\n")]
    s.timers.append(name)
    return [declaration(f"timer {name}{every} ", body, "\n")]


def functions(s: Scope, given: tuple[tuple[str, str], ...] = ()) -> list[Node]:
    """`given`: names and types of parameters that each of them has first."""
    out = []
    for _ in range(s.r.choice((0, 1, 1, 2, 3))):
        name = s.fresh("fn")
        first = tuple((n, t, False) for n, t in given)
        params = (*first, *((s.fresh("a"), s.r.choice(SCALARS), s.r.random() < 0.25) for _ in range(s.r.randrange(4))))
        result = s.r.choice((*SCALARS, "u64", "u32", "i64", "", *s.structs))
        s.callback, s.result, s.tasks, s.room = "", result, [], 8
        with s.block():
            s.names += [(n, t, m) for n, t, m in params]
            body = _body(s, 4, result)
        signature = ", ".join(f"{'mut ' if m else ''}{n}: {t}" for n, t, m in params)
        out.append(declaration(f"fn {name}({signature}){f' -> {result}' if result else ''} ", body, "\n"))
        s.functions.append(Fn(name, params, result))
    return out


def _body(s: Scope, count: int, result: str) -> Node:
    """A body that ends with a value where one is wanted."""
    if not result:
        return block(s, count)
    return block(s, count, last=lambda: [_result(s, result)])


def _result(s: Scope, result: str) -> Node:
    value = expression(result, s)
    return Node("result", ["return " if s.r.random() < 0.5 else "", value])


__all__ = ["generate", "simplest", "statement"]
