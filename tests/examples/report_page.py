# SPDX-License-Identifier: GPL-2.0-only
"""What `scxdsl build --report` says of each example, with what verifiers walk, as a page.

    python tests/examples/report_page.py --kernel 6.12 --kernel 6.18 --kernel 7.3     # writes docs/examples/report.md
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scxdsl.cli.report import report_json
from scxdsl.compiler import Built, build
from scxdsl.guest import Guest, Verdict

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.scx"))
PAGE = ROOT / "docs" / "examples" / "report.md"
COMMAND = "python tests/examples/report_page.py"


def asked(built: dict[str, Built], kernels: list[str]) -> dict[str, dict[str, list[Verdict]]]:
    """Verdicts by example and kernel, of the kernels that it is for. Each kernel is booted once."""
    said: dict[str, dict[str, list[Verdict]]] = {name: {} for name in built}
    for kernel in kernels:
        with Guest(kernel) as guest:
            for name, one in built.items():
                assert one.object is not None
                if kernel in one.checked.target.kernels:
                    said[name][kernel] = guest.verify(one.object)
    return said


def page(reports: dict[str, dict[str, Any]], kernels: list[str]) -> str:
    """Markdown of `report_json` of each example."""
    sections = "\n".join(_section(name, report, kernels) for name, report in reports.items())
    return (
        f"# What the examples cost\n\nMade by `{COMMAND} {' '.join(f'--kernel {k}' for k in kernels)}` from `scxdsl build --report` of each: instructions of a\n"
        "program (in brackets with the functions that it calls), bytes of its stack (in brackets the deepest chain of calls), and the instructions that the\n"
        "verifier of each kernel walked; a dash where the kernel does not have the callback or does not load the program.\n\n"
        f"{_overview(reports, kernels)}\n{sections}"
    )


def _overview(reports: dict[str, dict[str, Any]], kernels: list[str]) -> str:
    lines = [f"| example | instructions | object, bytes | deepest stack | {' | '.join(f'verified, {k}' for k in kernels)} | rewritten |", "|---|" + "---:|" * (len(kernels) + 3) + "---|"]
    for name, report in reports.items():
        kinds = Counter(r["kind"] for r in report["rewritings"])
        walked = _walked(report)
        totals = " | ".join(f"{sum(walked[k].values()):,}" if k in walked else "-" for k in kernels)
        deepest = max(f["chain"] for f in report["functions"])
        lines.append(f"| [{name}](#{name}) | {report['instructions']:,} | {report['size']:,} | {deepest} | {totals} | {', '.join(f'{k} {n}' for k, n in sorted(kinds.items())) or 'nothing'} |")
    return "\n".join(lines) + "\n"


def _walked(report: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Kernel -> program -> instructions that its verifier walked."""
    return {said["kernel"]: {p["program"]: p["verified"] for p in said["programs"] if p["accepted"]} for said in report["verified"]}


def _section(name: str, report: dict[str, Any], kernels: list[str]) -> str:
    walked = _walked(report)
    lines = [f"## {name}", "", f"| program | instructions | stack | {' | '.join(kernels)} |", "|---|---:|---:|" + "---:|" * len(kernels)]
    for f in report["functions"]:
        if f["program"]:
            size = f"{f['instructions']}" if f["reachable"] == f["instructions"] else f"{f['instructions']} ({f['reachable']})"
            stack = f"{f['stack']}" if f["chain"] <= f["stack"] + 15 else f"{f['stack']} ({f['chain']})"
            numbers = " | ".join(f"{walked[k][f['name']]:,}" if f["name"] in walked.get(k, {}) else "-" for k in kernels)
            lines.append(f"| {f['name'].removeprefix(f'{name}_')} | {size} | {stack} | {numbers} |")
    return "\n".join([*lines, "", *_rewritings(report), ""])


def _rewritings(report: dict[str, Any]) -> Iterator[str]:
    if not report["rewritings"]:
        yield "Nothing had to be rewritten."
    for r in report["rewritings"]:
        yield f"- line {r['line']}, {r['function']} ({r['kind']}): {r['text']}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", action="append", required=True, help="a series; may be repeated")
    args = parser.parse_args()
    built = {path.stem: build(path.read_text(), path.name) for path in EXAMPLES}
    said = asked(built, args.kernel)
    refused = [f"{name} on {kernel}: {v.program}: {v.reason}" for name, by in said.items() for kernel, found in by.items() for v in found if not v.accepted]
    if refused:
        print("\n".join(refused), file=sys.stderr)
        return 1
    PAGE.write_text(page({name: report_json(one, said[name]) for name, one in built.items()}, args.kernel))
    return 0


if __name__ == "__main__":
    sys.exit(main())
