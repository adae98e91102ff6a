# SPDX-License-Identifier: GPL-2.0-only
"""Bytecode for people: each function with its source lines between the instructions."""

from collections.abc import Iterator

from .assembly import assembly
from .object import Core, Function, Line, Object

_CORE = {
    "field_byte_offset": "offset of {}", "field_byte_size": "size of {}", "field_exists": "whether {} exists",
    "field_signed": "whether {} is signed", "field_lshift_u64": "left shift of {}", "field_rshift_u64": "right shift of {}",
    "type_id_local": "type id of {} here", "type_id_target": "type id of {}", "type_exists": "whether {} exists",
    "type_size": "size of {}", "enumval_exists": "whether {} exists", "enumval_value": "value of {}",
    "type_matches": "whether {} is the same",
}  # fmt: skip


def disassemble(obj: Object) -> str:
    """All functions, programs first, each separated by an empty line; ends with a newline."""
    return "\n".join(disassemble_function(f) for f in obj.functions)


def disassemble_function(function: Function) -> str:
    """One function: a head, then `; text @ file:line` where the source line changes, then `slot: instruction`.

    An instruction that CO-RE rewrites at load says by what, after `;`.
    """
    return "".join(line + "\n" for line in _lines(function))


def _lines(f: Function) -> Iterator[str]:
    kind = "program" if f.program else "subprogram"
    yield f"{f.name}: {kind} in {f.section}, {len(f.code) // 8} instructions"
    wide = len(str(f.instructions[-1].at))
    shown: tuple[str, int] | None = None
    lines = {line.at: line for line in f.lines}
    for i in f.instructions:
        line = lines.get(i.at)
        if line is not None and (line.path, line.line) != shown:
            shown = (line.path, line.line)
            yield _source(line)
        text = f"{i.at:>{wide + 4}}: {assembly(i, f.relocation_at.get(i.at))}"
        core = f.core_at.get(i.at)
        yield f"{text:<56} ; {_relocated(core)}" if core else text


def _source(line: Line) -> str:
    return f"; {line.text.strip()} @ {line.path}:{line.line}"


def _relocated(core: Core) -> str:
    return _CORE.get(core.kind, core.kind + " {}").format(core.text)
