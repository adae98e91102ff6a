# SPDX-License-Identifier: GPL-2.0-only
"""Write policies in the one style. Files are changed in place; with --check nothing is changed, and the exit status is 1 when a file
differs."""

from argparse import ArgumentParser, Namespace
from typing import Any

from scxdsl.source.diagnostic import Diagnostic, Diagnostics
from scxdsl.source.text import Source
from scxdsl.syntax.format import format_source
from scxdsl.syntax.parser import parse

from .faults import DONE, POLICY, SeveralInputs
from .files import STDIN, put, read_source, write_file
from .printing import json_text, say, show


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("policy", nargs="+", metavar="P.scx", help="a policy; - formats stdin to stdout")
    parser.add_argument("--check", action="store_true", help="only tell which files differ from the style")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the outcome is told")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the formatted text there, - for stdout, not into the file")


def run(args: Namespace) -> int:
    if args.output is not None and len(args.policy) > 1 and not args.check:
        raise SeveralInputs()
    files: list[dict[str, Any]] = []
    found: list[Diagnostic] = []
    for path in args.policy:
        source = read_source(path)
        errors = syntax_errors(source)
        found += errors
        text = source.text if errors else format_source(source)
        files.append({"path": source.path, "ok": not errors, "changed": text != source.text})
        if args.check or errors:
            continue
        target = args.output or path
        if target == STDIN:
            if args.format == "json":
                files[-1]["text"] = text
            else:
                put(text, None)
        elif args.output is not None or text != source.text:
            write_file(target, text.encode())
    _tell(args, files, found)
    return POLICY if found or (args.check and any(f["changed"] for f in files)) else DONE


def _tell(args: Namespace, files: list[dict[str, Any]], found: list[Diagnostic]) -> None:
    if args.format == "json":
        from scxdsl.source.render_json import diagnostic_json

        put(json_text({"files": files, "diagnostics": [diagnostic_json(d) for d in found]}), None)
        return
    show(found)
    for f in files:
        if args.check and f["changed"]:
            say(f"{f['path']} is not in the style; `scxdsl fmt` writes it so")


def syntax_errors(source: Source) -> list[Diagnostic]:
    """A text that cannot be read is left as it is."""
    diagnostics = Diagnostics()
    parse(source, diagnostics)
    return diagnostics.sorted() if diagnostics.has_errors else []
