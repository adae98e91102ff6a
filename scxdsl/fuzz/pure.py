# SPDX-License-Identifier: GPL-2.0-only
"""Generated pure functions, as the commands of a policy that does nothing else, and arguments for them.

They ask the kernel nothing and have no effects, so everything that runs programs can run them: the interpreter, the bytecode machine, native
code of the same LLVM IR, and a real kernel through BPF_PROG_TEST_RUN. What goes in and comes out are the bytes of a command's context.
"""

import random
from typing import Any

from scxdsl.interp.wire import encode
from scxdsl.typing import types as lang
from scxdsl.typing.sizes import offsets, struct_size
from scxdsl.typing.typed import Command

from .expressions import expression
from .generate import enums, functions, structs
from .scope import SCALARS, Scope
from .statements import block
from .topic import declaration
from .tree import Node

CPUS = 2  # of every machine that runs them
_GIVEN = (("t0", "time"), ("c0", "cpu"))  # moments and CPUs come from outside


def generate(seed: int, count: int = 20) -> Node:
    """A policy of `count` commands, as a tree; its text is `str` of it."""
    r = random.Random(f"pure {seed}")
    s = Scope(r, pure=True)
    made = [*structs(s), *enums(s), *functions(s, _GIVEN), *(_command(s) for _ in range(count))]
    return Node("policy", ["scheduler pure\n\n", *(part for node in made for part in (node, "\n"))])


def _command(s: Scope) -> Node:
    name = s.fresh("pure")
    params = [*_GIVEN, *((s.fresh("a"), s.r.choice((*SCALARS, *s.structs, *s.enums, "[u32; 4]", "[i64; 3]"))) for _ in range(s.r.randrange(1, 5)))]
    result = s.r.choice((*SCALARS, *("u64",) * 10, *s.structs))
    s.result, s.room = result, s.r.choice((2, 4, 10))
    with s.block():
        s.names += [(n, t, False) for n, t in params]

        def last() -> list[Node]:
            if result != "u64":
                return [Node("result", [expression(result, s)])]
            made = _rounds(s) if s.r.random() < 0.6 else []
            return [*made, Node("result", [_all(s)])]

        body = block(s, s.r.choice((1, 3, 5)), last=last)
    return declaration(f"command {name}({', '.join(f'{n}: {t}' for n, t in params)}) -> {result} ", body, "\n")


def _rounds(s: Scope) -> list[Node]:
    """A loop whose every turn shows in a sum."""
    total, i, low = s.fresh("v"), s.fresh("i"), s.r.randrange(4)
    first = Node("first", [f"let mut {total}: u64 = ", expression("u64", s, 1)])
    s.names.append((total, "u64", True))
    head: list[str | Node] = s.r.choice((
        [f"for {i} in {low} .. {low + s.r.randrange(6)} "], [f"for {i} in {low} ..= {low + s.r.randrange(6)} "],
        [f"for {i} in 0 .. (", expression("u64", s, 1), " % 9) "], [f"repeat {low + 1} "], ["while ", expression("bool", s, 2), f" max {low + 3} "],
    ))  # fmt: skip
    with s.block():
        if str(head[0]).startswith("for"):
            s.names.append((i, "u64", False))
        leave: list[str | Node] = ["if ", expression("bool", s, 2), f" {{ {s.r.choice(('break', 'continue'))} }}\n"] if s.r.random() < 0.6 else []
        turn = Node("turn", ["{\n", *leave, f"{total} = {total} * 31 + ", expression("u64", s, 2), "\n}"])
    otherwise = f" else {{ {total} += 7 }}" if s.r.random() < 0.4 else ""
    return [first, Node("loop", [*head, turn, otherwise])]


def _all(s: Scope) -> Node:
    """A number that every local in reach has a part in, so that no wrong value stays unseen."""
    parts: list[str | Node] = [expression("u64", s)]
    for name, t, _ in s.names:
        if t in SCALARS:
            parts = ["(", *parts, f") * 31 + ({name} as u64)"]
    return Node("expression u64", parts, "(1 as u64)")


# ---- arguments


def contexts(command: Command, seed: int, count: int) -> list[bytes]:
    """So many contexts with arguments, mostly from the edges of their types, and room for the result."""
    r = random.Random(f"{command.name} {seed}")
    types = [p.type for p in command.params]
    size = struct_size([*types, command.result])[0]
    out = []
    for _ in range(count):
        made = bytearray(size)
        for at, t in zip(offsets(types), types, strict=True):
            data = encode(_value(t, r), t)
            made[at : at + len(data)] = data
        out.append(bytes(made))
    return out


def _number(bits: int, r: random.Random) -> int:
    edge = r.choice((0, 1, 2, 3, 7, 10, 100, 1000, 1 << bits - 1, (1 << bits - 1) - 1, (1 << bits) - 1, (1 << bits) - 2, 1 << bits // 2, r.getrandbits(bits)))
    return r.choice((edge, edge, r.getrandbits(r.randrange(1, bits + 1)))) & (1 << bits) - 1


def _value(t: lang.Type, r: random.Random) -> Any:
    match t:
        case lang.BoolType():
            return r.random() < 0.5
        case lang.IntType(bits, _):
            return _number(bits, r)
        case lang.UnitType():
            return _number(64, r)
        case lang.IndexType():
            return r.randrange(CPUS)
        case lang.ArrayType(of, length, _):
            return [_value(of, r) for _ in range(length)]
        case lang.EnumType(_, variants):
            chosen = r.choice(variants)
            return chosen.name, tuple(_value(f.type, r) for f in chosen.fields)
        case lang.StructType(_, fields):
            return [_value(f.type, r) for f in fields]
    raise TypeError(f"no argument of {t}")
