# SPDX-License-Identifier: GPL-2.0-only
"""Load a policy or an object as the scheduler of real kernels, booted under qemu, and put a load on it: statistics, globals, why
it ended, and whether all of it was clean."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import Any

from scxdsl import guest
from scxdsl.guest import LOADS, Kernel, Run
from scxdsl.guest.run import UNREGISTERED
from scxdsl.rules.kernel_words import codes_of
from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.render_json import diagnostic_json
from scxdsl.source.text import Span

from .blame import suspects
from .calls import answers_of, call_arguments, calls
from .faults import DONE, KERNEL, POLICY
from .files import put, write_file
from .findings import Ejected
from .guest_common import (
    GuestFault, Round, Task, guest_arguments, guest_for, refusal, span_or_none, task_of,
)  # fmt: skip
from .recorded import recordable, recorded
from .printing import indented, json_text, show, table
from .settings import setting_arguments, settings


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="P.scx|P.bpf.o", help="a policy or an object; - for stdin")
    parser.add_argument("--seconds", type=_seconds, default=5.0, metavar="S", help="how long the scheduler runs (5)")
    parser.add_argument("--load", choices=tuple(LOADS), default="mix", help="what runs meanwhile (mix)")
    setting_arguments(parser)
    call_arguments(parser)
    parser.add_argument("--record", metavar="FILE", help="write down what each invocation meets and decides, for scxdsl replay; one kernel")
    guest_arguments(parser)


def _seconds(text: str) -> float:
    try:
        value = float(text.removesuffix("s"))
    except ValueError:
        value = -1.0
    if not 0 < value <= 86400:
        raise ArgumentTypeError(f"`{text}` is no number of seconds from more than 0 to 86400")
    return value


def run(args: Namespace) -> int:
    task = task_of(args.file, args, record=args.record is not None)
    if isinstance(task, list):
        show(task) if args.format == "text" else put(_json([], [], task), args.output)
        return POLICY
    values = settings(args, task.obj)
    made = calls(args, task.obj)
    if args.record is not None:
        recordable(args, task)
    if args.format == "text":
        show(task.diagnostics)
    found: list[dict[str, Any]] = []
    said: list[Diagnostic] = list(task.diagnostics)
    text, asked = "", Round(args, task)
    status = DONE
    for kernel, done in asked.answers(lambda kernel: _run(kernel, task, values, made, args)):
        if args.record is not None:
            write_file(args.record, recorded(kernel, task, values, done, args).to_bytes())
        complaints = _complaints(kernel, task, done)
        said += complaints
        status = max(status, DONE if done.clean else KERNEL)
        if args.format == "text":
            show(complaints)
            text += run_text(task, done, args)
        found.append(run_json(task, done))
    put(text if args.format == "text" else _json(found, asked.skipped, said), args.output)
    return max(status, asked.status)


def _run(kernel: Kernel, task: Task, values: dict[str, bytes], made: list[guest.Call], args: Namespace) -> Run:
    try:
        with guest_for(kernel, args) as running:
            return running.run(task.data, args.seconds, args.load, params=values, calls=made)
    except guest.GuestError as error:
        raise GuestFault(error) from error


def _places(task: Task, done: Run) -> tuple[Span, ...]:
    """Where the cause of the end lies, as far as the kernel or the policy tells; one place where it is sure."""
    if done.exit is None:
        return ()
    place = done.exit.place
    span = task.places.span(place.file, place.line, place.column) if place else None
    if span is not None:
        return (span,)
    return suspects(task.item.built.checked.policy, done.exit.message) if task.item.built else ()


def _span(task: Task, done: Run) -> Span | None:
    found = _places(task, done)
    return found[0] if len(found) == 1 else None


def _complaints(kernel: Kernel, task: Task, done: Run) -> list[Diagnostic]:
    e = done.exit
    if not done.attached and e is None:
        return [refusal(kernel, task, "the scheduler", done.refusal.split("\n")[0], done.refusal, None)]
    if e is None or done.clean or (not done.ejected and e.kind == UNREGISTERED):
        return []
    at, *others = _places(task, done) or (None,)
    return [Ejected(at or task.places.start(), done.kernel, e.reason or e.kind, e.message, at is not None, tuple(others), codes_of(e.message))]


def run_json(task: Task, done: Run) -> dict[str, Any]:
    """The shape that docs/commands.md gives a run."""
    span = _span(task, done)
    e = done.exit
    return {
        "kernel": done.kernel, "attached": done.attached, "seconds": done.seconds, "ejected": done.ejected, "refusal": done.refusal,
        "stats": done.stats, "events": done.events, "globals": globals_of(done),
        "calls": answers_of(task.obj, done), "rings": done.rings, "left_out": list(done.left_out),
        "workers": [w.__dict__ for w in done.workers],
        "exit": e and {"kind": e.kind, "number": e.number, "code": e.code, "reason": e.reason, "message": e.message,
                       "path": span.source.path if span else None, "span": span_or_none(span)},
        "faults": list(done.faults), "clean": done.clean,
    }  # fmt: skip


def globals_of(done: Run) -> dict[str, Any]:
    """The policy's own globals, without those that the compiler made (`__text_0`)."""
    return {name: value for name, value in done.globals.items() if not name.startswith("__")}


def run_text(task: Task, done: Run, args: Namespace) -> str:
    if not done.attached:
        head = f"kernel {done.kernel}: {task.name} was not attached\n"
    else:
        head = f"kernel {done.kernel}: {task.name} ran for {done.seconds:.1f} s under load {args.load}\n"
    parts = [("statistics", list(done.stats.items())), ("globals", list(globals_of(done).items()))]
    parts.append(("calls", [(a["command"], a["result"] if not a["status"] else f"error {-a['status']}") for a in answers_of(task.obj, done)]))
    parts += [(f"ring {name}", [("", str(record)) for record in records]) for name, records in done.rings.items()]
    parts.append(("left out: this kernel has not what they hook", [(name, "") for name in done.left_out]))
    parts.append(("events", [(n, v) for n, v in done.events.items() if v]))
    body = ""
    for title, rows in parts:
        if rows:
            body += f"{title}\n{indented(table([(n, _show(v)) for n, v in rows]))}"
    if done.workers:
        rows = [("worker", "CPU", "weight", "seconds", "share")]
        for w in done.workers:
            rows.append((w.role, "any" if w.cpu is None else str(w.cpu), str(w.weight), f"{w.cpu_time:.2f}", f"{w.share:.1%}"))
        body += f"workers\n{indented(table(rows, right=(1, 2, 3, 4)))}"
    if done.faults:
        body += "the kernel's log\n" + indented("".join(f"{line}\n" for line in done.faults))
    if done.exit is not None:
        why = f"{done.exit.reason} ({done.exit.kind})" + (f": {done.exit.message}" if done.exit.message else "")
        body += f"exit\n  {why}\n"
    return head + indented(body) + f"  {'clean' if done.clean else 'not clean'}\n"


def _show(value: Any) -> str:
    return value.hex() if isinstance(value, bytes | bytearray) else str(value)


def _json(runs: list[dict[str, Any]], skipped: list[dict[str, str]], diagnostics: list[Diagnostic]) -> str:
    return json_text({"runs": runs, "skipped": skipped, "diagnostics": [diagnostic_json(d) for d in diagnostics]})
