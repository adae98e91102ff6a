# SPDX-License-Identifier: GPL-2.0-only
"""Spellings: the ways in which the grammar lets one thing be written, and forms that stand in few policies."""

from ..expressions import expression
from ..scope import Scope
from ..statements import block
from ..topic import Parts, Topic, declaration
from ..tree import Node


def _types(s: Scope) -> list[Node]:
    number = s.fresh("N")
    s.made("bounds").append(number)
    out = [declaration(f"const {number} = {s.r.randrange(5, 200)}\n")]
    name, a, b = s.fresh("S"), s.fresh("f"), s.fresh("f")
    s.structs[name] = ((a, "u32"), (b, "i16"))
    out.append(declaration(s.r.choice((
        f"struct {name} {{\n{a}: u32 = 3,\n{b}: i16\n}}", f"struct {name} {{ {a}: u32; {b}: i16 = -4; }}\n;", f"struct {name} {{\n{a}: u32\n{b}: i16,\n}}\n\n",
    ))))  # fmt: skip
    if s.r.random() < 0.3:
        out.append(declaration(f"struct {s.fresh('S')} {{ }}"))
        out.append(declaration(f"enum {s.fresh('E')} {{ }}\n;"))
    name, first, second = s.fresh("E"), s.fresh("k"), s.fresh("k")
    s.made("named payloads").append(first)
    s.enums[name] = ((first, ("u64", "i32")), (second, ("u8",)))
    s.made("spelled").append((name, first, second))
    out.append(declaration(s.r.choice((f"enum {name} {{ {first}(x0: u64, x1: i32,); {second}(u8) }}", f"enum {name} {{\n{first}(x0: u64, x1: i32),\n{second}(u8),\n}}"))))
    return out


def _declare(s: Scope) -> list[Node]:
    out = []
    a, b, c = s.fresh("q"), s.fresh("q"), s.fresh("g")
    s.fifo += [a, f"{b}[0]", f"{b}[1]"]
    out.append(declaration(f"dsq {a}, {b}[2]"))
    d = s.fresh("g")
    out.append(declaration(f"var {c}, {d} = {s.r.choice(('5', '0'))}"))
    s.globals += [(c, "u64", True), (d, "u64", True)]
    both = s.fresh("g")
    s.globals.append((both, "u64", True))
    out.append(declaration(f"{s.r.choice(('atomic percpu', 'percpu atomic'))} var {both}: u64;"))
    m = s.fresh("m")
    s.made("pair maps").append(m)
    out.append(declaration(f"map {m}: hash<(u32, u8), u64,>[4]"))
    some, none, word = s.fresh("n"), s.fresh("n"), s.fresh("n")
    s.made("bounded").append(some)
    s.made("empty").append(none)
    out.append(declaration(f"per cpu {{ {some}: [u32; ..4]; {none}: [u8; 0]; atomic {word}: u32 = 7 }}"))
    out.append(declaration("per task { }"))
    held, lock = s.fresh("n"), s.fresh("l")
    s.made("far locks").append((lock, held))
    out.append(declaration(f"per cpu {{ {held}: u64 }}\nlock {lock} guards cpu.{held}"))
    out.append(_triple(s))
    return out


def _triple(s: Scope) -> Node:
    name = s.fresh("fn")
    s.made("triples").append(name)
    s.callback, s.result, s.tasks = "", "", []
    parts: Parts = [f"fn {name}() -> (u64, u8, bool,) {{ (", expression("u64", s, 1), ", ", expression("u8", s, 1), ", ", expression("bool", s, 1), ") }\n"]
    return declaration(*parts)


def _table(s: Scope) -> list[Node]:
    """A table whose rows have a tree each."""
    if s.r.random() > 0.4 or s.made("row trees"):
        return []
    node, table, lock, tree, key = s.fresh("S"), s.fresh("d"), s.fresh("l"), s.fresh("t"), s.fresh("f")
    s.structs[node] = ((key, "u64"),)
    s.made("row trees").append((table, lock, tree, node))
    return [declaration(f"struct {node} {{ {key}: u64 }}"), declaration(f"table {table}[2] {{\nlock {lock} guards {tree}\ntree {tree}[3]: {node} by {key}\n}}")]


