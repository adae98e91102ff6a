# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl build --report`: what each program costs, and on which kernels it is called."""

from typing import TYPE_CHECKING, Any

from scxdsl import objects
from scxdsl.compiler import Built
from scxdsl.kernel.versions import Kernels
from scxdsl.objects.report import FRAME_LIMIT

from .printing import table
from .summary import series_words

if TYPE_CHECKING:  # without kernels to ask nothing of the guest is needed
    from scxdsl.guest import Verdict

Asked = dict[str, "list[Verdict]"]
"""What kernels said of each program, by the kernel's name as it was given."""


def _kernels(built: Built, obj: objects.Object) -> dict[str, Kernels]:
    """Program -> the policy's kernels that have its callback; programs beside the ops table run on all of them."""
    target = built.checked.target
    members = {program: member for member, program in obj.ops.programs.items()} if obj.ops else {}
    found = {}
    for program in obj.programs:
        op = target.facts.op(members.get(program.name, ""))
        found[program.name] = target.kernels & op.where if op else target.kernels
    return found


def report_json(built: Built, asked: Asked) -> dict[str, Any]:
    """objects.Report.json() with `"kernels": [series]` for each program, the limit of a frame, `"rewritings"` (Rewriting.json()), and what
    the kernels that were asked said: `"verified": [{"kernel", "programs": [{"program", "accepted", "verified", "stack"}]}]`."""
    assert built.object is not None
    obj = objects.read(built.object)
    kernels = _kernels(built, obj)
    result = objects.report(obj).json()
    for function in result["functions"]:
        function["kernels"] = list(kernels[function["name"]]) if function["program"] else None
    verified = [
        {"kernel": kernel, "programs": [{"program": v.program, "accepted": v.accepted, "verified": v.verified, "stack": v.stack} for v in said]}
        for kernel, said in asked.items()
    ]
    return {**result, "frame_limit": FRAME_LIMIT, "rewritings": [r.json() for r in built.rewritings], "verified": verified}


def report_text(built: Built, asked: Asked) -> str:
    assert built.object is not None
    obj = objects.read(built.object)
    kernels = _kernels(built, obj)
    found = objects.report(obj)
    rows: list[tuple[Any, ...]] = [("program", "instructions", "stack", "kernels", "maps", "kernel functions and helpers")]
    for f in found.functions:
        name = f.name if f.program else f"  {f.name}"
        where = series_words(kernels[f.name]) if f.program else ""
        size = f"{f.instructions}" if f.reachable == f.instructions else f"{f.instructions} ({f.reachable})"
        stack = f"{f.stack}" if f.chain <= f.stack + 15 else f"{f.stack} ({f.chain})"
        rows.append((name, size, stack, where, " ".join(f.maps) or "-", " ".join(f.kfuncs + f.helpers) or "-"))
    note = "with the functions that it calls in brackets; " if any("(" in str(c) for r in rows for c in r[1:3]) else ""
    return table(rows, right=(1, 2)) + (
        f"{found.instructions} instructions, {found.size} bytes; {note}a frame and a chain of frames may take {FRAME_LIMIT} bytes\n"
    ) + _rewritings(built) + _verified(asked)


def _verified(asked: Asked) -> str:
    """Instructions that verifiers walked: a row a program, a column a kernel."""
    if not asked:
        return ""
    programs = dict.fromkeys(v.program for said in asked.values() for v in said)
    rows: list[tuple[Any, ...]] = [("verified instructions", *asked)]
    for program in programs:
        found = ({v.program: v for v in said}.get(program) for said in asked.values())
        rows.append((program or "(the object)", *("-" if v is None else v.verified if v.accepted else "refused" for v in found)))
    rows.append(("all", *(sum(v.verified for v in said) for said in asked.values())))
    return table(rows, right=tuple(range(1, len(asked) + 1)))


def _rewritings(built: Built) -> str:
    if not built.rewritings:
        return "nothing had to be rewritten\n"
    return "".join(f"rewritten, line {r.span.line}, {r.function}: {r.text}\n" for r in built.rewritings)
