# SPDX-License-Identifier: GPL-2.0-only
"""Ordered trees under their lock."""

from ..expressions import expression
from ..scope import BITS, SIGNED, Scope
from ..topic import Parts, Topic, declaration
from ..tree import Node
from .locks import _before, quiet

_KEYS = ("u64", "i64", "u32", "i32", "vtime", "duration", "u8")


def _types(s: Scope) -> list[Node]:
    name = s.fresh("S")
    fields = tuple((s.fresh("f"), t) for t in (s.r.choice(_KEYS), s.r.choice(_KEYS), s.r.choice(("u64", "u32", "i64")), "i32"))
    s.structs[name] = fields
    s.made("nodes").append(name)
    return [declaration(f"struct {name} {{ {', '.join(f'{n}: {t}' for n, t in fields)} }}")]


def _declare(s: Scope) -> list[Node]:
    node = s.made("nodes")[0]
    (key, key_type), (v, v_type), (w, w_type), _ = s.structs[node]
    tree, lock, capacity = s.fresh("t"), s.fresh("l"), s.r.choice((1, 2, 3, 7, 15))
    kept = []
    if s.r.random() < 0.7:
        kept.append((s.fresh("k"), s.r.choice(("min", "max")), v, v_type))
    if s.r.random() < 0.5:
        kept.append((s.fresh("k"), "sum", w, "i64" if w_type in SIGNED else "u64"))
    by = key if s.r.random() < 0.7 or key_type not in BITS else f"{key} + {s.r.randrange(9)}"
    keeping = f" keeping {', '.join(f'{n} = {how}({of})' for n, how, of, _ in kept)}" if kept else ""
    s.made("trees").append((tree, lock, node, tuple(kept)))
    slot = s.fresh("n")
    s.made("slots").append(f"this_cpu.{slot}")
    return [declaration(f"tree {tree}[{capacity}]: {node} by {by}{keeping}"), declaration(f"lock {lock} guards {tree}"), declaration(f"per cpu {{ {slot}: slot? }}")]


def _use(s: Scope, depth: int) -> Parts | None:
    """One operation in a callback: each costs the verifier some 25,000 instructions."""
    if s.quiet or not s.callback or s.loops or s.opaque.get("tree budget", 0) >= 6:
        return None
    s.opaque["tree budget"] = s.opaque.get("tree budget", 0) + 1
    tree, lock, node, kept = s.r.choice(s.made("trees"))
    slot = s.made("slots")[0]
    parts = _before(s)
    with s.block(), quiet(s, lock):
        value = expression(node, s, 2)
        bound = [k for k in kept if k[1] in ("min", "max")]
        condition: Parts = [""]
        if bound and s.r.random() < 0.6:
            name, how, field, t = s.r.choice(bound)
            relation = s.r.choice(("<", "<=")) if how == "min" else s.r.choice((">", ">="))
            condition = [f"{s.r.choice((name, field))} {relation} ", expression(t, s, 1)]
        match s.r.randrange(6):
            case 0 | 1:
                parts += [f"under {lock} {{ {slot} = {tree}.insert(", value, ") }"]
                return parts
            case 2:
                parts += [f"if let {(n := s.fresh('v'))} = {slot} {{ under {lock} {{ let _ = {tree}.remove({n}) }} }}"]
                return parts
            case 3:
                name = s.fresh("v")
                parts += [f"let {name} = under {lock} {{ {tree}.{s.r.choice(('first', 'pop'))}(", *condition, f") ?? {tree}.pop() }}\n"]
            case 4:
                name = s.fresh("v")
                parts += [f"let {name} = under {lock} {{ {tree}.{s.r.choice(('first', 'pop'))}(", *condition, ") }\n"]
            case _:
                name = s.fresh("v")
                parts += [f"let {name} = under {lock} {{ {tree}.insert(", value, f") }}\nif let {(n := s.fresh('v'))} = {name} {{ log \"{{{tree_len(tree)}}}\" }}"]
                parts[-1] = parts[-1].replace(f"let {n} = {name}", f"let _ = {name}")
                return parts
    found = s.fresh("v")
    field, t = s.r.choice(s.structs[node])
    then = s.r.choice([f"log \"node {{{found}.{field}}}\"", f"log \"{{{found}.{field}}} {{{found}.{s.structs[node][0][0]}}}\""])
    return [*parts, f"if let {found} = {name} {{ {then} }}"]


def tree_len(tree: str) -> str:
    return f"racy {tree}.len"


def _kept(t: str, s: Scope, depth: int) -> Parts | None:
    if s.quiet:
        return None
    out: list[Parts] = []
    for tree, _, _, kept in s.made("trees"):
        if t == "u64":
            out.append([f"(racy {tree}.len)"])
        for name, how, _, of in kept:
            if how == "sum" and of == t:
                out.append([f"(racy {tree}.{name})"])
            elif how != "sum" and of == t in ("u64", "i64", "vtime", "duration"):
                out.append([f"((racy {tree}.{name}) ?? ", expression(t, s, depth), ")"])
    return s.r.choice(out) if out else None


TOPIC = Topic("trees", 0.15, types=_types, declare=_declare, simple=(_use, _use), of={k: (_kept,) for k in ("unsigned", "signed", "vtime", "duration")})
