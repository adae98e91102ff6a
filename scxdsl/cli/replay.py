# SPDX-License-Identifier: GPL-2.0-only
"""Follow the record of a real kernel's run (guest run --record) in the reference interpreter: given the same answers it must come to
the same decisions. A difference is a fault of scxdsl, or of the kernel; the status is then 1."""

from argparse import ArgumentParser, Namespace

from scxdsl import compiler
from scxdsl.fuzz.records import BadRecord, Found, KernelRecord, replay
from scxdsl.interp.replay import Replayed
from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.render_json import diagnostic_json

from .faults import DONE, POLICY, NoRecord
from .files import load, put, read_bytes
from .findings_replay import DecidedOtherwise
from .printing import count, json_text, show

SHOWN = 10  # differences told one by one


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("record", metavar="RUN.scxrec", help="what guest run --record wrote; - for stdin")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the result there instead of to stdout")


def run(args: Namespace) -> int:
    try:
        record = KernelRecord.from_bytes(read_bytes(args.record))
    except BadRecord as error:
        raise NoRecord(args.record, str(error)) from error
    checked = compiler.check(record.text, record.path, None, load)
    if checked.ok:
        checked = compiler.recorded(checked)
    if not checked.ok:
        show(checked.diagnostics) if args.format == "text" else put(_json(record, None, checked.diagnostics), args.output)
        return POLICY
    try:
        done, found = replay(record, checked.policy)
    except BadRecord as error:
        raise NoRecord(args.record, str(error)) from error
    said = [_diagnostic(f) for f in found[:SHOWN]]
    if args.format == "text":
        show(said)
        put(_text(record, done, checked.policy.name), args.output)
    else:
        put(_json(record, done, said), args.output)
    return POLICY if found else DONE


def _diagnostic(found: Found) -> Diagnostic:
    d = found.difference
    return DecidedOtherwise(found.span, found.program, found.invocation, found.what, _numbers(d.recorded), _numbers(d.own), d.why)


def _numbers(words: tuple[int, ...] | None) -> str:
    return "nothing" if words is None else ", ".join(map(str, words)) or "nothing"


def _text(record: KernelRecord, done: Replayed, name: str) -> str:
    lines = [f"{name} on kernel {record.release}: {count(done.invocations, 'invocation')} followed, {count(len(done.differences), 'difference')}"]
    lines += [f"  {program:14} {n}" for program, n in sorted(done.by_program.items())]
    if done.incomplete or record.lost:
        lines.append(f"  not followed: {done.incomplete}, for the ring was full and {record.lost} entries were lost")
    return "\n".join(lines) + "\n"


def _json(record: KernelRecord, done: Replayed | None, diagnostics: list[Diagnostic]) -> str:
    return json_text({
        "kernel": record.release, "ok": done is not None and not done.differences,
        "followed": done.by_program if done else {}, "entries": done.entries if done else 0,
        "incomplete": done.incomplete if done else 0, "lost": record.lost,
        "differences": len(done.differences) if done else 0, "diagnostics": [diagnostic_json(d) for d in diagnostics],
    })  # fmt: skip
