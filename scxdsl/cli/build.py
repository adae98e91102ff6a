# SPDX-License-Identifier: GPL-2.0-only
"""Make the object that the kernel loads: P.bpf.o beside P.scx, or the file named with -o. Of a policy with errors nothing is
written, and what is written is written as a whole."""

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from scxdsl.compiler import Built

from .emit import KINDS, emitted
from .faults import DONE, POLICY, BinaryOnTerminal, NoName, TwoResults
from .files import STDIN, put, put_bytes, read_source, write_file
from .policy import build_source, check_source, common, refused
from .printing import json_text, say, show


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("policy", metavar="P.scx", help="the policy; - for stdin")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write; - for stdout")
    parser.add_argument("--emit", choices=KINDS, default="obj", help="what to make; all but obj are text and go to stdout without -o")
    parser.add_argument("--report", action="store_true", help="tell instructions, stack, maps, kernel functions and kernels per program")
    parser.add_argument("--kernel", action="append", metavar="SERIES|PATH|all", help="with --report: ask this kernel too what its verifier walks")
    common(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: Namespace) -> int:
    source = read_source(args.policy)
    if args.emit in ("tree", "types") and not args.report:  # these need no LLVM
        checked = check_source(source, args.kernels)
        built = Built(checked)
    else:
        built = build_source(source, args.kernels)
        checked = built.checked
    bad = refused(checked, args.werror)
    if args.format == "text":
        show(checked.diagnostics)
    if bad:
        if args.format == "json":
            put(json_text(_result(built, False)), None)
        return POLICY
    return _write(args, built)


def _write(args: Namespace, built: Built) -> int:
    as_json = args.format == "json"
    binary = args.emit == "obj"
    if binary and args.output is None and args.policy == STDIN:
        raise NoName("object")
    target = args.output or (_beside(args.policy) if binary else STDIN)
    if target == STDIN and as_json and args.output == STDIN:
        raise TwoResults(f"the {args.emit}", "the JSON")
    if target == STDIN and binary and sys.stdout.isatty():
        raise BinaryOnTerminal()
    if binary:
        assert built.object is not None
        content: str | bytes = built.object
    else:
        content = emitted(args.emit, built)
    report = None
    if args.report:
        from .report import report_json, report_text

        asked = {}
        if args.kernel:
            from .report_kernels import ask

            asked = ask(built, args.kernel)
        report = report_json(built, asked) if as_json else report_text(built, asked)
    to_file = target != STDIN
    if to_file:
        write_file(target, content if isinstance(content, bytes) else content.encode())
    if as_json:
        result = _result(built, True) | {"emit": args.emit, "output": target if to_file else None}
        if not to_file:
            result["text"] = content
        if report is not None:
            result["report"] = report
        put(json_text(result), None)
        return DONE
    if not to_file:
        put_bytes(content) if isinstance(content, bytes) else put(content, None)
    if report is not None:
        if to_file:
            put(str(report), None)
        else:
            sys.stderr.write(str(report))
    elif to_file:
        say(f"wrote {target}, {len(content)} bytes")
    return DONE


def _beside(policy: str) -> str:
    return policy.removesuffix(".scx") + ".bpf.o"


def _result(built: Built, ok: bool) -> dict[str, Any]:
    from scxdsl.source.render_json import diagnostic_json

    return {
        "ok": ok,
        "path": built.checked.source.path,
        "kernels": list(built.checked.target.kernels),
        "diagnostics": [diagnostic_json(d) for d in built.diagnostics],
        "size": len(built.object) if built.object is not None else None,
        "milliseconds": {k: round(v, 3) for k, v in (built.timings or {}).items()},
    }