def _row_tree(s: Scope, depth: int) -> Parts | None:
    if not s.made("row trees") or s.quiet or s.loops or not s.callback or s.opaque.get("tree budget", 0) >= 6:
        return None
    s.opaque["tree budget"] = s.opaque.get("tree budget", 0) + 1
    table, lock, tree, node = s.made("row trees")[0]
    row, found = s.fresh("v"), s.fresh("v")
    key = s.structs[node][0][0]
    if s.r.random() < 0.5:
        value = s.fresh("v")
        return [f"let {value} = ", expression("u64", s, 1), f"\nif let {row} = {table}(", expression("u64", s, 1), f" % 3) {{ under {row}.{lock} {{ let _ = {row}.{tree}.insert({node}({key}: {value})) }} }}"]
    return [f"if let {row} = {table}(", expression("u64", s, 1), f" % 3) {{\nlet {found} = under {row}.{lock} {{ {row}.{tree}.pop() }}\nif let {(n := s.fresh('v'))} = {found} {{ log \"{{{n}.{key}}}\" }}\n}}"]


def _far(s: Scope, depth: int) -> Parts | None:
    if s.quiet or not s.callback:
        return None
    lock, held = s.made("far locks")[0]
    return [f"under {lock} {{ this_cpu.{held} += 1; this_cpu.{held} ^= {s.r.randrange(1, 99)}; }}"]


def _arms(s: Scope, depth: int) -> Parts | None:
    """Arms that are statements; a match without any."""
    if s.r.random() < 0.1:
        return ["match ", expression("u32", s, 1), " { }"]
    places = s.reach("u64", write=True)
    if not places:
        return None
    a, n = s.r.choice(places), s.made("bounds")[0]
    other: Parts = ["if ", expression("bool", s, 1), " ", block(s, 1, 0), " else if ", expression("bool", s, 0), f" {{ {a} = 1; }}"]
    return ["match ", expression("u64", s, 2), f" {{\n{n} => {a} += 2\n3 .. {n} => ", *other, f"\n{n} ..= 1000 => {a} = ", expression("u64", s, 1), s.r.choice(("\nelse => { }\n}", ", else => { },\n}"))]


def _module_bounds(t: str, s: Scope, depth: int) -> Parts | None:
    found = [name for module, name in s.made("modules") if module == "pelt"]
    if not found:
        return None
    return ["(match ", expression("u64", s, depth), f" {{ {found[0]}.PERIOD => ", expression(t, s, depth), f", 1 .. {found[0]}.LIMIT => ", expression(t, s, depth), ", else => ", expression(t, s, depth), " })"]


def _spelled(t: str, s: Scope, depth: int) -> Parts | None:
    enum, first, second = s.made("spelled")[0]
    v = s.fresh("v")
    subject: Parts = [f"{{ let {v}: {enum} = .{first}(x0: ", expression("u64", s, depth), ", x1: ", expression("i32", s, depth), f"); {v} }}"]
    return ["(match ", *subject, f" {{ .{first}(x0: 7, x1: _) => ", expression(t, s, depth), f", .{first}(x0: _, x1: _,) => ", expression(t, s, depth), f", .{second}(_) => ", expression(t, s, depth), " })"]


def _odd(s: Scope, depth: int) -> Parts | None:
    cpu = bool(s.callback) and not s.quiet
    a, b, c = s.fresh("v"), s.fresh("v"), s.fresh("v")
    some: list[Parts] = [
        [f"let {a}: {s.r.choice(('u64', 'i8', 'duration'))}"], [f"let mut {b}: u32\n;"], ["{ }"],
        [f"let ({a}, {b}, {c}) = (", expression("u64", s, 1), ", ", expression("vtime", s, 1), ", ", expression("bool", s, 1), ");"],
    ]  # fmt: skip
    if cpu:
        bounded, none, pairs = s.made("bounded")[0], s.made("empty")[0], s.made("pair maps")[0]
        triple = s.made("triples")[0]
        some += [
            [f"let mut ({a}, {b}, {c}) = {triple}()\n{a} += {b}; {c} = !{c}"], [f"this_cpu.{none} = []"],
            [f"let _ = {pairs}.put((", expression("u32", s, 1), ", ", expression("u8", s, 1), "), ", expression("u64", s, 1), ")"],
            [f"{pairs}[(1, 2)] = ({pairs}[(1, 2)] ?? 0) + 1"], [f"this_cpu.{bounded} = [", expression("u32", s, 1), ", ", expression("u32", s, 1), "]"],
            [f"for {a} in this_cpu.{bounded} {{ log \"{{{a}}}\" }}"], [f"log \"{{this_cpu.{bounded}.len}} {{this_cpu.{bounded}.get(1) ?? 0}}\""],
            [f"this_cpu.{bounded} = []"], [f"for {a} in this_cpu.{none} {{ log \"{{{a}}}\" }}"],
        ]  # fmt: skip
        if s.loops:
            some = [m for m in some if "for " not in str(m[0])]
    return s.r.choice(some)


TOPIC = Topic("shapes", 0.2, types=lambda s: [*_types(s), *_table(s)], declare=_declare, simple=(_far, _arms, _odd, _odd, _row_tree), any_type=(_spelled, _module_bounds))
