# SPDX-License-Identifier: GPL-2.0-only
"""Draw where tasks go: callbacks, queues, CPUs, and the conditions between them. The picture is Mermaid text, which forges and editors
show as a drawing; with --into it takes the place of the picture in a Markdown page."""

import re
from argparse import ArgumentParser, Namespace

from scxdsl.typing.flow import Edge, Kind, Point, edges

from .faults import DONE, POLICY, Fault, TwoResults
from .files import put, read_bytes, read_source, write_file
from .policy import check_source, common, refused
from .printing import json_text, say, show

PICTURE = re.compile(r"```mermaid\n.*?```\n", re.DOTALL)
LONGEST = 48  # characters of a condition

SHAPES = {
    Kind.CALLBACK: '(["on {}"])', Kind.KERNEL: '(["{}, the kernel\'s own"])', Kind.TIMER: '{{{{"timer {}"}}}}', Kind.QUEUE: '[("{}")]',
    Kind.STORE: '[/"{}"/]', Kind.BUILTIN: '[["{}"]]', Kind.CPU: '(("{}"))',
}  # fmt: skip


class NoPicture(Fault):
    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def message(self) -> str:
        return f"{self.path} has no picture to replace: a block that begins with ```mermaid"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("policy", metavar="P.scx", help="the policy; - for stdin")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")
    parser.add_argument("--into", metavar="PAGE.md", help="replace the picture in this page")
    common(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: Namespace) -> int:
    if args.into and (args.output or args.format == "json"):
        raise TwoResults("the page", "the picture")
    checked = check_source(read_source(args.policy), args.kernels)
    show(checked.diagnostics)
    if refused(checked, args.werror):
        return POLICY
    found = edges(checked.policy)
    if args.format == "json":
        put(json_text({"ok": True, "policy": checked.policy.name, "edges": [_json(e) for e in found]}), args.output)
    elif args.into:
        page = read_bytes(args.into).decode()
        made, n = PICTURE.subn(lambda _: f"```mermaid\n{mermaid(found)}```\n", page, count=1)
        if n == 0:
            raise NoPicture(args.into)
        write_file(args.into, made.encode())
        say(f"wrote {args.into}")
    else:
        put(mermaid(found), args.output)
    return DONE


def _json(edge: Edge) -> dict[str, object]:
    ends = {side: {"kind": str(p.kind), "name": p.name} for side, p in (("from", edge.start), ("to", edge.end))}
    return ends | {"when": list(edge.when), "how": edge.how}


def mermaid(found: list[Edge]) -> str:
    """A flowchart from left to right. Edges between the same two points are one, with their labels below each other."""
    names = {point: f"n{i}" for i, point in enumerate(dict.fromkeys(p for e in found for p in (e.start, e.end)))}
    lines = ["flowchart LR", *(f"    {name}{SHAPES[point.kind].format(_escaped(point.name))}" for point, name in names.items())]
    labels: dict[tuple[Point, Point], list[str]] = {}
    for edge in found:
        labels.setdefault((edge.start, edge.end), []).append(_label(edge))
    for (start, end), several in labels.items():
        shown = "<br>".join(dict.fromkeys(filter(None, several)))
        arrow = f'-->|"{shown}"|' if shown else "-->"
        lines.append(f"    {names[start]} {arrow} {names[end]}")
    return "\n".join(lines) + "\n"


def _label(edge: Edge) -> str:
    """What happens, and the innermost condition: an outer one is seen where it has edges of its own."""
    return _escaped(": ".join(part for part in (edge.how, _short(edge.when[-1]) if edge.when else "") if part))


def _short(text: str) -> str:
    text = text.replace("&&", "and").replace("||", "or")
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _escaped(text: str) -> str:
    """Mermaid takes characters by name between # and ;."""
    return "".join({'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "&": "#amp;", "`": "#96;"}.get(c, c) for c in text)
