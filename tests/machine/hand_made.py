# SPDX-License-Identifier: GPL-2.0-only
"""Objects put together by hand from assembly, without a compiler and without type information.

Besides what the assembler knows: `lddw %r1, map NAME`, `lddw %r2, function NAME`, `call function NAME`.
"""

import re

from assembler import assemble

from scxdsl.objects.instruction import decode
from scxdsl.objects.maps import map_type_name
from scxdsl.objects.object import Function, Map, Object, Refers, Relocation


def a_map(name: str, kind: int, key: int = 4, value: int = 8, entries: int = 4, flags: int = 0) -> Map:
    return Map(name, kind, map_type_name(kind), key, value, entries, flags, 0, False, None, None, None, 0)


def an_object(functions: dict[str, str], *maps: Map) -> Object:
    """The first function is a program, the others are subprograms."""
    offsets, at = {}, 0
    for name in functions:
        offsets[name] = at
        at += 1000
    made = [_function(name, text, n == 0, offsets) for n, (name, text) in enumerate(functions.items())]
    return Object(
        tuple(f for f in made if f.program), tuple(f for f in made if not f.program), maps, (), (), (), {}, "GPL", None, 0
    )


def _function(name: str, text: str, program: bool, offsets: dict[str, int]) -> Function:
    relocations, lines, at = [], [], 0
    for line in text.splitlines():
        line = line.strip()
        found = re.fullmatch(r"(lddw %r\d+,|call) (map|function) (\w+)", line)
        if found:
            kind = Refers.MAP if found[2] == "map" else Refers.SUBPROGRAM if found[1] == "call" else Refers.CALLBACK
            relocations.append(Relocation(at, kind, found[3], ".text", offsets.get(found[3], 0)))
            line = "call local +0" if found[1] == "call" else f"{found[1]} 0"
        lines.append(line)
        if line and not line.endswith(":") and not line.startswith("#"):
            at += 2 if line.startswith("lddw") else 1
    code = assemble("\n".join(lines))
    section, offset = ("socket", 0) if program else (".text", offsets[name])
    return Function(name, section, offset, code, decode(code), tuple(relocations), (), (), None, program, not program)
