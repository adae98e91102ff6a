# SPDX-License-Identifier: GPL-2.0-only
"""Show the bytecode of an object, or of a policy's object, with the source lines between."""

from argparse import ArgumentParser, Namespace
from typing import Any

from scxdsl import objects
from scxdsl.objects.assembly import assembly
from scxdsl.objects.object import Function

from .faults import DONE, POLICY, BadObject, Fault
from .files import put
from .policy import common, given, refused
from .printing import json_text, show


class NoSuchProgram(Fault):
    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known

    @property
    def message(self) -> str:
        return f"the object has no program or function `{self.name}`; it has {', '.join(self.known)}"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="P.scx|P.bpf.o", help="a policy or an object; - for stdin")
    parser.add_argument("--program", action="append", metavar="NAME", help="only this program or function; may be repeated")
    common(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")


def run(args: Namespace) -> int:
    item = given(args.file, args.kernels)
    if item.built is not None:
        show(item.built.diagnostics)
        if item.object is None or refused(item.built.checked, args.werror):
            return POLICY
    assert item.object is not None
    try:
        obj = objects.read(item.object)
    except objects.ObjectError as error:
        raise BadObject(args.file, str(error)) from error
    known = {f.name: f for f in obj.functions}
    for name in args.program or ():
        if name not in known:
            raise NoSuchProgram(name, tuple(known))
    functions = [known[n] for n in args.program] if args.program else list(obj.functions)
    if args.format == "json":
        put(json_text({"functions": [_json(f) for f in functions]}), args.output)
    else:
        put("\n".join(objects.disassemble_function(f) for f in functions), args.output)
    return DONE


def _json(f: Function) -> dict[str, Any]:
    """`{"name", "section", "program", "instructions": [{"at", "text", "bytes"}], "lines": [{"at", "path", "line", "column", "text"}]}`."""
    return {
        "name": f.name,
        "section": f.section,
        "program": f.program,
        "instructions": [
            {"at": i.at, "text": assembly(i, f.relocation_at.get(i.at)), "bytes": f.code[8 * i.at : 8 * (i.at + i.slots)].hex()}
            for i in f.instructions
        ],
        "lines": [{"at": x.at, "path": x.path, "line": x.line, "column": x.column, "text": x.text} for x in f.lines],
    }
