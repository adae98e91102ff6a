# SPDX-License-Identifier: GPL-2.0-only
"""Ask real kernels, booted under qemu, whether their verifier accepts a policy or an object: per program the instructions, what
the verifier walked and the stack, or the reason at the policy's line."""

from argparse import ArgumentParser, Namespace
from typing import Any

from scxdsl import guest
from scxdsl.guest import Kernel, Verdict
from scxdsl.rules.kernel_words import codes_of
from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.render_json import diagnostic_json
from scxdsl.source.text import Span

from . import blame
from .faults import DONE, KERNEL, POLICY
from .files import put
from .guest_common import (
    GuestFault, Round, Task, guest_arguments, guest_for, refusal, span_or_none, task_of,
)  # fmt: skip
from .printing import indented, json_text, show, table


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="P.scx|P.bpf.o", help="a policy or an object; - for stdin")
    guest_arguments(parser)


def run(args: Namespace) -> int:
    task = task_of(args.file, args)
    if isinstance(task, list):
        show(task) if args.format == "text" else put(_json([], [], task), args.output)
        return POLICY
    if args.format == "text":
        show(task.diagnostics)
    found: list[dict[str, Any]] = []
    said: list[Diagnostic] = list(task.diagnostics)
    text, asked = "", Round(args, task)
    status = DONE
    for kernel, verdicts in asked.answers(lambda kernel: _verify(kernel, task, args)):
        complaints = [_complaint(kernel, task, v) for v in verdicts if not v.accepted]
        if complaints:
            status = max(status, KERNEL)
            said += complaints
        if args.format == "text":
            show(complaints)
            text += _text(kernel, verdicts)
        found += [verdict_json(task, v) for v in verdicts]
    put(text if args.format == "text" else _json(found, asked.skipped, said), args.output)
    return max(status, asked.status)


def _verify(kernel: Kernel, task: Task, args: Namespace) -> list[Verdict]:
    try:
        with guest_for(kernel, args) as running:
            return running.verify(task.data)
    except guest.GuestError as error:
        raise GuestFault(error) from error


def _complaint(kernel: Kernel, task: Task, v: Verdict) -> Diagnostic:
    what = f"`{v.program}`" if v.program else "the object"
    return refusal(kernel, task, what, v.reason, v.log or v.reason, _span(task, v), v.explanation)


def _span(task: Task, v: Verdict) -> Span | None:
    """Where a refusal's cause lies; of an accepted program the line that the log names, if any."""
    built = task.item.built
    knows = not v.accepted and built is not None and built.module is not None
    return (blame.refused(built.module, built.checked.policy, v.reason) if knows else None) or task.places.span(v.file, v.line, v.column)


def verdict_json(task: Task, v: Verdict) -> dict[str, Any]:
    span = _span(task, v)
    return {
        "kernel": v.kernel, "program": v.program, "accepted": v.accepted, "instructions": v.instructions, "verified": v.verified,
        "stack": v.stack, "reason": v.reason, "explanation": v.explanation, "path": span.source.path if span else None,
        "span": span_or_none(span), "log": v.log, "codes": list(codes_of(v.reason)),
    }  # fmt: skip


def _json(verdicts: list[dict[str, Any]], skipped: list[dict[str, str]], diagnostics: list[Diagnostic]) -> str:
    return json_text({"verdicts": verdicts, "skipped": skipped, "diagnostics": [diagnostic_json(d) for d in diagnostics]})


def _text(kernel: Kernel, verdicts: list[Verdict]) -> str:
    refused = sum(not v.accepted for v in verdicts)
    head = f"kernel {kernel.name}: " + (f"refused ({refused} of {len(verdicts)} programs)" if refused else "accepted")
    rows: list[tuple[Any, ...]] = [("program", "instructions", "verified", "stack", "")]
    for v in verdicts:
        stack = "?" if v.stack is None else v.stack
        rows.append((v.program or "(the object)", v.instructions, v.verified, stack, "" if v.accepted else "refused"))
    total = (sum(v.instructions for v in verdicts), sum(v.verified for v in verdicts))
    rows.append(("all", *total, "", ""))
    return f"{head}\n{indented(table(rows, right=(1, 2, 3)))}"
