# SPDX-License-Identifier: GPL-2.0-only
"""The verifier's log turned into a verdict at a source line.

Two styles are read. Through 7.2 the log holds, before the instructions of a line, `; text @ file.scx:9`, and the reason is the last
line before the figures. 7.3 adds after the reason a block that begins `Verification failed:`, with the place after `At:`.
(kernel/bpf/log.c: verbose_linfo, bpf_vlog_finalize; kernel/bpf/verifier.c: print_verification_stats)
"""

import re
from dataclasses import dataclass, field, replace

from ..objects import Object
from ..objects.object import Function


@dataclass(frozen=True)
class Verdict:
    """What one kernel says of one program. `program` is empty when the object was refused before any program was looked at.

    `instructions`: in the program and its subprograms; `verified`: those that the verifier walked; `stack`: bytes of all frames,
    an upper bound of the deepest chain; `explanation`: the kernel's own longer words (7.3). `line` and `column` count from 1.
    """

    kernel: str
    program: str
    accepted: bool
    instructions: int = 0
    verified: int = 0
    stack: int | None = None
    frames: tuple[int, ...] = ()
    reason: str = ""
    explanation: str = ""
    file: str = ""
    line: int | None = None
    column: int | None = None
    xlated: int = 0  # bytes
    jited: int = 0  # bytes
    log: str = field(default="", repr=False)


@dataclass(frozen=True)
class LogFacts:
    """What a log alone tells. `index`: number of the last instruction shown."""

    reason: str = ""
    explanation: str = ""
    function: str = ""
    file: str = ""
    line: int | None = None
    column: int | None = None
    index: int | None = None
    verified: int | None = None
    frames: tuple[int, ...] = ()


STATISTICS = re.compile(
    r"^(verification time \d+ usec|stack depth |subprog \d+ \(|processed \d+ insns|insns processed )"
)  # fmt: skip
# 6.16 and 6.18 write this of static programs, and go on.
NOISE = re.compile(r"^Global function \S+\(\) doesn't return scalar\.")
SOURCE = re.compile(r"^; (?:.*) @ ([^\s:]+):(\d+)$")
INSTRUCTION = re.compile(r"^(\d+): \([0-9a-f]{2}\) ")
PLACE = re.compile(r"^\s+(\S+) @ ([^\s:]+):(\d+):(\d+)\s*$")
BLOCK = "Verification failed:"


def _frames(lines: list[str]) -> tuple[int, ...]:
    """Frame sizes: `stack depth 304+16` through 7.2, one line a subprogram from 7.3 on."""
    newer = [m for line in lines if (m := re.match(r"^subprog \d+ \(.*\) .*\bstack (\d+)", line))]
    if newer:
        return tuple(int(m[1]) for m in newer)
    for line in lines:
        older = re.match(r"^stack depth ([\d+]+)", line)
        if older:
            return tuple(int(n) for n in older[1].split("+") if n)
    return ()


def _explanation(block: list[str]) -> tuple[str, re.Match[str] | None]:
    """The title and the paragraph after `Reason:`, and the place after `At:`."""
    title = block[0].removeprefix(BLOCK).strip()
    part, words, place = "", [], None
    for line in block[1:]:
        if re.match(r"^[A-Z][\w ]*:$", line):
            part = line[:-1]
        elif part == "Reason" and line.strip():
            words.append(line.strip())
        elif part == "At" and place is None:
            place = PLACE.match(line)
    return ". ".join(p for p in (title, " ".join(words)) if p), place


def read_log(log: str) -> LogFacts:
    """The facts of a verifier log of any supported kernel, whole or only its end."""
    lines = [line.rstrip() for line in log.splitlines() if not NOISE.match(line)]
    processed = re.search(r"^processed (\d+) insns", log, re.MULTILINE)
    body = [line for line in lines if not STATISTICS.match(line)]
    cut = next((i for i, line in enumerate(body) if line.startswith(BLOCK)), None)
    explanation, place = _explanation(body[cut:]) if cut is not None else ("", None)
    classic = [line for line in body[:cut] if line.strip()]
    reason = classic[-1].strip() if classic else ""
    shown = [m for line in classic if (m := INSTRUCTION.match(line))]
    facts = LogFacts(
        reason=reason, explanation=explanation, index=int(shown[-1][1]) if shown else None,
        verified=int(processed[1]) if processed else None, frames=_frames(lines),
    )  # fmt: skip
    if place:
        return replace(facts, function=place[1], file=place[2], line=int(place[3]), column=int(place[4]))
    for line in reversed(classic):
        source = SOURCE.match(line)
        if source:
            return replace(facts, file=source[1], line=int(source[2]))
    return facts


def _locate(facts: LogFacts, program: Function | None, obj: Object | None) -> LogFacts:
    """Adds what the object's line table knows: the column, or the line when the log names none, in the last resort the program's own.

    libbpf puts subprograms behind the program, so an instruction's number is that of the object inside the program itself.
    """
    if program is None or not program.lines:
        return facts
    slots = len(program.code) // 8
    here = program.line_of(facts.index) if facts.index is not None and facts.index < slots else None
    if facts.line is None:
        line = here or program.lines[0]
        return replace(facts, file=_short(line.path), line=line.line, column=line.column)
    if facts.column is not None:
        return facts
    if here is not None and here.line == facts.line:
        return replace(facts, column=here.column)
    functions = obj.functions if obj else (program,)
    columns = {
        x.column for f in functions for x in f.lines if x.line == facts.line and _short(x.path) == facts.file
    }  # fmt: skip
    return replace(facts, column=columns.pop()) if len(columns) == 1 else facts


def _short(path: str) -> str:
    """A path as the verifier prints it: its last part."""
    return path.rsplit("/", 1)[-1]


def accepted(kernel: str, program: str, log: str, instructions: int, verified: int, xlated: int, jited: int) -> Verdict:
    facts = read_log(log)
    return Verdict(
        kernel, program, True, instructions, verified or facts.verified or 0, sum(facts.frames) if facts.frames else None,
        facts.frames, xlated=xlated, jited=jited, log=log,
    )  # fmt: skip


def refused(kernel: str, program: str, log: str, words: str, instructions: int, obj: Object | None) -> Verdict:
    """`words` stand in for the reason when the log is empty (the kernel failed before its verifier)."""
    facts = _locate(read_log(log), obj.program(program) if obj else None, obj)
    return Verdict(
        kernel, program, False, instructions, facts.verified or 0, sum(facts.frames) if facts.frames else None, facts.frames,
        facts.reason or words, facts.explanation, facts.file, facts.line, facts.column, log=log,
    )  # fmt: skip
