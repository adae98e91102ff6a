# SPDX-License-Identifier: GPL-2.0-only
"""Check policies for every kernel that they declare. Diagnostics go to stderr; with --format json or sarif the findings
are the result, on stdout."""

from argparse import ArgumentParser, Namespace
from typing import Any

from scxdsl.compiler import Checked

from .faults import DONE, POLICY
from .files import put, read_source
from .policy import check_source, common, refused
from .printing import count, json_text, say, show
from .summary import coverage, verdict_line


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("policy", nargs="+", metavar="P.scx", help="a policy; - for stdin")
    common(parser)
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text", help="how findings are written")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the result there instead of stdout")


def run(args: Namespace) -> int:
    found = [check_source(read_source(path), args.kernels) for path in args.policy]
    diagnostics = [d for c in found for d in c.diagnostics]
    bad = any(refused(c, args.werror) for c in found)
    if args.format == "json":
        from scxdsl.source.render_json import diagnostic_json

        files = [file_json(c, args) for c in found]
        put(json_text({"ok": not bad, "files": files, "diagnostics": [diagnostic_json(d) for d in diagnostics]}), args.output)
    elif args.format == "sarif":
        from scxdsl.source.render_sarif import render_sarif

        put(render_sarif(diagnostics), args.output)
    else:
        show(diagnostics)
        lines = [verdict_line(c, args.kernels) for c in found if not refused(c, args.werror)]
        for c in found:
            if refused(c, args.werror):
                say(f"{c.source.path}: {amount(c)}")
        put("".join(lines), args.output)
    return POLICY if bad else DONE


def amount(checked: Checked) -> str:
    errors = sum(1 for d in checked.diagnostics if d.severity == "error")
    warnings = len(checked.diagnostics) - errors
    parts = [count(n, word) for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return " and ".join(parts)


def file_json(checked: Checked, args: Namespace) -> dict[str, Any]:
    """`{"path", "ok", "scheduler", "kernels": {"checked", "assumed", "unknown", "later"}}`."""
    c = coverage(checked, args.kernels)
    return {
        "path": checked.source.path,
        "ok": not refused(checked, args.werror),
        "scheduler": checked.policy.name or None,
        "kernels": {"checked": list(c.checked), "assumed": list(c.assumed), "unknown": list(c.unknown), "later": c.later},
    }
